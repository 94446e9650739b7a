/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/account.c - account.h says what it is for. */
#include "dom0-tools/stored/account.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *meaning;
	uint32_t value;
} quotas[NR_QUOTAS] = {
#define STORE_QUOTA(symbol, name, value, what) {name, what, value},
#include "dom0-tools/stored/quotas.def"
#undef STORE_QUOTA
};

void accounts_start(struct accounts *accounts)
{
	*accounts = (struct accounts){0};
	for (int i = 0; i < NR_QUOTAS; i++)
		accounts->quota[i] = quotas[i].value;
}

void accounts_end(struct accounts *accounts)
{
	while (accounts->all) {
		struct account *account = accounts->all;

		accounts->all = account->next;
		free(account);
	}
	index_free(&accounts->by_domid);
}

struct account *account_find(const struct accounts *accounts, uint16_t domid)
{
	struct index_entry *entry = index_first(&accounts->by_domid, hash_number(domid));

	for (; entry; entry = index_next(entry)) {
		struct account *account = index_thing(entry, struct account, entry);

		if (account->domid == domid)
			return account;
	}
	return NULL;
}

struct account *account_get(struct accounts *accounts, uint16_t domid)
{
	struct account *account = account_find(accounts, domid);

	if (account)
		return account;
	account = calloc(1, sizeof(*account));
	if (!account)
		return NULL;
	account->domid = domid;
	account->target = DOMID_NONE;
	if (index_add(&accounts->by_domid, &account->entry, hash_number(domid))) {
		free(account);
		return NULL;
	}
	account->next = accounts->all;
	accounts->all = account;
	return account;
}

uint32_t account_quota(const struct accounts *accounts, const struct account *account,
		       enum store_quota quota)
{
	return account && account->quota_own[quota] ? account->quota[quota]
						    : accounts->quota[quota];
}

bool account_allows(const struct accounts *accounts, const struct account *account,
		    enum store_quota quota, uint64_t used, uint64_t more)
{
	if (account && account->domid == 0)
		return true;
	return used + more <= account_quota(accounts, account, quota);
}

const char *quota_name(enum store_quota quota)
{
	return quotas[quota].name;
}

const char *quota_meaning(enum store_quota quota)
{
	return quotas[quota].meaning;
}

enum store_quota quota_by_name(const char *name)
{
	int i;

	for (i = 0; i < NR_QUOTAS; i++) {
		if (strcmp(quotas[i].name, name) == 0)
			break;
	}
	return (enum store_quota)i;
}
