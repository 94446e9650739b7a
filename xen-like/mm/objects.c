/* SPDX-License-Identifier: MIT */
/*
 * xen-like/mm/objects.c - objects smaller than a page, by powers of two from
 * 32 bytes to 2 KiB; larger ones are whole pages.
 *
 * A page of objects starts with a header that tells their size, so freeing
 * needs only the address; with its last object the page goes back to the heap,
 * so that what one operation took is free again after the opposite one.
 * Whole-page objects are told apart by alignment: an object inside a page never
 * lies at its start.
 */
#include "xen-like/base/list.h"
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
	struct list node;	  /* of its class, while it has a free object */
	struct free_object *free; /* NULL: all are in use */
	uint16_t class;		  /* its objects have 2^(SMALLEST_SHIFT + class) bytes */
	uint16_t used;
};

_Static_assert(sizeof(struct object_page) <= 1u << SMALLEST_SHIFT, "in place of one object");

static struct {
	struct spinlock lock;
	struct list pages[CLASS_COUNT]; /* with free objects; all zero before the first */
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

static size_t size_of_class(unsigned int class)
{
	return (size_t)1 << (SMALLEST_SHIFT + class);
}

static struct list *pages_of(unsigned int class)
{
	struct list *pages = &objects.pages[class];

	if (!pages->next)
		list_init(pages);
	return pages;
}

static void carve_page(struct object_page *page, unsigned int class)
{
	size_t size = size_of_class(class);

	*page = (struct object_page){.class = (uint16_t) class};
	for (size_t at = size; at + size <= PAGE_SIZE; at += size) {
		struct free_object *object = (struct free_object *)((char *)page + at);

		object->next = page->free;
		page->free = object;
	}
	list_prepend(pages_of(class), &page->node);
}

static struct free_object *take_object(unsigned int class)
{
	struct object_page *page = list_entry(pages_of(class)->next, struct object_page, node);
	struct free_object *object = page->free;

	page->free = object->next;
	page->used++;
	if (!page->free)
		list_remove(&page->node);
	objects.count++;
	return object;
}

static void *alloc_small(size_t bytes)
{
	unsigned int class = class_of(bytes);
	struct free_object *object;

	spin_lock(&objects.lock);
	if (list_empty(pages_of(class))) {
		struct object_page *page;

		spin_unlock(&objects.lock);
		page = heap_alloc_pages(0);
		if (!page)
			return NULL;
		spin_lock(&objects.lock);
		carve_page(page, class);
	}
	object = take_object(class);
	spin_unlock(&objects.lock);
	memset(object, 0, size_of_class(class));
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
	bool empty;

	CHECK(page->class < CLASS_COUNT && page->used > 0);
	memset(object, 0, size_of_class(page->class));
	spin_lock(&objects.lock);
	freed->next = page->free;
	if (!page->free)
		list_prepend(pages_of(page->class), &page->node);
	page->free = freed;
	empty = --page->used == 0;
	if (empty)
		list_remove(&page->node);
	objects.count--;
	spin_unlock(&objects.lock);
	if (empty)
		heap_free_pages(page, 0);
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
