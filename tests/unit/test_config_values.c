// needs: dom0-tools/config/values.c dom0-tools/config/guest_config.c
// needs: dom0-tools/config/config_check.c dom0-tools/config/diagnostics.c dom0-tools/lib/failure.c
// needs: dom0-tools/lib/ip_addresses.c dom0-tools/lib/nbd_address.c dom0-tools/lib/text.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_config_values.c - the small words of configurations, what is
 * wrong with a whole one, and the list of messages.
 */
#include <stdlib.h>

#include "dom0-tools/config/diagnostics.h"
#include "dom0-tools/config/values.h"
#include "dom0-tools/lib/nbd_address.h"
#include "tests/unit/check.h"

static void test_numbers(void)
{
	uint64_t number = 7;
	int64_t signed_number = 7;

	EXPECT(guest_number_parse(" 42\n", 10, &number) && number == 42);
	EXPECT(guest_number_parse("0x1F", 0, &number) && number == 31);
	EXPECT(guest_number_parse("017", 0, &number) && number == 15);
	EXPECT(guest_number_parse("0", 0, &number) && number == 0);
	EXPECT(guest_number_parse("18446744073709551615", 10, &number) && number == UINT64_MAX);
	number = 7;
	EXPECT(!guest_number_parse("18446744073709551616", 10, &number));
	EXPECT(!guest_number_parse("", 10, &number) && !guest_number_parse("0x", 0, &number));
	EXPECT(!guest_number_parse("-1", 10, &number) && !guest_number_parse("1 2", 10, &number));
	EXPECT(!guest_number_parse("09", 0, &number) && !guest_number_parse("1k", 10, &number));
	EXPECT_EQUAL(number, 7);
	EXPECT(guest_signed_parse("-3600", &signed_number) && signed_number == -3600);
	EXPECT(guest_signed_parse("+5", &signed_number) && signed_number == 5);
	EXPECT(!guest_signed_parse("--5", &signed_number) &&
	       !guest_signed_parse("- 5", &signed_number) &&
	       !guest_signed_parse("9223372036854775808", &signed_number));
}

static void test_sizes(void)
{
	uint64_t kib = 7;

	EXPECT(guest_size_parse("524288", NULL, &kib) && kib == 524288);
	EXPECT(guest_size_parse("512", "MiB", &kib) && kib == 524288);
	EXPECT(guest_size_parse("1", "G", &kib) && kib == 1 << 20);
	EXPECT(guest_size_parse("1", "TiB", &kib) && kib == 1 << 30);
	EXPECT(guest_size_parse("1", "KB", &kib) && kib == 4);
	EXPECT(guest_size_parse("1000000", "bytes", &kib) && kib == 980);
	EXPECT(guest_size_parse("4097", "b", &kib) && kib == 8);
	kib = 7;
	EXPECT(!guest_size_parse("1", "XiB", &kib) && !guest_size_parse("1.5", "GiB", &kib));
	EXPECT(!guest_size_parse("99999999999", "TiB", &kib) && !guest_size_parse("", NULL, &kib));
	EXPECT(!guest_size_parse("18446744073709551615", "b", &kib) && kib == 7);
}

static bool cpus_are(const char *text, const char *expected)
{
	char printed[GUEST_CPU_SET_TEXT];
	struct guest_cpu_set set;

	if (!guest_cpu_set_parse(text, &set))
		return expected == NULL;
	guest_cpu_set_print(&set, printed, sizeof(printed));
	return expected && strcmp(printed, expected) == 0;
}

