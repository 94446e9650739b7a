/* SPDX-License-Identifier: MIT */
/* pv-drivers/common/guest.c - guest.h says what it is for. */
#include "pv-drivers/common/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xentoollog.h>

#define PIECES_MOST 64 /* of one call to the kernel */

struct guest {
	uint16_t domid;
	xentoollog_logger_stdiostream *logger;
	xengnttab_handle *grants;
	xenevtchn_handle *events;
};

int guest_open(struct guest **opened, uint16_t domid)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int descriptor;

	if (!guest)
		return -ENOMEM;
	guest->domid = domid;
	/* A guest that grants nonsense is no news: what it does with it is said by who asked. */
	guest->logger = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	guest->grants = xengnttab_open((xentoollog_logger *)guest->logger, 0);
	guest->events = xenevtchn_open((xentoollog_logger *)guest->logger, 0);
	/* No other guest's ports, for whoever takes this process over. */
	if (!guest->grants || !guest->events || xenevtchn_restrict(guest->events, domid) != 0)
		goto fail;
	/* Taking an event never waits: poll tells when there is one. */
	descriptor = xenevtchn_fd(guest->events);
	if (fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0)
		goto fail;
	*opened = guest;
	return 0;
fail:
	if (guest->grants)
		xengnttab_close(guest->grants);
	if (guest->events)
		xenevtchn_close(guest->events);
	xtl_logger_destroy((xentoollog_logger *)guest->logger);
	free(guest);
	return -ENODEV;
}

void *guest_map(struct guest *guest, const uint32_t *grants, uint32_t count)
{
	uint32_t refs[GUEST_MAP_MOST];

	if (count > GUEST_MAP_MOST)
		return NULL;
	memcpy(refs, grants, count * sizeof(refs[0]));
	return xengnttab_map_domain_grant_refs(guest->grants, count, guest->domid, refs,
					       PROT_READ | PROT_WRITE);
}

void guest_unmap(struct guest *guest, void *pages, uint32_t count)
{
	(void)!xengnttab_unmap(guest->grants, pages, count);
}

static int copy_some(struct guest *guest, enum guest_direction direction,
		     const struct guest_piece *pieces, uint32_t count)
{
	xengnttab_grant_copy_segment_t copies[PIECES_MOST];

	memset(copies, 0, count * sizeof(copies[0]));
	for (uint32_t i = 0; i < count; i++) {
		xengnttab_grant_copy_segment_t *copy = &copies[i];
		bool in = direction == GUEST_READ;

		copy->len = pieces[i].bytes;
		copy->flags = in ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
		if (in)
			copy->dest.virt = pieces[i].memory;
		else
			copy->source.virt = pieces[i].memory;
		(in ? &copy->source : &copy->dest)->foreign.ref = pieces[i].grant;
		(in ? &copy->source : &copy->dest)->foreign.offset = pieces[i].offset;
		(in ? &copy->source : &copy->dest)->foreign.domid = guest->domid;
	}
	if (xengnttab_grant_copy(guest->grants, count, copies) != 0)
		return -errno;
	for (uint32_t i = 0; i < count; i++)
		if (copies[i].status != GNTST_okay)
			return -EFAULT;
	return 0;
}

int guest_copy(struct guest *guest, enum guest_direction direction,
	       const struct guest_piece *pieces, uint32_t count)
{
	int result = 0;

	for (uint32_t i = 0; !result && i < count; i += PIECES_MOST)
		result = copy_some(guest, direction, pieces + i,
				   count - i < PIECES_MOST ? count - i : PIECES_MOST);
	return result;
}

int guest_bind(struct guest *guest, uint32_t port)
{
	int bound = xenevtchn_bind_interdomain(guest->events, guest->domid, port);

	return bound < 0 ? -errno : bound;
}

void guest_unbind(struct guest *guest, int port)
{
	(void)!xenevtchn_unbind(guest->events, (evtchn_port_t)port);
}

void guest_notify(struct guest *guest, int port)
{
	(void)!xenevtchn_notify(guest->events, (evtchn_port_t)port);
}

int guest_events(struct guest *guest)
{
	return xenevtchn_fd(guest->events);
}

int guest_next_event(struct guest *guest)
{
	return xenevtchn_pending(guest->events);
}

void guest_unmask(struct guest *guest, int port)
{
	(void)!xenevtchn_unmask(guest->events, (evtchn_port_t)port);
}
