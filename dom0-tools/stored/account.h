/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/stored/account.h - what the store knows of each domain: whether
 * it was introduced, what it owns and uses, and how much it may.  A domain has
 * an account as soon as a node is owned by it and for as long as the number of
 * a dead domain has to be remembered.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dom0-tools/stored/index.h"

#define DOMID_NONE 0xffffu

enum store_quota {
#define STORE_QUOTA(symbol, name, value, what) QUOTA_##symbol,
#include "dom0-tools/stored/quotas.def"
#undef STORE_QUOTA
	NR_QUOTAS,
};

struct store_node;
struct connection;

struct account {
	struct index_entry entry; /* in accounts.by_domid */
	struct account *next;	  /* of all accounts      */
	uint16_t domid;
	uint16_t target; /* has this domain's rights too; DOMID_NONE: nobody's */

	/* Permissions given to this number before this generation were a dead domain's. */
	uint64_t died;

	bool introduced;
	bool shut_down; /* its end was already told by @releaseDomain */
	uint64_t frame; /* of the ring, as introduced                 */
	uint32_t port;	/* the domain's end of the event channel      */
	struct connection *connection;

	struct store_node *owned; /* list of the nodes it owns */
	uint32_t nodes, watches, transactions;
	uint64_t bytes;

	bool quota_own[NR_QUOTAS]; /* differs from everybody's */
	uint32_t quota[NR_QUOTAS];
};

struct accounts {
	struct index by_domid;
	struct account *all;
	uint32_t quota[NR_QUOTAS];
};

void accounts_start(struct accounts *accounts);
void accounts_end(struct accounts *accounts);
/* NULL: nothing is known of the domain. */
struct account *account_find(const struct accounts *accounts, uint16_t domid);
/* Finds or makes; NULL: no memory. */
struct account *account_get(struct accounts *accounts, uint16_t domid);

uint32_t account_quota(const struct accounts *accounts, const struct account *account,
		       enum store_quota quota);
/* Whether `used` may grow by `more`.  Domain 0 may always. */
bool account_allows(const struct accounts *accounts, const struct account *account,
		    enum store_quota quota, uint64_t used, uint64_t more);
const char *quota_name(enum store_quota quota);
const char *quota_meaning(enum store_quota quota);
/* NR_QUOTAS: there is none of this name. */
enum store_quota quota_by_name(const char *name);
