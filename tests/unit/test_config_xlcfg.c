// needs: dom0-tools/config/*.c dom0-tools/lib/failure.c
// needs: dom0-tools/lib/ip_addresses.c dom0-tools/lib/nbd_address.c dom0-tools/lib/text.c
// libs: -lxml2 -ljson-c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_config_xlcfg.c - xl.cfg as its manual has it: the syntax, the
 * keys, disks in all their spellings, interfaces; and what is said of the rest.
 */
#include "dom0-tools/config/values.h"
#include "tests/unit/config_help.h"

#define HEAD "name = \"web1\"\nmemory = 512\nkernel = \"/boot/vmlinuz\"\n"

static void read_xl(struct config_result *result, const char *text)
{
	read_text(result, xlcfg_read_memory, text);
}

static bool text_is(const char *text, const char *expected)
{
	return text && expected ? strcmp(text, expected) == 0 : text == expected;
}

static void test_small_guest(void)
{
	struct config_result result;
	const struct guest_config *config;

	read_xl(&result, "\xef\xbb\xbf# a guest\nname='web1'; memory = '512' # MiB\n\n"
			 "kernel \\\n  = \"/boot/vmlinuz\"\nvcpus=\"2\"");
	EXPECT_EQUAL(result.said.errors + result.said.warnings, 0);
	config = result.config;
	if (config) {
		EXPECT(text_is(config->name, "web1") && text_is(config->kernel, "/boot/vmlinuz"));
		EXPECT(config->memory_kib == 512 << 10 && config->memory_max_kib == 512 << 10);
		EXPECT(config->vcpus == 2 && config->vcpus_max == 2 && config->weight == 256);
		EXPECT(config->on_reboot == GUEST_ACTION_RESTART && config->type == GUEST_PV);
		EXPECT((config->uuid[8] & 0xc0) == 0x80);
	}
	result_free(&result);
}

static void test_every_key(void)
{
	static const char text[] = HEAD
		"uuid = \"45b60f51-88a9-47a8-a3b3-5e66d71b2283\"\nbuilder = \"generic\"\n"
		"type = \"pv\"\nmaxmem = 0x400\nvcpus = 2\nmaxvcpus = 4\n"
		"cpus = [ \"2\", \"3-8,^5\", 4 ]\ncpu_weight = 512\ncap = 50\n"
		"ramdisk = \"/boot/initrd\"\nroot = \"/dev/xvda1 ro\"\nextra = \"console=hvc0 \"\n"
		"on_poweroff = \"preserve\"\non_reboot = \"destroy\"\non_crash = "
		"\"coredump-restart\"\n"
		"on_watchdog = \"rename-restart\"\nlocaltime = 0\nrtc_timeoffset = -3600\n"
		"max_grant_frames = 64\nmax_maptrack_frames = 1024\nmax_event_channels = 2047\n"
		"vfb = []\nnestedhvm=0\npvshim = 0x0\n";
	struct config_result result;
	const struct guest_config *config;

	read_xl(&result, text);
	EXPECT_EQUAL(result.error, 0);
	EXPECT_EQUAL(result.said.warnings, 2);
	config = result.config;
	if (config) {
		EXPECT(config->uuid[0] == 0x45 && config->memory_max_kib == 1 << 20);
		EXPECT(config->vcpus == 2 && config->vcpus_max == 4);
		EXPECT_EQUAL(config->vcpu_config_count, 3);
		EXPECT(guest_cpu_set_has(&config->vcpu[1].cpus, 8) &&
		       !guest_cpu_set_has(&config->vcpu[1].cpus, 5));
		EXPECT(config->weight == 512 && config->cap == 50);
		EXPECT(text_is(config->command_line, "root=/dev/xvda1 ro console=hvc0"));
		EXPECT(config->on_poweroff == GUEST_ACTION_PRESERVE &&
		       config->on_reboot == GUEST_ACTION_DESTROY &&
		       config->on_crash == GUEST_ACTION_DUMP_RESTART &&
		       config->on_watchdog == GUEST_ACTION_RENAME_RESTART);
		EXPECT_EQUAL(config->time_offset_seconds, -3600);
		EXPECT(config->max_grant_frames == 64 && config->max_maptrack_frames == 1024 &&
		       config->max_event_channels == 2047);
	}
	result_free(&result);
}

