// needs: dom0-tools/enso/states.c dom0-tools/enso/store_bytes.c dom0-tools/enso/config_text.c
// needs: dom0-tools/enso/arguments.c dom0-tools/enso/commands.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_enso_words.c - the words of the enso command: states and events of guests,
 * bytes and permissions of the store, KEY=VALUE in an xl.cfg.
 */
#include "tests/unit/check.h"

#include <libvirt/libvirt.h>
#include <stdlib.h>

#include "dom0-tools/enso/config_file.h"
#include "dom0-tools/enso/states.h"
#include "dom0-tools/enso/store_bytes.h"

static const struct domain_info alive = {.domid = 1, .running = true};
static const struct domain_info waiting = {.domid = 1, .blocked = true};
static const struct domain_info paused = {.domid = 1, .paused = true};
static const struct domain_info off = {.domid = 1, .shut_down = true, .end = DOMAIN_END_POWEROFF};
static const struct domain_info crashed = {.domid = 1, .shut_down = true, .end = DOMAIN_END_CRASH};
static const struct domain_info asleep = {.domid = 1, .shut_down = true, .end = DOMAIN_END_SUSPEND};
static const struct domain_info dying = {.domid = 1, .dying = true, .shut_down = true};

static void state_is(const struct domain_info *info, const char *name, int code)
{
	struct guest_state state = guest_state_of(info);

	EXPECT(!strcmp(state.name, name));
	EXPECT_EQUAL(state.code, code);
	EXPECT(guest_state_known(state.name) && guest_state_is(info, name));
}

static void test_states_are_libvirts(void)
{
	state_is(&alive, "running", VIR_DOMAIN_RUNNING);
	state_is(&waiting, "running", VIR_DOMAIN_RUNNING);
	state_is(&paused, "paused", VIR_DOMAIN_PAUSED);
	state_is(&off, "shutoff", VIR_DOMAIN_SHUTOFF);
	state_is(&crashed, "crashed", VIR_DOMAIN_CRASHED);
	state_is(&asleep, "pmsuspended", VIR_DOMAIN_PMSUSPENDED);
	EXPECT_EQUAL(guest_state_of(&dying).code, VIR_DOMAIN_SHUTDOWN);
}

static void test_states_asked_for(void)
{
	EXPECT(guest_state_is(NULL, "absent") && guest_state_is(NULL, "down"));
	EXPECT(!guest_state_is(NULL, "present") && !guest_state_is(NULL, "running"));
	EXPECT(guest_state_is(&alive, "present") && !guest_state_is(&alive, "down"));
	EXPECT(guest_state_is(&off, "shutdown") && guest_state_is(&off, "down"));
	EXPECT(guest_state_is(&crashed, "down") && !guest_state_is(&crashed, "shutoff"));
	EXPECT(guest_state_is(&dying, "down") && !guest_state_is(&dying, "present"));
	EXPECT(!guest_state_known("runing"));
}

static void letters_are(const struct domain_info *info, const char *letters)
{
	char got[7];

	guest_state_letters(info, got);
	EXPECT(!strcmp(got, letters));
}

static void test_states_in_xls_letters(void)
{
	struct domain_info watchdog = {.shut_down = true, .end = DOMAIN_END_WATCHDOG};

	letters_are(&alive, "r-----");
	letters_are(&waiting, "-b----");
	letters_are(&paused, "--p---");
	letters_are(&off, "---s--");
	letters_are(&crashed, "---sc-");
	letters_are(&watchdog, "---s--");
	letters_are(&dying, "---s-d");
}

/* The names of all events between two looks, with a space behind each. */
static const char *events(const struct domain_info *before, const struct domain_info *after)
{
	static char text[128];
	struct guest_event event;

	text[0] = 0;
	for (unsigned int at = 0; guest_event_between(before, after, at, &event); at++) {
		strcat(text, event.name);
		strcat(text, " ");
	}
	return text;
}

static void test_events_between_looks(void)
{
	EXPECT(!strcmp(events(NULL, NULL), ""));
	EXPECT(!strcmp(events(NULL, &dying), ""));
	EXPECT(!strcmp(events(&dying, NULL), ""));
	EXPECT(!strcmp(events(&alive, &waiting), ""));
	EXPECT(!strcmp(events(NULL, &alive), "started "));
	EXPECT(!strcmp(events(NULL, &crashed), "started crashed "));
	EXPECT(!strcmp(events(&alive, &off), "shutdown "));
	EXPECT(!strcmp(events(&alive, &crashed), "crashed "));
	EXPECT(!strcmp(events(&crashed, &crashed), ""));
	EXPECT(!strcmp(events(&alive, NULL), "stopped "));
	EXPECT(!strcmp(events(&crashed, &dying), "stopped "));
	EXPECT(!strcmp(events(&alive, &paused), "suspended "));
	EXPECT(!strcmp(events(&paused, &alive), "resumed "));
	EXPECT(!strcmp(events(&alive, &asleep), "suspended "));
	EXPECT(!strcmp(events(&asleep, &alive), "resumed "));
	EXPECT(!strcmp(events(&paused, &crashed), "crashed "));
}

