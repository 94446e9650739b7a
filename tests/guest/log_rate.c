/* SPDX-License-Identifier: MIT */
/*
 * Lines a guest causes are held to a rate, each domain to its own, and how many
 * were left out is said: those in the log and those left out are all there were.
 */
#include "tests/guest/lib/child.h"
#include "tests/guest/lib/cpu.h"
#include "tests/guest/lib/sysctl.h"

#define ROOM	65536
#define REFUSED 0x12345u
#define BURST	20
#define LINE_NS 50000000ul /* one more each */
#define REFILL	(BURST * LINE_NS)

static char text[ROOM];
static uint32_t place; /* in the log: what was read already */

/* What the log has of a domain's since it was read last. */
struct account {
	long shown, left_out, times;
};

static void refused(unsigned int count)
{
	uint64_t value;

	for (unsigned int i = 0; i < count; i++)
		(void)msr_read(REFUSED, &value);
}

static bool starts(const char *at, const char *what)
{
	return !memcmp(at, what, strlen(what));
}

static const char *find(const char *from, const char *end, const char *what)
{
	for (; from + strlen(what) <= end; from++)
		if (starts(from, what))
			return from;
	return NULL;
}

static long number(const char **at)
{
	long value = 0;

	while (**at >= '0' && **at <= '9')
		value = value * 10 + *(*at)++ - '0';
	return value;
}

/* One line, from behind "domain ". */
static void take_line(const char *at, const char *end, domid_t domain, struct account *account)
{
	long count;

	if (number(&at) != domain || !starts(at, ": "))
		return;
	at += 2;
	if (find(at, end, "RDMSR 0x12345 "))
		account->shown++;
	count = number(&at);
	if (!starts(at, " lines were too many"))
		return;
	account->left_out += count;
	account->times++;
}

static struct account read_account(domid_t domain)
{
	struct account account = {0};
	const char *end;

	sysctl_begin();
	memset(text, 0, sizeof(text));
	set_xen_guest_handle(request.u.readconsole.buffer, text);
	request.u.readconsole.count = sizeof(text) - 1;
	request.u.readconsole.incremental = 1;
	request.u.readconsole.index = place;
	need(!sysctl_call(XEN_SYSCTL_readconsole));
	place = request.u.readconsole.index;
	end = text + request.u.readconsole.count;
	for (const char *at = text; (at = find(at, end, "domain "));) {
		const char *line_end = find(at, end, "\n");

		at += strlen("domain ");
		take_line(at, line_end ? line_end : end, domain, &account);
	}
	return account;
}

static void claim_flood(void)
{
	struct account account;
	uint64_t start;
	long earned;

	wait_ns(REFILL);
	start = now_ns();
	refused(300);
	earned = (long)((now_ns() - start) / LINE_NS) + 1;
	account = read_account(0);
	expect_true("burst", account.shown >= BURST && account.shown <= BURST + earned);
	/* Not yet said of the last ones: no line has come since. */
	expect_true("left-out-later", account.shown + account.left_out < 300);
	wait_ns(2 * LINE_NS);
	refused(1);
	struct account last = read_account(0);

	expect("next-is-shown", last.shown, 1);
	expect("next-says-how-many", last.times, 1);
	expect("all-accounted-for", account.shown + account.left_out + last.shown + last.left_out,
	       301);
	wait_ns(2 * LINE_NS);
	refused(1);
	last = read_account(0);
	expect("said-once", last.times, 0);
	expect("shown-again", last.shown, 1);
}

/* Another domain's are its own, and are accounted for when it ends. */
static void claim_other(void)
{
	struct account account, own;
	struct child child;

	need(!child_create(&child, 1));
	child_build(&child, child_refused, 200);
	wait_ns(REFILL);
	(void)read_account(0);
	need(!domctl_simple(XEN_DOMCTL_unpausedomain, child.id));
	need(child_wait(child.id, XEN_DOMINF_shutdown));
	uint32_t before = place;

	account = read_account(child.id);
	expect_true("other-burst", account.shown >= BURST && account.shown < 200);
	expect("other-all-accounted-for", account.shown + account.left_out, 200);
	refused(5);
	place = before;
	own = read_account(0);
	expect("others-flood-costs-no-line", own.shown, 5);
	need(child_destroy(&child));
}

void guest_main(void)
{
	(void)read_account(0);
	refused(5);
	struct account account = read_account(0);

	expect("each-has-a-line", account.shown, 5);
	if (!account.shown)
		return; /* a hypervisor that says nothing of it */
	expect("nothing-left-out", account.times, 0);
	claim_flood();
	claim_other();
}