static void test_cpus_of_all(void)
{
	struct config_result result;

	read_xl(&result, HEAD "cpus = \"all,^0\"\nmaxvcpus = 3\n");
	EXPECT(result.config && result.config->vcpu_config_count == 3 &&
	       result.config->vcpu[2].pinned &&
	       !guest_cpu_set_has(&result.config->vcpu[2].cpus, 0) &&
	       guest_cpu_set_has(&result.config->vcpu[2].cpus, 255));
	result_free(&result);
	read_xl(&result, HEAD "cpus = \"all\"\n");
	EXPECT(result.config && result.config->vcpu_config_count == 0);
	result_free(&result);
	read_xl(&result, HEAD "cpus = \"node:1\"\n");
	EXPECT_ERROR(&result, 4, 8, "nodes are not known");
	result_free(&result);
}

static void test_syntax_errors(void)
{
	struct config_result result;

	read_xl(&result, HEAD "vcpus 2\ncap = (1+1)\nextra = \"no end\nmemory 4\n=3\n"
			      "acpi = True\npool = Pool\nvif = [ 'a' 'b' ]\nvcpus += [1]\n"
			      "cap = 3 4\ncap =\nnx = 0x1g\n");
	EXPECT_ERROR(&result, 4, 7, "a '=' is missing");
	EXPECT_ERROR(&result, 5, 7, "a value is");
	EXPECT_ERROR(&result, 6, 9, "no closing \"");
	EXPECT_ERROR(&result, 7, 8, "a '=' is missing");
	EXPECT_ERROR(&result, 8, 1, "KEY = VALUE");
	EXPECT_ERROR(&result, 9, 8, "written as 1");
	EXPECT_ERROR(&result, 10, 8, "needs quotes");
	EXPECT_ERROR(&result, 11, 13, "a ',' or");
	EXPECT_ERROR(&result, 12, 1, "+=");
	EXPECT_ERROR(&result, 13, 9, "should end here");
	EXPECT_ERROR(&result, 14, 6, "a value is missing");
	EXPECT_ERROR(&result, 15, 6, "is no number");
	EXPECT_EQUAL(result.said.errors, 12);
	EXPECT(!result.config);
	result_free(&result);
	read_xl(&result, HEAD "disk = [ 'a',\n [[[[[[[[[ 1 ]");
	EXPECT_ERROR(&result, 5, 9, "more than 8 deep");
	result_free(&result);
	read_xl(&result, "name = [ ");
	EXPECT_ERROR(&result, 1, 8, "no closing ']'");
	result_free(&result);
	read_xl(&result, "");
	EXPECT_ERROR(&result, 1, 1, "needs a name");
	result_free(&result);
}

static void test_adding(void)
{
	struct config_result result;

	read_xl(&result, HEAD "extra = 'a'\nextra += \" b\"\ndisk = [ '/a,,xvda' ]\n"
			      "disk += [ '/b,,xvdb' ]\ndisk+=[]\n");
	EXPECT_EQUAL(result.said.errors + result.said.warnings, 0);
	EXPECT(result.config && text_is(result.config->command_line, "a b") &&
	       result.config->disk_count == 2 && text_is(result.config->disks[1].target, "xvdb"));
	result_free(&result);
	read_xl(&result, HEAD "memory += 5\nvif += []\n");
	EXPECT_ERROR(&result, 4, 1, "+=");
	EXPECT_ERROR(&result, 5, 1, "+=");
	result_free(&result);
}

static void test_strings(void)
{
	struct config_result result;

	read_xl(&result, HEAD "extra = 'a\\'b\\\"c\\\\d \\x41 \\q'\n");
	EXPECT(result.config && text_is(result.config->command_line, "a'b\"c\\d A \\q"));
	result_free(&result);
	read_xl(&result, HEAD "extra = 'a\\x00b'\n");
	EXPECT_ERROR(&result, 4, 9, "NUL");
	result_free(&result);
}

