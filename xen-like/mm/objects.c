/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/objects.c - objects smaller than a page, by powers of two from
 * 32 bytes to 2 KiB; larger ones are whole pages.
 *
 * A page of objects starts with a header that tells their size, so freeing
 * needs only the address.  Whole-page objects are told apart by alignment: an
 * object inside a page never lies at its start.
 */
#include "xen-like/base/spinlock.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/mm/frame.h"
#include "xen-like/mm/heap.h"

#define SMALLEST_SHIFT 5
#define LARGEST_SHIFT  10
#define CLASS_COUNT    (LARGEST_SHIFT - SMALLEST_SHIFT + 1)

struct free_object {
	struct free_object *next;
};

struct object_page {
	uint64_t class; /* its objects have 2^(SMALLEST_SHIFT + class) bytes */
};

static struct {
	struct spinlock lock;
	struct free_object *free[CLASS_COUNT];
	uint64_t count;
} objects = {.lock = SPINLOCK(RANK_HEAP)};

static unsigned int class_of(size_t bytes)
{
	unsigned int class = 0;

	while (((size_t)1 << (SMALLEST_SHIFT + class)) < bytes)
		class ++;
	return class;
}

static unsigned int order_of(size_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

static void carve_page(struct object_page *page, unsigned int class)
{
	size_t size = (size_t)1 << (SMALLEST_SHIFT + class);

	page->class = class;
	for (size_t at = size; at + size <= PAGE_SIZE; at += size) {
		struct free_object *object = (struct free_object *)((char *)page + at);

		object->next = objects.free[class];
		objects.free[class] = object;
	}
}

static void *alloc_small(size_t bytes)
{
	unsigned int class = class_of(bytes);
	struct free_object *object;

	spin_lock(&objects.lock);
	if (!objects.free[class]) {
		struct object_page *page;

		spin_unlock(&objects.lock);
		page = heap_alloc_pages(0);
		if (!page)
			return NULL;
		spin_lock(&objects.lock);
		carve_page(page, class);
	}
	object = objects.free[class];
	objects.free[class] = object->next;
	objects.count++;
	spin_unlock(&objects.lock);
	memset(object, 0, (size_t)1 << (SMALLEST_SHIFT + class));
	return object;
}

/* A whole-page object's size is remembered in its frame record. */
static void *alloc_large(size_t bytes)
{
	unsigned int order = order_of(bytes);
	void *object = heap_alloc_pages(order);

	if (!object)
		return NULL;
	frame_of(frame_of_mapped(object))->progress = (uint16_t)order;
	fetch_add(&objects.count, 1);
	return object;
}

void *heap_alloc(size_t bytes)
{
	if (bytes > PAGE_SIZE << HEAP_MAX_ORDER)
		return NULL;
	return bytes <= (size_t)1 << LARGEST_SHIFT ? alloc_small(bytes) : alloc_large(bytes);
}

static void free_small(void *object)
{
	struct object_page *page = (struct object_page *)((uint64_t)object & PAGE_MASK);
	struct free_object *freed = object;

	CHECK(page->class < CLASS_COUNT);
	memset(object, 0, (size_t)1 << (SMALLEST_SHIFT + page->class));
	spin_lock(&objects.lock);
	freed->next = objects.free[page->class];
	objects.free[page->class] = freed;
	objects.count--;
	spin_unlock(&objects.lock);
}

void heap_free(void *object)
{
	if (!object)
		return;
	if ((uint64_t)object & ~PAGE_MASK) {
		free_small(object);
		return;
	}
	fetch_sub(&objects.count, 1);
	heap_free_pages(object, frame_of(frame_of_mapped(object))->progress);
}

uint64_t heap_object_count(void)
{
	return read_once(objects.count);
}
