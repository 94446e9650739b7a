// needs: dom0-tools/config/*.c dom0-tools/lib/failure.c
// needs: dom0-tools/lib/ip_addresses.c dom0-tools/lib/nbd_address.c dom0-tools/lib/text.c
// libs: -lxml2 -ljson-c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_config_xml.c - libvirt's domain XML: what is read of it, what is
 * said of the rest and where, what is written and read back.
 */
#include <unistd.h>

#include "dom0-tools/config/domxml_rules.h"
#include "dom0-tools/config/values.h"
#include "tests/unit/config_help.h"

#define BODY                                                                                       \
	"<name>web1</name><memory unit='MiB'>64</memory>"                                          \
	"<os><type>linux</type><kernel>/boot/vmlinuz</kernel></os>"
#define DOMAIN(more) "<domain type='xen'>" BODY "\n" more "</domain>"

static void read_xml(struct config_result *result, const char *text)
{
	read_text(result, domxml_read_memory, text);
}

static bool text_is(const char *text, const char *expected)
{
	return text && expected ? strcmp(text, expected) == 0 : text == expected;
}

/* As a running PV guest's dump looks, with what libvirt adds of its own. */
static const char dumped[] =
	"<domain type='xen' id='3'>\n"
	"  <name>web1</name>\n"
	"  <uuid>45b60f51-88a9-47a8-a3b3-5e66d71b2283</uuid>\n"
	"  <title>A &amp; B &lt;&#x43;></title>\n"
	"  <metadata>\n"
	"    <app:notes xmlns:app='http://example.org/app'><app:any x='y'>z</app:any></app:notes>\n"
	"    <enso:guest xmlns:enso='urn:enso:guest:1'>"
	"<enso:on_watchdog>restart</enso:on_watchdog></enso:guest>\n"
	"  </metadata>\n"
	"  <memory unit='KiB'>524288</memory>\n"
	"  <currentMemory unit='KiB'>262144</currentMemory>\n"
	"  <vcpu placement='static' cpuset='0-1' current='2'>4</vcpu>\n"
	"  <vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
	"<vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>\n"
	"  <cputune>\n"
	"    <shares>512</shares>\n"
	"    <vcpupin vcpu='1' cpuset='0,2-3,^2'/>\n"
	"    <global_period>100000</global_period>\n"
	"    <global_quota>50000</global_quota>\n"
	"  </cputune>\n"
	"  <resource><partition>/machine</partition></resource>\n"
	"  <os>\n"
	"    <type arch='x86_64' machine='xenpv'>linux</type>\n"
	"    <kernel>/boot/vmlinuz</kernel>\n"
	"    <initrd>/boot/initrd.img</initrd>\n"
	"    <cmdline> root=/dev/xvda1 ro console=hvc0 </cmdline>\n"
	"  </os>\n"
	"  <cpu mode='host-passthrough' check='none' migratable='on'/>\n"
	"  <clock offset='variable' adjustment='-3600' basis='utc'><timer name='tsc'/></clock>\n"
	"  <on_poweroff>destroy</on_poweroff>\n"
	"  <on_reboot>rename-restart</on_reboot>\n"
	"  <on_crash>preserve</on_crash>\n"
	"  <devices>\n"
	"    <emulator>/usr/lib/xen/bin/qemu-system-i386</emulator>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='qcow2' discard='ignore'/>\n"
	"      <source file='/a&amp;b \"c&apos;.qcow2' index='1'/>\n"
	"      <backingStore type='file'><format type='raw'/></backingStore>\n"
	"      <target dev='xvda' bus='xen'/>\n"
	"      <iotune><total_iops_sec>100</total_iops_sec></iotune>\n"
	"      <blockio logical_block_size='4096'/>\n"
	"      <shareable/>\n"
	"      <alias name='disk0'/>\n"
	"    </disk>\n"
	"    <disk type='block' device='disk'><driver name='phy' type='raw'/>"
	"<source dev='/dev/vg/x'/><target dev='sdb' bus='scsi'/>"
	"<address type='drive' controller='0' bus='0' target='0' unit='1'/></disk>\n"
	"    <disk type='network' device='cdrom'>\n"
	"      <source protocol='nbd' name='x'><host name='::1' port='10809'/></source>\n"
	"      <target dev='xvdc'/>\n"
	"    </disk>\n"
	"    <disk type='file' device='cdrom'><target dev='hdd' bus='ide' tray='open'/></disk>\n"
	"    <controller type='xenbus' index='0' maxGrantFrames='64' maxEventChannels='2047'/>\n"
	"    <interface type='bridge'>\n"
	"      <mac address='00:16:3E:11:22:33'/>\n"
	"      <source bridge='xenbr0'/>\n"
	"      <ip address='10.0.0.1' family='ipv4'/>\n"
	"      <ip address='2000::1' family='ipv6'/>\n"
	"      <script path='/etc/xen/scripts/vif-bridge'/>\n"
	"      <target dev='vif3.0'/>\n"
	"      <model type='netfront'/>\n"
	"      <driver name='qemu' queues='4'/>\n"
	"      <bandwidth><outbound average='10240'/></bandwidth>\n"
	"      <vlan><tag id='42'/></vlan>\n"
	"      <mtu size='9000'/>\n"
	"      <link state='up'/>\n"
	"    </interface>\n"
	"    <interface type='network'><source network='default' bridge='virbr0' portid='p'/>"
	"<target dev='web'/><driver name='netback'/></interface>\n"
	"    <interface type='network'><source network='default'/>"
	"<filterref filter='clean-traffic'/></interface>\n"
	"    <console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/>"
	"<target type='xen' port='0'/></console>\n"
	"    <audio id='1' type='none'/>\n"
	"    <memballoon model='xen'/>\n"
	"  </devices>\n"
	"</domain>\n";