static void test_unknown_and_refused(void)
{
	struct config_result result;

	read_xl(&result, HEAD "memroy = 3\n  pci = ['0000:00:1a.0']\nhap = 1\ne820_host = 1\n"
			      "vcpus = 1\nvcpus = 3\nelephant = 1\ntype = \"hvm\"\n"
			      "tsc_mode=\"always_emulate\"\nbootloader=\"pygrub\"");
	EXPECT_ERROR(&result, 4, 1, "did you mean memory?");
	EXPECT_ERROR(&result, 5, 3, "is not supported");
	EXPECT_WARNING(&result, 6, 1, "is ignored");
	EXPECT_ERROR(&result, 7, 13, "\"1\" is not supported");
	EXPECT_WARNING(&result, 8, 1, "again in line 9");
	EXPECT_ERROR(&result, 10, 1, "is no key of xl.cfg");
	EXPECT_ERROR(&result, 11, 1, "hvm ones");
	EXPECT_ERROR(&result, 12, 10, "not supported");
	EXPECT_ERROR(&result, 13, 1, "is not run");
	EXPECT_EQUAL(result.said.errors, 7);
	EXPECT(result.config && result.config->vcpus == 3);
	result_free(&result);
}

static void test_wrong_values(void)
{
	struct config_result result;

	read_xl(&result,
		"name = 5\nmemory = \"lots\"\nkernel = [\"/x\"]\nvcpus = 0\nmaxvcpus = 99\n"
		"uuid = \"xyz\"\non_crash = \"explode\"\ncpus = \"1-\"\ncap = -1\n"
		"maxmem = 99999999999999999999\ndisk = \"/a,raw,xvda\"\nvif = [ 3 ]\n");
	EXPECT_ERROR(&result, 1, 8, "a \"string\" is wanted");
	EXPECT_ERROR(&result, 2, 10, "no whole number");
	EXPECT_ERROR(&result, 3, 10, "a \"string\" is wanted");
	EXPECT_ERROR(&result, 4, 1, "at least 1 vCPU");
	EXPECT_ERROR(&result, 5, 1, "1 to 64");
	EXPECT_ERROR(&result, 6, 8, "no uuid");
	EXPECT_ERROR(&result, 7, 12, "is unknown");
	EXPECT_ERROR(&result, 8, 8, "no set of CPUs");
	EXPECT_ERROR(&result, 9, 7, "no whole number");
	EXPECT_ERROR(&result, 10, 10, "no whole number");
	EXPECT_ERROR(&result, 11, 8, "a list is wanted");
	EXPECT_ERROR(&result, 12, 9, "\"strings\"");
	result_free(&result);
}

/* A disk of one spelling against what it must mean. */
static bool disk_is(const char *spec, const struct guest_disk_config *wanted)
{
	struct config_result result;
	char text[512];
	bool same = false;

	snprintf(text, sizeof(text), "%sdisk = [ '%s' ]\n", HEAD, spec);
	read_xl(&result, text);
	if (result.config && result.config->disk_count == 1) {
		const struct guest_disk_config *disk = result.config->disks;

		same = result.error == 0 && text_is(disk->target, wanted->target) &&
		       text_is(disk->source, wanted->source) &&
		       text_is(disk->format, wanted->format) && disk->backend == wanted->backend &&
		       disk->read_only == wanted->read_only && disk->cdrom == wanted->cdrom &&
		       disk->driver == wanted->driver && disk->no_discard == wanted->no_discard &&
		       disk->shareable == wanted->shareable;
	}
	if (!same)
		diagnostics_print(&result.said, stderr);
	result_free(&result);
	return same;
}

