/* SPDX-License-Identifier: MIT */
/* dom0-tools/stored/control.c - the words of `xenstore-control`.  See store.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dom0-tools/stored/request.h"

#define WORDS_MAX 5

struct control {
	struct request *request;
	struct text word[WORDS_MAX];
	size_t count;
	char reply[XENSTORE_PAYLOAD_MAX];
	size_t length;
};

static void __attribute__((format(printf, 2, 3)))
say(struct control *control, const char *format, ...)
{
	va_list arguments;
	size_t room = sizeof(control->reply) - control->length;
	int more;

	va_start(arguments, format);
	more = vsnprintf(control->reply + control->length, room, format, arguments);
	va_end(arguments);
	control->length += (size_t)more < room ? (size_t)more : room - 1;
}

static bool word_is(const struct text *word, const char *what)
{
	return word->length == strlen(what) && memcmp(word->bytes, what, word->length) == 0;
}

static int control_check(struct control *control)
{
	const char *wrong = store_check(control->request->store);

	say(control, "%s\n", wrong ? wrong : "OK");
	return 0;
}

static int control_log(struct control *control)
{
	if (control->count != 2)
		return -EINVAL;
	if (word_is(&control->word[1], "on"))
		control->request->store->logging = true;
	else if (word_is(&control->word[1], "off"))
		control->request->store->logging = false;
	else
		return -EINVAL;
	say(control, "OK");
	return 0;
}

static int control_print(struct control *control)
{
	if (control->count != 2)
		return -EINVAL;
	say(control, "%.*s\n", (int)control->word[1].length, control->word[1].bytes);
	return 0;
}

static int find_quota(const struct text *word, enum store_quota *quota)
{
	if (word->length > 32)
		return -EINVAL;
	*quota = quota_by_name(word->bytes);
	return *quota == NR_QUOTAS ? -EINVAL : 0;
}

/* quota set NAME VALUE [DOMID] */
static int quota_set(struct control *control)
{
	struct store *store = control->request->store;
	uint64_t value, domid = DOMID_NONE;
	enum store_quota quota;

	if (control->count < 4 || find_quota(&control->word[2], &quota) ||
	    wire_number(control->word[3], UINT32_MAX, &value) ||
	    (control->count == 5 && wire_number(control->word[4], 0x7fefu, &domid)))
		return -EINVAL;
	if (domid == DOMID_NONE) {
		store->accounts.quota[quota] = (uint32_t)value;
	} else {
		struct account *account = account_get(&store->accounts, (uint16_t)domid);

		if (!account)
			return -ENOMEM;
		account->quota_own[quota] = true;
		account->quota[quota] = (uint32_t)value;
		if (account->connection && quota == QUOTA_EVENTS && domid)
			account->connection->watches.most_events = (uint32_t)value;
	}
	record_add(&store->record, &(struct journal_item){
					   .kind = ITEM_QUOTA,
					   .domid = (uint16_t)domid,
					   .port = quota,
					   .number = value,
				   });
	say(control, "OK");
	return 0;
}

/* quota DOMID: what it uses, what it may. */
static int quota_of(struct control *control)
{
	struct store *store = control->request->store;
	const struct account *account;
	uint64_t domid, used[NR_QUOTAS] = {0};

	if (wire_number(control->word[1], 0x7fefu, &domid))
		return -EINVAL;
	account = account_find(&store->accounts, (uint16_t)domid);
	if (!account)
		return -ENOENT;
	used[QUOTA_NODES] = account->nodes;
	used[QUOTA_WATCHES] = account->watches;
	used[QUOTA_TRANSACTIONS] = account->transactions;
	used[QUOTA_MEMORY] = account->bytes;
	if (account->connection) {
		used[QUOTA_OUTSTANDING] = account->connection->out.messages;
		used[QUOTA_EVENTS] = account->connection->watches.nr_events;
	}
	say(control, "Domain %u:\n", account->domid);
	for (int i = 0; i < NR_QUOTAS; i++)
		say(control, "%-17s: %8llu of %u\n", quota_name((enum store_quota)i),
		    (unsigned long long)used[i],
		    account_quota(&store->accounts, account, (enum store_quota)i));
	return 0;
}

static int control_quota(struct control *control)
{
	const struct accounts *accounts = &control->request->store->accounts;

	if (control->count > 1)
		return word_is(&control->word[1], "set") ? quota_set(control) : quota_of(control);
	say(control, "Quota settings:\n");
	for (int i = 0; i < NR_QUOTAS; i++)
		say(control, "%-17s: %8u %s\n", quota_name((enum store_quota)i), accounts->quota[i],
		    quota_meaning((enum store_quota)i));
	return 0;
}

static int control_stats(struct control *control)
{
	struct store *store = control->request->store;
	unsigned int domains = 0, connections = 0;

	for (const struct account *each = store->accounts.all; each; each = each->next)
		domains += each->introduced;
	for (const struct connection *each = store->connections; each; each = each->next)
		connections++;
	say(control,
	    "domains: %u\nconnections: %u\nnodes: %zu\nwatches: %zu\nevents: %zu\n"
	    "requests: %llu\ncommits: %llu\nconflicts: %llu\n",
	    domains, connections, store->tree.nodes.count, store->watches.by_path.count,
	    store->watches.waiting.count, (unsigned long long)store->requests,
	    (unsigned long long)store->commits, (unsigned long long)store->conflicts);
	if (store->ports->describe)
		control->length += store->ports->describe(store, control->reply + control->length,
							  sizeof(control->reply) - control->length);
	return 0;
}

static int control_help(struct control *control);

static const struct {
	const char *name, *arguments;
	int (*carry_out)(struct control *control);
} commands[] = {
	{"check", "", control_check},
	{"log", "on|off", control_log},
	{"print", "<string>", control_print},
	{"quota", "[set <name> <val> [<domid>]|<domid>]", control_quota},
	{"stats", "", control_stats},
	{"help", "", control_help},
};

static int control_help(struct control *control)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		say(control, "%s\t%s\n", commands[i].name, commands[i].arguments);
	return 0;
}

int request_control(struct request *request)
{
	struct control control = {.request = request};
	struct text rest;
	int error;

	control.count =
		wire_strings(request->payload, request->length, control.word, WORDS_MAX, &rest);
	if (!control.count || rest.length)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!word_is(&control.word[0], commands[i].name))
			continue;
		error = commands[i].carry_out(&control);
		if (!error)
			request_reply(request, control.reply, control.length + 1);
		return error;
	}
	return -EINVAL;
}