static void expect_domain(const struct guest_config *config)
{
	EXPECT(text_is(config->name, "web1") && text_is(config->title, "A & B <C>"));
	EXPECT(config->uuid[0] == 0x45 && config->on_watchdog == GUEST_ACTION_RESTART);
	EXPECT(config->memory_kib == 262144 && config->memory_max_kib == 524288);
	EXPECT(config->vcpus == 2 && config->vcpus_max == 4 && config->vcpu_config_count == 4);
	EXPECT(guest_cpu_set_has(&config->vcpu[1].cpus, 3) &&
	       !guest_cpu_set_has(&config->vcpu[1].cpus, 2) &&
	       guest_cpu_set_has(&config->vcpu[3].cpus, 1));
	EXPECT(config->weight == 512 && config->cap == 50);
	EXPECT(text_is(config->command_line, "root=/dev/xvda1 ro console=hvc0"));
	EXPECT(config->time_offset_seconds == -3600);
	EXPECT(config->on_reboot == GUEST_ACTION_RENAME_RESTART &&
	       config->on_crash == GUEST_ACTION_PRESERVE);
	EXPECT(config->max_grant_frames == 64 && config->max_event_channels == 2047);
}

static void expect_devices(const struct guest_config *config)
{
	const struct guest_disk_config *disk = config->disks;
	const struct guest_network_config *network = config->networks;

	EXPECT_EQUAL(config->disk_count, 4);
	EXPECT_EQUAL(config->network_count, 3);
	if (config->disk_count != 4 || config->network_count != 3)
		return;
	EXPECT(text_is(disk[0].source, "/a&b \"c'.qcow2") && text_is(disk[0].format, "qcow2") &&
	       disk[0].no_discard && disk[0].shareable && disk[0].sector_bytes == 4096 &&
	       disk[0].iops_limit == 100 && disk[0].driver == GUEST_DRIVER_DEFAULT);
	EXPECT(disk[1].backend == GUEST_DISK_BLOCK && disk[1].driver == GUEST_DRIVER_KERNEL);
	EXPECT(disk[2].backend == GUEST_DISK_NBD && disk[2].read_only &&
	       text_is(disk[2].source, "nbd://[::1]:10809/x"));
	EXPECT(disk[3].cdrom && !disk[3].source);
	EXPECT(network[0].mac_given && network[0].mac[5] == 0x33 && network[0].mtu == 9000 &&
	       text_is(network[0].address, "10.0.0.1 2000::1") && !network[0].device &&
	       network[0].vlan == 42 && network[0].queues == 4 &&
	       network[0].driver == GUEST_DRIVER_ENSO &&
	       network[0].bytes_per_second_limit == 10 << 20);
	EXPECT(text_is(network[1].network, "default") && !network[1].bridge &&
	       text_is(network[1].device, "web") && !network[1].mac_given &&
	       network[1].driver == GUEST_DRIVER_KERNEL);
	EXPECT(network[2].spoof_check && !network[2].bridge);
}

