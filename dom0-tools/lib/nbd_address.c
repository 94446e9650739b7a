/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/nbd_address.c - nbd_address.h says what it is for. */
#include "dom0-tools/lib/nbd_address.h"

#include <string.h>

#include "dom0-tools/lib/text.h"

/* Takes characters up to one of `ends` into a field; false: none fit, or odd ones. */
static bool take_part(const char **text, const char *ends, char *part, size_t room)
{
	size_t length = strcspn(*text, ends);

	if (length >= room)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)(*text)[i] <= ' ' || strchr("\x7f?#&%\"<>", (*text)[i]))
			return false;
	memcpy(part, *text, length);
	part[length] = 0;
	*text += length;
	return true;
}

bool nbd_address_parse(const char *address, struct nbd_address *nbd)
{
	static const char local[] = "nbd+unix:///", remote[] = "nbd://", socket[] = "?socket=";
	uint64_t port;
	bool bracket;

	memset(nbd, 0, sizeof(*nbd));
	if (strncmp(address, local, sizeof(local) - 1) == 0) {
		nbd->local = true;
		address += sizeof(local) - 1;
		if (!take_part(&address, "?", nbd->name, sizeof(nbd->name)) ||
		    strncmp(address, socket, sizeof(socket) - 1) != 0)
			return false;
		address += sizeof(socket) - 1;
		return *address == '/' && take_part(&address, "", nbd->socket, sizeof(nbd->socket));
	}
	if (strncmp(address, remote, sizeof(remote) - 1) != 0)
		return false;
	address += sizeof(remote) - 1;
	bracket = *address == '[';
	address += bracket;
	if (!take_part(&address, bracket ? "]" : ":/", nbd->host, sizeof(nbd->host)) ||
	    !nbd->host[0] || (bracket && *address++ != ']'))
		return false;
	if (*address == ':') {
		address++;
		if (!take_part(&address, "/", nbd->port, sizeof(nbd->port)) ||
		    !text_parse_number(nbd->port, 1, 65535, &port))
			return false;
	}
	return !*address ||
	       (*address++ == '/' && take_part(&address, "", nbd->name, sizeof(nbd->name)));
}