static void test_cpu_sets(void)
{
	struct guest_cpu_set every_other = {0};
	char text[GUEST_CPU_SET_TEXT];

	EXPECT(cpus_are("0-3,^2", "0-1,3") && cpus_are("^2,0-3", "0-1,3"));
	EXPECT(cpus_are("5", "5") && cpus_are(" 1 , 3-4 ", "1,3-4") && cpus_are("2,0,1", "0-2"));
	EXPECT(cpus_are("all", "0-255") && cpus_are("all,^0-253", "254-255"));
	EXPECT(cpus_are("0-255", "0-255") && cpus_are("255", "255") && cpus_are("63-64", "63-64"));
	EXPECT(cpus_are("256", NULL) && cpus_are("3-1", NULL) && cpus_are("", NULL));
	EXPECT(cpus_are("1,", NULL) && cpus_are(",1", NULL) && cpus_are("1-", NULL));
	EXPECT(cpus_are("^1", NULL) && cpus_are("1,^1", NULL) && cpus_are("node:1", NULL));
	EXPECT(cpus_are("1;2", NULL) && cpus_are("al", NULL) && cpus_are("allx", NULL));
	EXPECT(cpus_are("99999999999999999999", NULL));
	for (unsigned int cpu = 1; cpu < GUEST_CPUS_MAX; cpu += 2)
		every_other.bits[cpu / 64] |= 1ull << cpu % 64;
	EXPECT(guest_cpu_set_print(&every_other, text, sizeof(text)) < sizeof(text) - 1);
	EXPECT(cpus_are(text, text));
	EXPECT_EQUAL(guest_cpu_set_print(&every_other, text, 6), 5);
	EXPECT(strcmp(text, "1,3,5") == 0);
}

static void test_identifiers(void)
{
	static const char text[] = "45b60f51-88a9-47a8-a3b3-5e66d71b2283";
	char printed[GUEST_UUID_TEXT], mac_text[GUEST_MAC_TEXT];
	uint8_t uuid[16], other[16], mac[6];

	EXPECT(guest_uuid_parse(text, uuid));
	guest_uuid_print(uuid, printed);
	EXPECT(strcmp(printed, text) == 0);
	EXPECT(guest_uuid_parse("45B60F5188A947A8A3B35E66D71B2283", other) &&
	       memcmp(uuid, other, 16) == 0);
	EXPECT(!guest_uuid_parse("45b60f51-88a9-47a8-a3b3-5e66d71b228", other));
	EXPECT(!guest_uuid_parse("45b60f51-88a9-47a8-a3b3-5e66d71b22833", other));
	EXPECT(!guest_uuid_parse("", other) && !guest_uuid_parse("-45b6", other));
	EXPECT(guest_mac_parse("00:16:3E:aa:bb:CC", mac));
	guest_mac_print(mac, mac_text);
	EXPECT(strcmp(mac_text, "00:16:3e:aa:bb:cc") == 0);
	EXPECT(!guest_mac_parse("00:16:3e:aa:bb", mac) && !guest_mac_parse("0:1:2:3:4:5", mac));
	EXPECT(!guest_mac_parse("00:16:3e:aa:bb:cc:", mac) && !guest_mac_parse("", mac));
}

static void test_names(void)
{
	enum guest_action action = GUEST_ACTION_PRESERVE;

	for (int i = GUEST_ACTION_DESTROY; i <= GUEST_ACTION_DUMP_RESTART; i++)
		EXPECT(guest_action_parse(guest_action_name(i), &action) && (int)action == i);
	EXPECT(!guest_action_parse("explode", &action) && action == GUEST_ACTION_DUMP_RESTART);
	EXPECT(strcmp(guest_action_name(77), "?") == 0);
}

static void test_near_words(void)
{
	static const char *const words[] = {"memory", "maxmem", "vcpus", "kernel"};

	EXPECT(guest_word_near("memroy", words, 4) == words[0]);
	EXPECT(guest_word_near("vcpu", words, 4) == words[2]);
	EXPECT(guest_word_near("kernal", words, 4) == words[3]);
	EXPECT(guest_word_near("elephant", words, 4) == NULL);
	EXPECT(guest_word_near("", words, 4) == NULL && guest_word_near("x", words, 4) == NULL);
}