/* The first examples are the manual's, each line one disk in several spellings. */
static void test_disks(void)
{
	struct guest_disk_config volume = {
		.target = "hda", .source = "/dev/vg/guest-volume", .backend = GUEST_DISK_BLOCK};
	struct guest_disk_config image = {
		.target = "hdc", .source = "/root/image.iso", .read_only = true, .cdrom = true};
	struct guest_disk_config empty = {.target = "hdc", .read_only = true, .cdrom = true};
	struct guest_disk_config comma = {.target = "xvda", .source = "/a,b c.img"};
	struct guest_disk_config slow = {.target = "xvdb",
					 .source = "/dev/vg/x",
					 .backend = GUEST_DISK_BLOCK,
					 .driver = GUEST_DRIVER_KERNEL,
					 .no_discard = true};
	struct guest_disk_config nbd = {
		.target = "xvda", .source = "nbd://host/x", .backend = GUEST_DISK_NBD};

	EXPECT(disk_is("/dev/vg/guest-volume,,hda", &volume));
	EXPECT(disk_is("vg/guest-volume,,hda", &volume));
	EXPECT(disk_is("phy:/dev/vg/guest-volume,hda,w", &volume));
	EXPECT(disk_is("phy:vg/guest-volume,hda,w", &volume));
	volume.format = "raw";
	EXPECT(disk_is("/dev/vg/guest-volume,raw,hda,rw", &volume));
	EXPECT(disk_is("format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume", &volume));
	EXPECT(disk_is("raw:/dev/vg/guest-volume,hda,w", &volume));
	EXPECT(disk_is("/root/image.iso,,hdc,cdrom", &image));
	EXPECT(disk_is("/root/image.iso,,hdc,,cdrom", &image));
	EXPECT(disk_is("file:/root/image.iso,hdc:cdrom,r", &image));
	image.format = "raw";
	EXPECT(disk_is("/root/image.iso,raw,hdc,devtype=cdrom", &image));
	EXPECT(disk_is("format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso",
		       &image));
	EXPECT(disk_is("raw:/root/image.iso,hdc:cdrom,ro", &image));
	EXPECT(disk_is(",hdc:cdrom,r", &empty) && disk_is("vdev=hdc,cdrom", &empty));
	EXPECT(disk_is("vdev=xvda,target=/a,b c.img", &comma));
	EXPECT(disk_is("/dev/vg/x,,xvdb,backendtype=phy,no-discard,direct-io-safe", &slow));
	EXPECT(disk_is("vdev=xvda,target=nbd://host/x", &nbd));
	nbd = (struct guest_disk_config){
		.target = "xvda", .source = "/q", .format = "qcow2", .shareable = true};
	EXPECT(disk_is("tap:qcow2:/q,xvda,w!", &nbd) && disk_is("/q,qcow2,xvda,w!", &nbd));
}

static void test_wrong_disks(void)
{
	struct config_result result;

	read_xl(&result, HEAD "disk = [ '/a,raw,xvda,w,extra', '/b,,xvdb,script=x',\n"
			      "'/c,,xvdc,fromat=raw', '/d,vhd,xvdd', '/e,,', '/f,,xvda',\n"
			      "'/g,,xvdg,q', 'drbd:x,xvdh,w', '/i,,xvdi,backend=other' ]\n");
	EXPECT_ERROR(&result, 4, 25, "one too many");
	EXPECT_ERROR(&result, 4, 43, "script is not supported");
	EXPECT_ERROR(&result, 5, 11, "did you mean format?");
	EXPECT_ERROR(&result, 5, 24, "\"vhd\" is not served");
	EXPECT_ERROR(&result, 5, 39, "needs a name");
	EXPECT_ERROR(&result, 5, 47, "another disk called xvda");
	EXPECT_ERROR(&result, 6, 11, "access is");
	EXPECT_ERROR(&result, 6, 16, "no scripts are run");
	EXPECT_ERROR(&result, 6, 42, "dom0 serves");
	result_free(&result);
}

static void test_networks(void)
{
	struct config_result result;
	const struct guest_network_config *network;

	read_xl(&result,
		HEAD "vif = [ '', 'mac=00:16:3e:00:00:01, bridge=xenbr0 ,rate=1MB/s@20ms',\n"
		     "'ip=10.0.0.1 2000::1,script=vif-bridge,vifname=web,mtu=9000,devid=2',\n"
		     "'rate=10Mb/s,model=e1000,trusted']");
	EXPECT_EQUAL(result.error, 0);
	EXPECT_WARNING(&result, 4, 62, "the interval @20ms is ignored");
	EXPECT_WARNING(&result, 6, 14, "is ignored");
	if (result.config && result.config->network_count == 4) {
		network = result.config->networks;
		EXPECT(!network[0].mac_given && network[0].mac[2] == 0x3e && !network[0].bridge);
		EXPECT(text_is(guest_network_name(&network[0]), "default") &&
		       !guest_network_name(&network[1]));
		EXPECT(network[1].mac_given && network[1].mac[5] == 1 &&
		       text_is(network[1].bridge, "xenbr0"));
		EXPECT_EQUAL(network[1].bytes_per_second_limit, 977 << 10);
		EXPECT(text_is(network[2].address, "10.0.0.1 2000::1") &&
		       text_is(network[2].device, "web") && network[2].mtu == 9000);
		EXPECT_EQUAL(network[3].bytes_per_second_limit, 1221 << 10);
	} else {
		EXPECT(!"four networks");
	}
	result_free(&result);
	read_xl(&result,
		HEAD "vif = [ 'mac=1:2', 'brigde=x', 'rate=fast', 'devid=7', 'mtu=x',\n"
		     "'backend=other', 'mac=01:00:00:00:00:00', 'bridge=much-too-long-name',\n"
		     "'script=vif-route', 'bridge=x,untrusted', 'rate=1Mb/s@20', 'rate=1Mb/s@x' ]");
	EXPECT_ERROR(&result, 4, 14, "is no mac");
	EXPECT_ERROR(&result, 4, 21, "did you mean bridge?");
	EXPECT_ERROR(&result, 4, 38, "is no rate");
	EXPECT_ERROR(&result, 4, 52, "numbered as they stand");
	EXPECT_ERROR(&result, 4, 61, "no whole number");
	EXPECT_ERROR(&result, 5, 2, "dom0 serves");
	EXPECT_ERROR(&result, 5, 18, "even in its first byte");
	EXPECT_ERROR(&result, 5, 43, "network interface's name");
	EXPECT_ERROR(&result, 6, 1, "enso network define NAME --no-nat");
	EXPECT_ERROR(&result, 6, 31, "xen_netfront.trusted=0");
	EXPECT_ERROR(&result, 6, 49, "is no rate");
	EXPECT_ERROR(&result, 6, 66, "is no rate");
	result_free(&result);
}

