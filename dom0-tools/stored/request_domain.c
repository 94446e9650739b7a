/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/request_domain.c - requests about domains.  See store.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/request.h"

#define DOMID_MOST 0x7fefu /* DOMID_FIRST_RESERVED - 1 */

static int read_domid(struct text text, uint16_t *domid)
{
	uint64_t number;
	int error = wire_number(text, DOMID_MOST, &number);

	*domid = error ? DOMID_NONE : (uint16_t)number;
	return error;
}

static int only_domid(struct request *request, uint16_t *domid)
{
	struct text text;

	if (!wire_exactly(request->payload, request->length, &text, 1))
		return -EINVAL;
	return read_domid(text, domid);
}

/* The one argument is a domain that was introduced. */
static int only_introduced(struct request *request, struct account **account)
{
	uint16_t domid;
	int error = only_domid(request, &domid);

	if (error)
		return error;
	*account = account_find(&request->store->accounts, domid);
	return *account && (*account)->introduced ? 0 : -ENOENT;
}

int request_introduce(struct request *request)
{
	struct store *store = request->store;
	struct account *account;
	struct text text[3];
	uint64_t frame = 0, port = 0;
	uint16_t domid;
	bool again;
	int error;

	if (!wire_exactly(request->payload, request->length, text, 3))
		return -EINVAL;
	error = read_domid(text[0], &domid);
	if (!error)
		error = wire_number(text[1], UINT64_MAX, &frame);
	if (!error)
		error = wire_number(text[2], INT32_MAX, &port);
	/* Domain 0 is there from the start, and may be who asks. */
	if (error || !port || !domid)
		return -EINVAL;
	error = request_room(request);
	if (error)
		return error;
	account = account_get(&store->accounts, domid);
	if (!account)
		return -ENOMEM;
	again = account->introduced;
	account->frame = frame;
	account->port = (uint32_t)port;
	error = store->ports->introduce(store, account);
	if (error)
		return error;
	account->introduced = true;
	account->shut_down = false;
	if (!again)
		store_fire_special(store, "@introduceDomain");
	request_acknowledge(request);
	return 0;
}

int request_release(struct request *request)
{
	struct account *account;
	int error = only_introduced(request, &account);

	if (error)
		return error;
	if (!account->domid)
		return -EINVAL;
	request_acknowledge(request);
	store_domain_gone(request->store, account);
	return 0;
}

int request_resume(struct request *request)
{
	struct account *account;
	int error = only_introduced(request, &account);

	if (error)
		return error;
	account->shut_down = false;
	record_add(&request->store->record,
		   &(struct journal_item){.kind = ITEM_SHUT_DOWN, .domid = account->domid});
	request_acknowledge(request);
	return 0;
}

int request_set_target(struct request *request)
{
	struct store *store = request->store;
	struct account *account, *target;
	struct text text[2];
	uint16_t domid, of;
	int error;

	if (!wire_exactly(request->payload, request->length, text, 2))
		return -EINVAL;
	error = read_domid(text[0], &domid);
	if (!error)
		error = read_domid(text[1], &of);
	if (error)
		return error;
	account = account_find(&store->accounts, domid);
	target = account_find(&store->accounts, of);
	if (!account || !account->introduced || !target || !target->introduced)
		return -ENOENT;
	/* Domain 0's rights are not to be had this way. */
	account->target = of ? of : DOMID_NONE;
	record_add(&store->record, &(struct journal_item){
					   .kind = ITEM_TARGET,
					   .domid = domid,
					   .port = account->target,
				   });
	request_acknowledge(request);
	return 0;
}

int request_get_domain_path(struct request *request)
{
	char reply[32];
	uint16_t domid;
	int length, error = only_domid(request, &domid);

	if (error)
		return error;
	length = snprintf(reply, sizeof(reply), "/local/domain/%u", domid);
	request_reply(request, reply, (size_t)length + 1);
	return 0;
}

int request_is_domain_introduced(struct request *request)
{
	const struct account *account;
	uint16_t domid;
	int error = only_domid(request, &domid);

	if (error)
		return error;
	account = account_find(&request->store->accounts, domid);
	request_reply(request, account && account->introduced ? "T" : "F", 2);
	return 0;
}