static void test_nbd_addresses(void)
{
	struct nbd_address nbd;

	EXPECT(nbd_address_parse("nbd://host:10809/disk", &nbd) && !nbd.local &&
	       !strcmp(nbd.host, "host") && !strcmp(nbd.port, "10809") &&
	       !strcmp(nbd.name, "disk"));
	EXPECT(nbd_address_parse("nbd://[2000::1]/", &nbd) && !strcmp(nbd.host, "2000::1") &&
	       !nbd.name[0]);
	EXPECT(nbd_address_parse("nbd+unix:///a?socket=/run/s", &nbd) && nbd.local &&
	       !strcmp(nbd.name, "a") && !strcmp(nbd.socket, "/run/s"));
	EXPECT(!nbd_address_parse("nbd://", &nbd) && !nbd_address_parse("nbd://h:0/", &nbd));
	EXPECT(!nbd_address_parse("nbd://h:99999/", &nbd) && !nbd_address_parse("nbd://[h/", &nbd));
	EXPECT(!nbd_address_parse("nbd+unix:///a", &nbd) &&
	       !nbd_address_parse("nbd+unix:///?socket=s", &nbd));
	EXPECT(!nbd_address_parse("nbd://a b/", &nbd) && !nbd_address_parse("http://h/", &nbd));
}

static struct guest_config *small_guest(void)
{
	struct guest_config *config = guest_config_new();

	config->name = strdup("web1");
	config->kernel = strdup("/boot/vmlinuz");
	config->memory_kib = config->memory_max_kib = 64 << 10;
	config->uuid[0] = 1;
	return config;
}

/* The only fault of a configuration; GUEST_FIELDS: none, or several. */
static enum guest_field only_fault(const struct guest_config *config)
{
	struct guest_config_fault faults[4];
	size_t count = guest_config_check(config, faults, 4);

	return count == 1 && faults[0].text[0] ? faults[0].field : GUEST_FIELDS;
}

static void set(char **slot, const char *text)
{
	free(*slot);
	*slot = text ? strdup(text) : NULL;
}

static void test_check_texts(void)
{
	static const char *const names[] = {"a/b", "", ".x", "-x", "17", "a\nb", "Domain-0"};
	struct guest_config *config = small_guest();
	char longest[GUEST_NAME_MAX + 2];

	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		set(&config->name, names[i]);
		EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NAME);
	}
	memset(longest, 'n', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	set(&config->name, longest);
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NAME);
	longest[GUEST_NAME_MAX] = 0;
	set(&config->name, longest);
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	set(&config->name, "web ");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NAME);
	set(&config->name, "web");
	set(&config->kernel, "vmlinuz");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_KERNEL);
	set(&config->kernel, "/boot/vmlinuz ");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_KERNEL);
	set(&config->kernel, NULL);
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_KERNEL);
	set(&config->kernel, "/boot/vmlinuz");
	set(&config->bootloader, "pygrub");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_BOOTLOADER);
	guest_config_free(config);
}

static void test_check_numbers(void)
{
	struct guest_config *config = small_guest();

	config->memory_kib = 8 << 10;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_MEMORY);
	config->memory_kib = 128 << 10;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_MEMORY_MAX);
	config->memory_max_kib = 16ull << 30;
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	config->memory_max_kib += 4;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_MEMORY_MAX);
	config->memory_max_kib = 16ull << 30;
	config->vcpus = 2;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_VCPUS);
	config->vcpus_max = 65;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_VCPUS_MAX);
	config->vcpus_max = 64;
	config->weight = 0;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_WEIGHT);
	config->weight = 65535;
	config->cap = 6401;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_CAP);
	config->cap = 0;
	config->vcpu_config_count = 1;
	config->vcpu[0].pinned = true;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_VCPU);
	config->vcpu[0].cpus.bits[3] = 1;
	config->type = GUEST_HVM;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_TYPE);
	guest_config_free(config);
}