static void test_dumped_guest(void)
{
	struct config_result result;

	read_xml(&result, dumped);
	EXPECT_EQUAL(result.error, 0);
	EXPECT_EQUAL(result.said.warnings, 0);
	if (result.said.kept_count)
		diagnostics_print(&result.said, stderr);
	if (result.config) {
		expect_domain(result.config);
		expect_devices(result.config);
		expect_same_again(domxml_write, domxml_read_memory, result.config);
		expect_same_again(json_write, json_read_memory, result.config);
	}
	result_free(&result);
}

static void test_small_guest(void)
{
	struct config_result result;

	read_xml(&result, DOMAIN(""));
	EXPECT_EQUAL(result.error, 0);
	EXPECT(result.config && result.config->memory_kib == 64 << 10 &&
	       result.config->memory_max_kib == 64 << 10 && result.config->vcpus == 1);
	if (result.config)
		expect_same_again(domxml_write, domxml_read_memory, result.config);
	result_free(&result);
}

static void test_odd_characters(void)
{
	struct guest_config *config = guest_config_new();
	struct failure failure = {0};
	FILE *out = fopen("/dev/null", "w");

	config->name = strdup("gr\xc3\xbc\xc3\x9f");
	config->title = strdup("<&>\"' &amp; &#38; ]]>");
	config->description = strdup(" two\n\tlines\r\n ");
	config->kernel = strdup("/a'b\"c<d>&e");
	config->memory_kib = config->memory_max_kib = 64 << 10;
	guest_config_complete(config);
	expect_same_again(domxml_write, domxml_read_memory, config);
	expect_same_again(json_write, json_read_memory, config);
	config->title[0] = '\1';
	EXPECT_EQUAL(domxml_write(config, out, &failure), -22);
	config->title[0] = 'x';
	fclose(out);
	out = fopen("/dev/full", "w");
	EXPECT_EQUAL(domxml_write_running(config, 7, out, &failure), -5);
	fclose(out);
	guest_config_free(config);
}

static void test_places(void)
{
	struct config_result result;

	read_xml(&result, "<!-- <x> -->\n<domain\n   type = \"kvm\"\n  id='1' tpye='xen'>\n"
			  "  <memory unit='MiB'\n     dumpCore=\"a > b\" "
			  "slots='3'>64</memory><nmae>x</nmae>\n"
			  "  <vcpu\n current='9'>2</vcpu><vcpu>3</vcpu>\n"
			  "<devices>text<graphics type='vnc'/></devices></domain>");
	EXPECT_ERROR(&result, 3, 4, "\"kvm\" is not supported");
	EXPECT_ERROR(&result, 4, 10, "did you mean type?");
	EXPECT_WARNING(&result, 6, 6, "is ignored");
	EXPECT_ERROR(&result, 6, 23, "is unknown here");
	EXPECT_ERROR(&result, 6, 44, "did you mean name?");
	EXPECT_ERROR(&result, 8, 2, "9 vCPUs");
	EXPECT_ERROR(&result, 8, 22, "stands twice");
	EXPECT_ERROR(&result, 9, 1, "has text");
	EXPECT_ERROR(&result, 9, 14, "miss this device");
	EXPECT_ERROR(&result, 2, 1, "needs a name");
	EXPECT_ERROR(&result, 2, 1, "needs a kernel");
	result_free(&result);
}

static void test_far_lines(void)
{
	size_t lines = 70000, head = 40 + lines;
	char *text = malloc(head + 200);
	struct config_result result;

	memset(text, '\n', head);
	memcpy(text, "<domain type='xen'>" BODY, 19 + strlen(BODY));
	strcpy(text + head, "  <elephant/></domain>");
	read_xml(&result, text);
	EXPECT(result.said.kept_count == 1 && result.said.kept[0].place.line > 69000 &&
	       result.said.kept[0].place.column == 3);
	result_free(&result);
	free(text);
}

