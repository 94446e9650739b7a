/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/load.c - load.h says what it is for. */
#include "dom0-tools/builder/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/lib/files.h"
#include "dom0-tools/lib/memory.h"

#define LARGE_ORDER  9
#define LARGE_PAGES  (1ul << LARGE_ORDER)
#define WINDOW_PAGES 16384ul /* mapped at a time: 64 MiB */
#define SMALL_BATCH  65536ul /* pages between two looks at the progress */
#define LARGE_BATCH  512ul

#define LEGACY_VCPUS 32 /* vcpu_info[] in shared_info */

static int not_enough(struct guest_memory *memory, uint64_t got, struct failure *failure)
{
	char object[32];

	snprintf(object, sizeof(object), "domain %u", memory->domid);
	return failure_set(failure, ENOMEM, object, "destroy or shrink a guest, or ask for less",
			   "of %llu MiB the host could give only %llu",
			   (unsigned long long)memory->plan->nr_pages >> 8,
			   (unsigned long long)got >> 8);
}

/* As many extents of 512 pages as there are, from pfn 0; how many pages they were. */
static int populate_large(struct guest_memory *memory, uint64_t *pages, struct failure *failure)
{
	uint64_t wanted = memory->plan->nr_pages >> LARGE_ORDER;
	xen_pfn_t *frames = calloc(wanted + 1, sizeof(*frames));
	uint64_t got = 0;
	size_t done = 1;
	int result = 0;

	if (!frames)
		return failure_set(failure, ENOMEM, "dom0", NULL, "out of memory");
	for (uint64_t i = 0; i < wanted; i++)
		frames[i] = i << LARGE_ORDER;
	while (result == 0 && done && got < wanted) {
		result = memory_populate(memory->hypervisor, memory->domid, LARGE_ORDER,
					 frames + got, MIN(wanted - got, LARGE_BATCH), &done,
					 failure);
		got += done;
		progress_update(memory->progress, got << LARGE_ORDER);
	}
	for (uint64_t i = 0; i < got << LARGE_ORDER; i++)
		memory->p2m[i] = frames[i >> LARGE_ORDER] + (i & (LARGE_PAGES - 1));
	free(frames);
	*pages = got << LARGE_ORDER;
	return result;
}

int guest_memory_populate(struct guest_memory *memory, struct failure *failure)
{
	uint64_t nr_pages = memory->plan->nr_pages, got = 0;
	size_t done = 1;
	int result;

	memory->p2m = calloc(nr_pages, sizeof(*memory->p2m));
	if (!memory->p2m)
		return failure_set(failure, ENOMEM, "dom0", "free memory in dom0", "out of memory");
	progress_begin(memory->progress, "getting memory", nr_pages);
	result = populate_large(memory, &got, failure);
	for (uint64_t pfn = got; pfn < nr_pages; pfn++)
		memory->p2m[pfn] = pfn;
	while (result == 0 && done && got < nr_pages) {
		result = memory_populate(memory->hypervisor, memory->domid, 0, memory->p2m + got,
					 MIN(nr_pages - got, SMALL_BATCH), &done, failure);
		got += done;
		progress_update(memory->progress, got);
	}
	progress_end(memory->progress);
	if (result)
		return result;
	return got == nr_pages ? 0 : not_enough(memory, got, failure);
}

static int map_pages(struct guest_memory *memory, struct pfn_range pages, void **at,
		     struct failure *failure)
{
	return memory_map(memory->hypervisor, memory->domid, memory->p2m + pages.first, pages.count,
			  true, at, failure);
}

/* Where some bytes of a file go; behind file_bytes come zeroes. */
struct piece {
	uint64_t physical, memory_bytes;
	uint64_t file_offset, file_bytes;
	int file;
	const char *path;
};

/* The part of a piece that lies in the window mapped at `at`. */
static int load_part(const struct piece *piece, struct pfn_range window, char *at,
		     struct failure *failure)
{
	uint64_t start = window.first << PAGE_SHIFT;
	uint64_t end = (window.first + window.count) << PAGE_SHIFT;
	uint64_t from = MAX(start, piece->physical);
	uint64_t middle = piece->physical + piece->file_bytes;
	uint64_t to = MIN(end, piece->physical + piece->memory_bytes);
	int result = 0;

	middle = MIN(MAX(middle, from), to);
	if (middle > from)
		result = files_read_all_at(piece->file, at + (from - start), middle - from,
					   piece->file_offset + (from - piece->physical));
	memset(at + (middle - start), 0, to - middle);
	if (result)
		failure_set(failure, -result, piece->path, "see that nobody changes it meanwhile",
			    "cannot read it: %s", strerror(-result));
	return result;
}

/* Maps the piece's pages, one window after the other, and fills them. */
static int load_piece(struct guest_memory *memory, const struct piece *piece,
		      struct failure *failure)
{
	uint64_t end = (piece->physical + piece->memory_bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int result = 0;

	for (uint64_t pfn = piece->physical >> PAGE_SHIFT; result == 0 && pfn < end;
	     pfn += WINDOW_PAGES) {
		struct pfn_range window = {pfn, MIN(end - pfn, WINDOW_PAGES)};
		void *at;

		result = map_pages(memory, window, &at, failure);
		if (result == 0)
			result = load_part(piece, window, at, failure);
		memory_unmap(memory->hypervisor, at, window.count);
		memory->loaded += window.count;
		progress_update(memory->progress, memory->loaded);
	}
	return result;
}

/*
 * Loads only what is no hole in the file: the guest's pages are zero already.  A
 * file system that knows no holes says that all is data.
 */
static int load_data(struct guest_memory *memory, const struct piece *piece,
		     struct failure *failure)
{
	uint64_t at = piece->file_offset, end = piece->file_offset + piece->file_bytes;
	int result = 0;