static void test_check_devices(void)
{
	static const char *const bad_targets[] = {"xvd", "vda", "xvdaaa", "xvda01", "xvda1x", ""};
	struct guest_config *config = small_guest();
	struct guest_disk_config *disk = guest_config_add_disk(config);
	struct guest_network_config *network;

	set(&disk->target, "xvda");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_DISK);
	set(&disk->source, "/a.img");
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	for (size_t i = 0; i < sizeof(bad_targets) / sizeof(bad_targets[0]); i++) {
		set(&disk->target, bad_targets[i]);
		EXPECT_EQUAL(only_fault(config), GUEST_FIELD_DISK);
	}
	set(&disk->target, "xvdb12");
	disk = guest_config_add_disk(config);
	set(&disk->target, "xvdb12");
	set(&disk->source, "/b.img");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_DISK);
	set(&disk->target, "hdc");
	disk->cdrom = disk->read_only = true;
	set(&disk->source, NULL);
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	disk->driver = GUEST_DRIVER_KERNEL;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_DISK);
	disk->driver = GUEST_DRIVER_DEFAULT;
	network = guest_config_add_network(config);
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	guest_config_complete(config);
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	EXPECT(network->mac[0] == 0 && network->mac[1] == 0x16 && network->mac[2] == 0x3e);
	set(&network->bridge, "a bridge");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	set(&network->bridge, "xenbr0");
	/* A filter that does not filter is none. */
	network->spoof_check = true;
	network->driver = GUEST_DRIVER_ENSO;
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	set(&network->address, "10.5.0.7 2001:db8::7");
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	set(&network->address, "10.5.0.7/24");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	set(&network->address, NULL);
	network->driver = GUEST_DRIVER_KERNEL;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	network->spoof_check = false;
	network->vlan = 7;
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	network->vlan = 0;
	set(&network->script, "/etc/xen/scripts/vif-bridge");
	EXPECT_EQUAL(guest_config_check(config, NULL, 0), 0);
	set(&network->script, "my-script");
	EXPECT_EQUAL(only_fault(config), GUEST_FIELD_NETWORK);
	guest_config_free(config);
}

static void test_complete(void)
{
	struct guest_config *left = small_guest(), *right = small_guest();

	guest_config_add_network(left);
	guest_config_add_network(left);
	guest_config_add_network(right);
	guest_config_add_network(right);
	EXPECT(guest_config_equal(left, right));
	guest_config_complete(left);
	EXPECT(!guest_config_equal(left, right));
	guest_config_complete(right);
	EXPECT(guest_config_equal(left, right));
	EXPECT(memcmp(left->networks[0].mac, left->networks[1].mac, 6) != 0);
	memset(left->uuid, 0, 16);
	guest_config_complete(left);
	EXPECT((left->uuid[6] & 0xf0) == 0x40 && (left->uuid[8] & 0xc0) == 0x80);
	guest_config_free(left);
	guest_config_free(right);
}

static void test_messages(void)
{
	struct diagnostics said;
	struct failure failure = {0};
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	diagnostics_init(&said);
	EXPECT_EQUAL(diagnostics_fail(&said, &failure), 0);
	for (unsigned int i = 0; i < 150; i++)
		diagnostics_add(&said, SEVERITY_WARNING, "f", (struct place){200 - i, 3}, "<x>",
				"bell \a %u", i);
	diagnostics_add(&said, SEVERITY_ERROR, "f", (struct place){7, 1}, "", "wrong");
	EXPECT_EQUAL(said.kept_count, DIAGNOSTICS_KEPT);
	diagnostics_sort(&said, "f");
	diagnostics_print(&said, out);
	fclose(out);
	EXPECT(strncmp(text, "f:7:1: error: wrong\nf:102:3: warning: <x>: bell ? 98\n", 51) == 0);
	EXPECT(strstr(text, "51 more messages are not shown\n"));
	EXPECT_EQUAL(diagnostics_fail(&said, &failure), -22);
	EXPECT(strcmp(failure.object, "f:7:1") == 0 && strcmp(failure.cause, "wrong") == 0);
	diagnostics_free(&said);
	free(text);
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_sizes);
	RUN(test_cpu_sets);
	RUN(test_identifiers);
	RUN(test_names);
	RUN(test_near_words);
	RUN(test_nbd_addresses);
	RUN(test_check_texts);
	RUN(test_check_numbers);
	RUN(test_check_devices);
	RUN(test_complete);
	RUN(test_messages);
	return check_result();
}