static void test_hostile(void)
{
	struct config_result result;
	char deep[2000] = "";

	read_xml(&result,
		 "<?xml version='1.0'?>\n<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>");
	EXPECT_ERROR(&result, 2, 1, "document type");
	EXPECT_EQUAL(result.said.errors, 1);
	result_free(&result);
	read_xml(&result, "<!DOCTYPE d SYSTEM 'file:///etc/passwd'><domain/>");
	EXPECT_ERROR(&result, 1, 1, "document type");
	result_free(&result);
	read_xml(&result, "<domain type='xen'><name>&foo;</name></domain>");
	EXPECT_ERROR(&result, 1, 31, "not defined");
	result_free(&result);
	read_xml(&result, "<?xml version='1.0' encoding='ISO-8859-1'?><domain type='xen'/>");
	EXPECT_ERROR(&result, 1, 1, "save the file as UTF-8");
	result_free(&result);
	for (int i = 0; i < 100; i++)
		strcat(deep, "<domain>");
	read_xml(&result, deep);
	EXPECT_ERROR(&result, 1, 32 * 8 + 1, "deep");
	result_free(&result);
	read_xml(&result, "<domstatus><domain type='xen'/></domstatus>");
	EXPECT_ERROR(&result, 1, 1, "is no guest");
	result_free(&result);
	read_bytes(&result, domxml_read_memory, "<domain\0/>", 10);
	EXPECT_ERROR(&result, 1, 8, "NUL");
	result_free(&result);
	read_xml(&result, "<domain type='xen'>\n\xff</domain>");
	EXPECT_ERROR(&result, 2, 1, "0xff is not UTF-8");
	result_free(&result);
}