	while (result == 0 && at < end) {
		off_t data = lseek(piece->file, at, SEEK_DATA);
		off_t hole = data < 0 ? -1 : lseek(piece->file, data, SEEK_HOLE);
		struct piece extent = *piece;

		if (data < 0 && errno == ENXIO)
			return 0; /* nothing but hole to the end */
		if (data < 0 || hole < 0)
			return load_piece(memory, piece, failure);
		if ((uint64_t)data >= end)
			return 0;
		extent.physical += data - piece->file_offset;
		extent.file_offset = data;
		extent.file_bytes = MIN((uint64_t)hole, end) - data;
		extent.memory_bytes = extent.file_bytes;
		result = load_piece(memory, &extent, failure);
		at = hole;
	}
	return result;
}

int guest_memory_load_kernel(struct guest_memory *memory, const struct kernel_image *kernel,
			     int file, const char *path, struct failure *failure)
{
	int result = 0;

	memory->loaded = 0;
	progress_begin(memory->progress, "loading the kernel", memory->plan->kernel.count);
	for (uint32_t i = 0; result == 0 && i < kernel->nr_segments; i++) {
		const struct kernel_segment *segment = &kernel->segments[i];
		const struct piece piece = {segment->physical,
					    segment->memory_bytes,
					    segment->file_offset,
					    segment->file_bytes,
					    file,
					    path};

		result = memory->is_zero ? load_data(memory, &piece, failure)
					 : load_piece(memory, &piece, failure);
	}
	progress_end(memory->progress);
	return result;
}

int guest_memory_load_ramdisk(struct guest_memory *memory, int file, const char *path,
			      struct failure *failure)
{
	struct pfn_range pages = memory->plan->ramdisk;
	const struct piece piece = {pages.first << PAGE_SHIFT,
				    pages.count << PAGE_SHIFT,
				    0,
				    memory->plan->mod_bytes,
				    file,
				    path};
	int result;

	memory->loaded = 0;
	progress_begin(memory->progress, "loading the ramdisk", pages.count);
	result = load_piece(memory, &piece, failure);
	progress_end(memory->progress);
	return result;
}

static int write_boot_pages(struct guest_memory *memory, const struct guest_ports *ports,
			    const char *command_line, struct failure *failure)
{
	const struct pv_plan *plan = memory->plan;
	uint64_t first = plan->boot_pages.first;
	void *mapped;
	char *at;
	int result = map_pages(memory, plan->boot_pages, &mapped, failure);

	if (result)
		return result;
	at = mapped;
	memset(at, 0, (plan->tables.first - first) << PAGE_SHIFT);
	guest_tables_start_info(plan, memory->p2m, ports, command_line, mapped);
	guest_tables_fill_boot(plan, memory->p2m,
			       (uint64_t *)(at + ((plan->tables.first - first) << PAGE_SHIFT)));
	memory_unmap(memory->hypervisor, mapped, plan->boot_pages.count);
	return 0;
}

/* The p2m and, behind it, the tables that map it, if they are apart. */
static int write_p2m(struct guest_memory *memory, struct failure *failure)
{
	const struct pv_plan *plan = memory->plan;
	struct pfn_range pages = {plan->p2m.first, plan->p2m.count + plan->p2m_tables.count};
	size_t bytes = plan->nr_pages * sizeof(xen_pfn_t), room = plan->p2m.count << PAGE_SHIFT;
	void *mapped;
	char *at;
	int result = map_pages(memory, pages, &mapped, failure);

	if (result)
		return result;
	at = mapped;
	memcpy(at, memory->p2m, bytes);
	memset(at + bytes, 0xff, room - bytes); /* no page */
	guest_tables_fill_p2m(plan, memory->p2m, (uint64_t *)(at + room));
	memory_unmap(memory->hypervisor, mapped, pages.count);
	return 0;
}

static int write_shared_info(struct guest_memory *memory, uint64_t frame, struct failure *failure)
{
	xen_pfn_t frames[] = {frame};
	void *mapped;
	struct shared_info *shared;
	int result =
		memory_map(memory->hypervisor, memory->domid, frames, 1, true, &mapped, failure);

	if (result)
		return result;
	/* The rest is zero or the hypervisor's: its clock is in there already. */
	shared = mapped;
	for (int i = 0; i < LEGACY_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
	memory_unmap(memory->hypervisor, mapped, 1);
	return 0;
}

int guest_memory_write_tables(struct guest_memory *memory, const struct guest_ports *ports,
			      const char *command_line, struct failure *failure)
{
	int result = write_boot_pages(memory, ports, command_line, failure);

	if (result == 0)
		result = write_p2m(memory, failure);
	if (result == 0)
		result = write_shared_info(memory, ports->shared_info_frame, failure);
	return result;
}