static int write_without_losses(const struct guest_config *config, FILE *out,
				struct failure *failure)
{
	struct diagnostics lost;
	int error;

	diagnostics_init(&lost);
	error = xlcfg_write(config, out, &lost, failure);
	EXPECT_EQUAL(lost.errors + lost.warnings, 0);
	diagnostics_free(&lost);
	return error;
}

static void test_written_and_read(void)
{
	struct config_result result;

	read_xl(&result,
		HEAD "vcpus=2\nmaxvcpus=4\ncpus=['1','all','2-3']\ncap=50\nmaxmem=1024\n"
		     "extra='quote\" back\\\\slash \\t end'\nrtc_timeoffset=-5\n"
		     "on_crash='preserve'\nmax_grant_frames=32\nuuid='"
		     "45b60f51-88a9-47a8-a3b3-5e66d71b2283'\n"
		     "disk=['/dev/x,,xvda','/y,qcow2,xvdb,r,no-discard',',hdc:cdrom,r',\n"
		     "'vdev=xvdd,target=/with, comma']\n"
		     "vif=['mac=00:16:3e:00:00:01,bridge=br0,ip=10.0.0.1,rate=1024B/s,mtu=1400']");
	EXPECT_EQUAL(result.error, 0);
	if (result.config) {
		expect_same_again(write_without_losses, xlcfg_read_memory, result.config);
		expect_same_again(domxml_write, domxml_read_memory, result.config);
		expect_same_again(json_write, json_read_memory, result.config);
	}
	result_free(&result);
}

static void test_losses_are_named(void)
{
	struct guest_config *config = guest_config_new();
	struct guest_disk_config *disk = guest_config_add_disk(config);
	struct guest_network_config *network = guest_config_add_network(config);
	struct failure failure = {0};
	struct diagnostics lost;
	FILE *out = fopen("/dev/null", "w");

	diagnostics_init(&lost);
	config->title = strdup("title");
	config->description = strdup("description");
	config->memory_kib = 70004;
	config->memory_max_kib = 80 << 10;
	disk->target = strdup("xvda");
	disk->iops_limit = 5;
	disk->sector_bytes = 4096;
	network->network = strdup("backs");
	network->vlan = 5;
	EXPECT_EQUAL(xlcfg_write(config, out, &lost, &failure), 0);
	EXPECT_EQUAL(lost.errors, 0);
	EXPECT_EQUAL(lost.warnings, 7);
	diagnostics_free(&lost);
	fclose(out);
	out = fopen("/dev/full", "w");
	EXPECT_EQUAL(xlcfg_write(config, out, NULL, &failure), -5);
	fclose(out);
	guest_config_free(config);
}

int main(void)
{
	RUN(test_small_guest);
	RUN(test_every_key);
	RUN(test_cpus_of_all);
	RUN(test_syntax_errors);
	RUN(test_adding);
	RUN(test_strings);
	RUN(test_unknown_and_refused);
	RUN(test_wrong_values);
	RUN(test_disks);
	RUN(test_wrong_disks);
	RUN(test_networks);
	RUN(test_written_and_read);
	RUN(test_losses_are_named);
	return check_result();
}