/* Each: what stands in line 2 of a guest that is else right, and what is said of it. */
static const struct {
	const char *more;
	enum severity severity;
	unsigned int column;
	const char *words;
} remarks[] = {
	{"<uuid>nonsense</uuid>", SEVERITY_ERROR, 1, "no uuid"},
	{"<uuid>00000000000000000000000000000000</uuid>", SEVERITY_ERROR, 1, "dom0's own"},
	{"<currentMemory unit='GiB'>1</currentMemory>", SEVERITY_ERROR, 0, "is less than"},
	{"<currentMemory unit='furlong'>1</currentMemory>", SEVERITY_ERROR, 1, "is no size"},
	{"<maxMemory slots='2'>1</maxMemory>", SEVERITY_ERROR, 1, "no slots"},
	{"<vcpu>-1</vcpu>", SEVERITY_ERROR, 1, "no whole number"},
	{"<vcpu>65</vcpu>", SEVERITY_ERROR, 1, "1 to 64"},
	{"<vcpu cpuset='300'>1</vcpu>", SEVERITY_ERROR, 7, "no set of CPUs"},
	{"<vcpu placement='auto'>1</vcpu>", SEVERITY_ERROR, 7, "static is"},
	{"<vcpus><vcpu id='0' enabled='no'/></vcpus>", SEVERITY_ERROR, 8, "first 1 vCPUs"},
	{"<cputune><vcpupin vcpu='70' cpuset='1'/></cputune>", SEVERITY_ERROR, 10, "below 64"},
	{"<cputune><vcpupin vcpu='0'/></cputune>", SEVERITY_ERROR, 10, "needs cpuset="},
	{"<cputune><vcpupin vcpu='1' cpuset='1'/></cputune>", SEVERITY_ERROR, 10, "only 1 vCPUs"},
	{"<cputune><shares>0</shares></cputune>", SEVERITY_ERROR, 10, "no whole number"},
	{"<cputune><shares>70000</shares></cputune>", SEVERITY_ERROR, 10, "1 to 65535"},
	{"<cputune><quota>5</quota></cputune>", SEVERITY_ERROR, 10, "global_quota"},
	{"<bootloader>pygrub</bootloader>", SEVERITY_ERROR, 1, "is not run"},
	{"<features><acpi/></features>", SEVERITY_WARNING, 11, "no effect"},
	{"<features><hyperv/></features>", SEVERITY_ERROR, 11, "miss this feature"},
	{"<features><xen><e820_host state='on'/></xen></features>", SEVERITY_ERROR, 27, "off is"},
	{"<cpu mode='custom'/>", SEVERITY_ERROR, 6, "host's CPU"},
	{"<clock offset='timezone'/>", SEVERITY_ERROR, 8, "is not supported"},
	{"<clock offset='variable' adjustment='x'/>", SEVERITY_ERROR, 26, "number of seconds"},
	{"<clock offset='variable' adjustment='99999999999'/>", SEVERITY_ERROR, 1, "20 years"},
	{"<clock offset='utc'><timer name='hpet' present='yes'/></clock>", SEVERITY_WARNING, 21,
	 "no hpet"},
	{"<clock offset='utc'><timer name='tsc' mode='emulate'/></clock>", SEVERITY_ERROR, 39,
	 "time stamps"},
	{"<on_crash>explode</on_crash>", SEVERITY_ERROR, 1, "is unknown"},
	{"<on_crash/>", SEVERITY_ERROR, 1, "is unknown"},
	{"<qemu:commandline xmlns:qemu='http://q'/>", SEVERITY_ERROR, 1, "is unknown"},
	{"<name xmlns='http://else'>x</name>", SEVERITY_ERROR, 1, "is unknown"},
	{"<devices><input type='mouse' bus='xen'/></devices>", SEVERITY_WARNING, 10,
	 "without a display"},
	{"<devices><hostdev/></devices>", SEVERITY_ERROR, 10, "miss this device"},
	{"<devices><controller type='usb'/></devices>", SEVERITY_ERROR, 10, "no USB"},
	{"<devices><controller type='ide'/></devices>", SEVERITY_WARNING, 10, "Xen's bus"},
	{"<devices><console type='file'/></devices>", SEVERITY_ERROR, 19, "pty is"},
	{"<devices><disk type='file'><target dev='xvda'/></disk></devices>", SEVERITY_ERROR, 10,
	 "needs a source"},
	{"<devices><disk type='file'><source file='/x'/></disk></devices>", SEVERITY_ERROR, 10,
	 "needs a name"},
	{"<devices><disk type='file'><source dev='/x'/><target dev='xvda'/></disk></devices>",
	 SEVERITY_ERROR, 28, "has file="},
	{"<devices><disk type='file'><source file='x'/><target dev='xvda'/></disk></devices>",
	 SEVERITY_ERROR, 10, "from the root"},
	{"<devices><disk type='dir'/></devices>", SEVERITY_ERROR, 16, "not supported"},
	{"<devices><disk><driver cache='none'/><source file='/x'/><target "
	 "dev='xvda'/></disk></devices>",
	 SEVERITY_WARNING, 24, "is ignored"},
	{"<devices><disk><encryption/></disk></devices>", SEVERITY_ERROR, 16, "dm-crypt"},
	{"<devices><disk type='network'><source protocol='nbd'/></disk></devices>", SEVERITY_ERROR,
	 31, "needs <host"},
	{"<devices><disk type='network'><source protocol='rbd'/></disk></devices>", SEVERITY_ERROR,
	 39, "nbd is"},
	{"<devices><interface type='user'/></devices>", SEVERITY_ERROR, 21, "not supported"},
	{"<devices><interface/></devices>", SEVERITY_ERROR, 10, "needs a type"},
	{"<devices><interface type='bridge'/></devices>", SEVERITY_ERROR, 10, "source bridge"},
	{"<devices><interface type='network'><source bridge='x'/></interface></devices>",
	 SEVERITY_ERROR, 10, "source network"},
	{"<devices><interface type='ethernet'/></devices>", SEVERITY_ERROR, 21, "bridge|network"},
	{"<devices><interface type='bridge'><source bridge='b'/><driver name='vhost' queues='2'/>"
	 "</interface></devices>",
	 SEVERITY_ERROR, 10, "a number of queues"},
	{"<devices><disk type='file'><driver name='phy'/><source file='/x'/><target dev='xvda'/>"
	 "<iotune><total_iops_sec>9</total_iops_sec></iotune></disk></devices>",
	 SEVERITY_ERROR, 10, "does not limit a disk"},
	{"<devices><disk type='file'><driver name='phy'/><source file='/x'/><target dev='xvda'/>"
	 "<iotune><total_bytes_sec>9</total_bytes_sec></iotune></disk></devices>",
	 SEVERITY_ERROR, 10, "does not limit a disk"},
	{"<devices><interface type='bridge'><mac address='1'/></interface></devices>",
	 SEVERITY_ERROR, 35, "00:16:3e"},
	{"<devices><interface type='bridge'><source bridge='b'/><script path='/my'/></interface>"
	 "</devices>",
	 SEVERITY_ERROR, 10, "no scripts"},
	{"<devices><interface type='bridge'><mtu size='9x'/></interface></devices>", SEVERITY_ERROR,
	 40, "no whole number"},
	{"<devices><interface type='bridge'><model type='e1000'/></interface></devices>",
	 SEVERITY_ERROR, 42, "netfront is"},
	{"<devices><interface type='bridge'><ip/></interface></devices>", SEVERITY_ERROR, 35,
	 "needs an address"},
};