static void test_events_say_why(void)
{
	struct guest_event event;

	EXPECT(guest_event_between(&alive, NULL, 0, &event));
	EXPECT_EQUAL(event.code, VIR_DOMAIN_EVENT_STOPPED);
	EXPECT_EQUAL(event.reason_code, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	EXPECT(guest_event_between(&crashed, NULL, 0, &event));
	EXPECT_EQUAL(event.reason_code, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
	EXPECT(guest_event_between(&off, NULL, 0, &event));
	EXPECT_EQUAL(event.reason_code, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
	EXPECT(!guest_event_between(&off, NULL, 1, &event));
}

static void test_store_bytes_there_and_back(void)
{
	char all[256], *shown;
	size_t count = 0;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	shown = store_bytes_show(all, sizeof(all));
	EXPECT(shown && strspn(shown, "\n\t") == 0);
	EXPECT(shown && store_bytes_read(shown, &count));
	EXPECT_EQUAL(count, 256);
	EXPECT(shown && !memcmp(shown, all, sizeof(all)));
	free(shown);
	shown = store_bytes_show("", 0);
	EXPECT(shown && !*shown);
	free(shown);
}

static void test_store_bytes_refuses(void)
{
	static const char *const wrong[] = {"\\", "a\\n", "\\x", "\\x1", "\\xg0", "\\x0g"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *copy = strdup(wrong[i]);
		size_t count;

		EXPECT(!store_bytes_read(copy, &count));
		free(copy);
	}
}

static void test_store_permissions(void)
{
	static const char *const words[] = {"n0", "r3", "w17", "b32751"};
	struct store_permission permission;
	char text[16];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT(store_permission_read(words[i], &permission));
		store_permission_show(&permission, text);
		EXPECT(!strcmp(text, words[i]));
	}
	EXPECT(!store_permission_read("", &permission));
	EXPECT(!store_permission_read("r", &permission));
	EXPECT(!store_permission_read("x1", &permission));
	EXPECT(!store_permission_read("r-1", &permission));
	EXPECT(!store_permission_read("r32752", &permission));
}

static void replaced_is(const char *text, const char *word, const char *wanted)
{
	char *got = config_text_replace(text, word);

	EXPECT(got && !strcmp(got, wanted));
	free(got);
}

static void test_config_words_replace_lines(void)
{
	replaced_is("name=\"a\"\nvcpus=1\n", "name=b", "name = \"b\"\nvcpus=1\n");
	replaced_is("name=\"a\"\n  vcpus = 1 # one\n", "vcpus=2", "name=\"a\"\nvcpus = 2\n");
	replaced_is("name=\"a\"\n", "memory=64", "name=\"a\"\n\nmemory = 64\n");
	replaced_is("", "name='x'", "\nname = 'x'\n");
	replaced_is("a=1", "a=\"q\"", "a = \"q\"");
	replaced_is("a=1\n", "a=say \"hi\"", "a = 'say \"hi\"'\n");
	replaced_is("a=1\n", "a=", "a = \"\"\n");
	/* Not the key, although its letters are there. */
	replaced_is("maxvcpus=4\nvcpus_x=1\n# vcpus=1\n", "vcpus=2",
		    "maxvcpus=4\nvcpus_x=1\n# vcpus=1\n\nvcpus = 2\n");
	/* Said twice: the second goes, its line stays. */
	replaced_is("a=1\na=2\nb=3\n", "a=9", "a = 9\n\nb=3\n");
}

static void test_config_words_replace_lists(void)
{
	replaced_is("disk = [ 'a',\n 'b' ]\nname=\"x\"\n", "disk=[]", "disk = []\n\nname=\"x\"\n");
	replaced_is("disk = [ ']', # ]\n 'b' ]\nq=1\n", "disk=['c']", "disk = ['c']\n\nq=1\n");
	/* A list that never ends is the reader's to complain about. */
	replaced_is("disk = [ 'a'\nq=1\n", "disk=[]", "disk = []\nq=1\n");
	EXPECT(!config_text_replace("a=1\n", "a"));
	EXPECT(!config_text_replace("a=1\n", "=1"));
}

int main(void)
{
	RUN(test_states_are_libvirts);
	RUN(test_states_asked_for);
	RUN(test_states_in_xls_letters);
	RUN(test_events_between_looks);
	RUN(test_events_say_why);
	RUN(test_store_bytes_there_and_back);
	RUN(test_store_bytes_refuses);
	RUN(test_store_permissions);
	RUN(test_config_words_replace_lines);
	RUN(test_config_words_replace_lists);
	return check_result();
}
