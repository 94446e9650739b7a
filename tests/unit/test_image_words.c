// needs: pv-drivers/blkback/image_words.c dom0-tools/lib/nbd_address.c
// needs: dom0-tools/lib/text.c
/* SPDX-License-Identifier: MIT */
/* What an image's daemon is told: names stay names, whatever is in them. */
#include "pv-drivers/blkback/image_words.h"

#include <string.h>

#include "tests/unit/check.h"

static struct image_words words;

static void test_files(void)
{
	EXPECT(image_words_of_file(&words, "/a.qcow2", false, "qcow2", false));
	EXPECT(!strcmp(words.file, "driver=file,node-name=file,filename=/a.qcow2,discard=unmap,"
				   "read-only=off"));
	EXPECT(!strcmp(words.node, "driver=qcow2,node-name=disk,file=file,discard=unmap,"
				   "read-only=off"));
	EXPECT(strstr(words.export, ",writable=on,writethrough=on"));
	EXPECT(image_words_of_file(&words, "/dev/dm-1", true, "vhdx", true));
	EXPECT(strstr(words.file, "driver=host_device,") && strstr(words.file, "read-only=on"));
	EXPECT(strstr(words.node, "driver=vhdx,") && strstr(words.node, "read-only=on"));
	EXPECT(strstr(words.export, ",writable=off,writethrough=off"));
}

/* A comma would begin another option, as one of other files. */
static void test_commas(void)
{
	static char path[PATH_MAX];
	struct nbd_address nbd;

	EXPECT(image_words_of_file(&words, "/a,filename=/etc/shadow", false, "qcow2", false));
	EXPECT(strstr(words.file, "filename=/a,,filename=/etc/shadow,discard"));
	EXPECT(nbd_address_parse("nbd://h/a,b", &nbd) && image_words_of_nbd(&words, &nbd, false));
	EXPECT(strstr(words.node, "export=a,,b,reconnect"));
	/* As long as a path can be. */
	memset(path, ',', sizeof(path) - 1);
	EXPECT(image_words_of_file(&words, path, false, "qcow2", false));
	EXPECT(strlen(words.file) > 2 * strlen(path));
}

static void test_nbd(void)
{
	struct nbd_address nbd;

	EXPECT(nbd_address_parse("nbd://host/disk", &nbd) &&
	       image_words_of_nbd(&words, &nbd, true));
	EXPECT(!*words.file);
	EXPECT(strstr(words.node,
		      "server.type=inet,server.host=host,server.port=10809,export=disk"));
	EXPECT(strstr(words.node, "read-only=on") && strstr(words.export, "writable=off"));
	EXPECT(nbd_address_parse("nbd://[2000::1]:9/", &nbd) &&
	       image_words_of_nbd(&words, &nbd, false));
	EXPECT(strstr(words.node, "server.host=2000::1,server.port=9,export=,"));
	EXPECT(nbd_address_parse("nbd+unix:///d?socket=/run/s", &nbd) &&
	       image_words_of_nbd(&words, &nbd, false));
	EXPECT(strstr(words.node, "server.type=unix,server.path=/run/s,export=d,"));
	EXPECT(strstr(words.export, ",writable=on,writethrough=off"));
}

int main(void)
{
	RUN(test_files);
	RUN(test_commas);
	RUN(test_nbd);
	return check_result();
}