static void test_remarks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(remarks); i++) {
		struct config_result result;
		char text[1024];
		unsigned int line = remarks[i].column ? 2 : 1;
		unsigned int column = remarks[i].column ? remarks[i].column : 37;

		snprintf(text, sizeof(text), DOMAIN("%s"), remarks[i].more);
		read_xml(&result, text);
		if (!was_said(&result, line, column, remarks[i].severity, remarks[i].words)) {
			printf("%s\n", remarks[i].more);
			diagnostics_print(&result.said, stdout);
			EXPECT(!"said");
		}
		EXPECT((result.error != 0) == (remarks[i].severity == SEVERITY_ERROR));
		result_free(&result);
	}
}

static bool has_parent(const char *path)
{
	const char *last = strpbrk(path, "@") ?: strrchr(path, '/');
	size_t parent = last ? (size_t)(last - path) : 0;

	if (!parent)
		return true;
	for (size_t i = 0; i < domxml_rule_count; i++)
		if (domxml_rules[i].policy == DOMXML_READ &&
		    strlen(domxml_rules[i].path) == parent &&
		    strncmp(domxml_rules[i].path, path, parent) == 0)
			return true;
	return false;
}

/* Every row can be reached, is there once, and has words for what it does not honour. */
static void test_rules(void)
{
	for (size_t i = 0; i < domxml_rule_count; i++) {
		const struct domxml_rule *rule = &domxml_rules[i];

		EXPECT(domxml_rule_find(rule->path) == rule);
		EXPECT(has_parent(rule->path));
		EXPECT(rule->policy == DOMXML_READ || rule->note);
		EXPECT(rule->policy == DOMXML_READ || (!rule->read && !rule->values));
		if (check_state.failed) {
			printf("%s\n", rule->path);
			return;
		}
	}
}

static void test_files(void)
{
	char path[] = "/tmp/enso-config-XXXXXX";
	struct diagnostics said;
	struct failure failure = {0};
	struct guest_config *config = NULL;
	int fd = mkstemp(path);

	diagnostics_init(&said);
	EXPECT(fd >= 0 && write(fd, DOMAIN(""), strlen(DOMAIN(""))) > 0);
	EXPECT_EQUAL(domxml_read(path, &config, &said, &failure), 0);
	guest_config_free(config);
	EXPECT_EQUAL(guest_config_read(path, &config, &said, &failure), 0);
	guest_config_free(config);
	EXPECT(ftruncate(fd, GUEST_FILE_MAX + 1) == 0);
	EXPECT_EQUAL(guest_config_read(path, &config, &said, &failure), -27);
	failure.error = 0;
	EXPECT_EQUAL(guest_config_read("/nowhere/at/all", &config, &said, &failure), -2);
	failure.error = 0;
	EXPECT_EQUAL(guest_config_read("/tmp", &config, &said, &failure), -21);
	failure.error = 0;
	EXPECT_EQUAL(guest_config_read("/dev/zero", &config, &said, &failure), -22);
	EXPECT(!config && failure.cause[0]);
	diagnostics_free(&said);
	close(fd);
	unlink(path);
}

int main(void)
{
	RUN(test_dumped_guest);
	RUN(test_small_guest);
	RUN(test_odd_characters);
	RUN(test_places);
	RUN(test_far_lines);
	RUN(test_hostile);
	RUN(test_remarks);
	RUN(test_rules);
	RUN(test_files);
	return check_result();
}
