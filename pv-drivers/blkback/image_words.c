/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/image_words.c - image_words.h says what it is for. */
#include "pv-drivers/blkback/image_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool quote(char quoted[IMAGE_WORD], const char *text)
{
	size_t length = 0;

	for (; *text; text++) {
		if (length + 3 > IMAGE_WORD)
			return false;
		if (*text == ',')
			quoted[length++] = ',';
		quoted[length++] = *text;
	}
	quoted[length] = 0;
	return true;
}

__attribute__((format(printf, 2, 3))) static bool print(char word[IMAGE_WORD], const char *format,
							...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(word, IMAGE_WORD, format, arguments);
	va_end(arguments);
	return length >= 0 && length < IMAGE_WORD;
}

/*
 * What a format keeps in memory would go with the daemon: each write is on the medium
 * before it is answered.  An NBD server that answered keeps what it was given.
 */
static bool print_export(struct image_words *words, bool read_only, bool forgets)
{
	return print(words->export,
		     "type=fuse,id=disk,node-name=disk,mountpoint=" IMAGE_EXPORT
		     ",writable=%s,writethrough=%s",
		     read_only ? "off" : "on", forgets && !read_only ? "on" : "off");
}

bool image_words_of_file(struct image_words *words, const char *path, bool is_block,
			 const char *format, bool read_only)
{
	const char *mode = read_only ? "on" : "off";
	char name[IMAGE_WORD];

	return quote(name, path) &&
	       print(words->file, "driver=%s,node-name=file,filename=%s,discard=unmap,read-only=%s",
		     is_block ? "host_device" : "file", name, mode) &&
	       print(words->node, "driver=%s,node-name=disk,file=file,discard=unmap,read-only=%s",
		     format, mode) &&
	       print_export(words, read_only, true);
}

bool image_words_of_nbd(struct image_words *words, const struct nbd_address *nbd, bool read_only)
{
	char place[IMAGE_WORD], name[IMAGE_WORD], server[IMAGE_WORD];
	bool fits = quote(place, nbd->local ? nbd->socket : nbd->host) && quote(name, nbd->name);

	words->file[0] = 0;
	if (nbd->local)
		fits = fits && print(server, "server.type=unix,server.path=%s", place);
	else
		fits = fits && print(server, "server.type=inet,server.host=%s,server.port=%s",
				     place, *nbd->port ? nbd->port : "10809");
	return fits &&
	       print(words->node,
		     "driver=nbd,node-name=disk,%s,export=%s,reconnect-delay=%d,discard=unmap,"
		     "read-only=%s",
		     server, name, IMAGE_RECONNECT_SECONDS, read_only ? "on" : "off") &&
	       print_export(words, read_only, false);
}
