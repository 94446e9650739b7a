/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/multiboot.c - multiboot 1 (QEMU's -kernel, GRUB) and
 * multiboot 2 (GRUB on BIOS and EFI).  All addresses are below 4 GiB and
 * mapped where they are by boot.S.
 */
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"

#define MULTIBOOT1_LOADED 0x2badb002
#define MULTIBOOT2_LOADED 0x36d76289
#define BOOT_MAPPED_END	  (1ull << 32) /* boot.S */

struct boot_info boot_info;

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = 0;
}

static const void *low(uint64_t address)
{
	return (const void *)address;
}

static struct e820_entry raw_map[E820_MAX] BOOT_ONLY;
static uint32_t raw_count;

static void e820_add(uint64_t start, uint64_t bytes, uint32_t type)
{
	if (raw_count < E820_MAX)
		raw_map[raw_count++] = (struct e820_entry){start, bytes, type};
}

static void module_add(uint64_t start, uint64_t end, const char *text)
{
	struct boot_module *module;

	if (boot_info.module_count == BOOT_MODULES_MAX || end < start)
		return;
	module = &boot_info.modules[boot_info.module_count++];
	module->start = maddr(start);
	module->end = maddr(end);
	copy_text(module->text, sizeof(module->text), text);
}

/* Multiboot 1: one structure of offsets.  Specification 0.6.96, 3.3. */
struct multiboot1 {
	uint32_t flags, memory_lower, memory_upper, boot_device, command_line;
	uint32_t module_count, modules, symbols[4], map_bytes, map;
	uint32_t drives_bytes, drives, config, loader;
};

struct multiboot1_module {
	uint32_t start, end, text, reserved;
};

struct multiboot1_map {
	uint32_t size; /* of the rest */
	uint64_t start, bytes;
	uint32_t type;
} __attribute__((packed));

/* QEMU puts the image's name there, as it was given. */
static void drop_first_word(char *text)
{
	const char *rest = strchr(text, ' ');

	if (rest)
		memmove(text, rest + 1, strlen(rest + 1) + 1);
	else
		text[0] = 0;
}

static void read_multiboot1(const struct multiboot1 *info)
{
	const struct multiboot1_module *modules = low(info->modules);

	if (info->flags & (1u << 2))
		copy_text(boot_info.command_line, BOOT_TEXT_MAX, low(info->command_line));
	if (info->flags & (1u << 9))
		copy_text(boot_info.loader, sizeof(boot_info.loader), low(info->loader));
	if (!strcmp(boot_info.loader, "qemu"))
		drop_first_word(boot_info.command_line);
	if (info->flags & (1u << 3))
		for (uint32_t i = 0; i < info->module_count; i++)
			module_add(modules[i].start, modules[i].end,
				   modules[i].text ? low(modules[i].text) : "");
	if (!(info->flags & (1u << 6)))
		return;
	for (uint32_t at = 0; at + sizeof(struct multiboot1_map) <= info->map_bytes;) {
		const struct multiboot1_map *entry = low((uint64_t)info->map + at);

		e820_add(entry->start, entry->bytes, entry->type);
		at += entry->size + 4;
	}
}

/* Multiboot 2: a list of tags.  Specification 2.0, 3.6. */
struct tag {
	uint32_t type, bytes;
};

enum {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_LOADER = 2,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_EFI64 = 12,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
};

struct tag_module {
	struct tag tag;
	uint32_t start, end;
	char text[];
};

struct tag_map {
	struct tag tag;
	uint32_t entry_bytes, version;
};

struct tag_map_entry {
	uint64_t start, bytes;
	uint32_t type, reserved;
};

struct tag_framebuffer {
	struct tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type;
	uint16_t reserved;
	uint8_t colours[6];
};

static void read_map_tag(const struct tag_map *map)
{
	for (uint32_t at = sizeof(*map); at + sizeof(struct tag_map_entry) <= map->tag.bytes;
	     at += map->entry_bytes) {
		const struct tag_map_entry *entry = (const void *)((const char *)map + at);

		e820_add(entry->start, entry->bytes, entry->type);
	}
}

static void read_framebuffer_tag(const struct tag_framebuffer *tag)
{
	boot_info.framebuffer = (struct boot_framebuffer){
		.address = tag->address,
		.pitch = tag->pitch,
		.width = tag->width,
		.height = tag->height,
		.bits = tag->bits,
		.type = tag->type,
		.red_at = tag->colours[0],
		.red_bits = tag->colours[1],
		.green_at = tag->colours[2],
		.green_bits = tag->colours[3],
		.blue_at = tag->colours[4],
		.blue_bits = tag->colours[5],
	};
}

static void read_tag(const struct tag *tag)
{
	const char *body = (const char *)(tag + 1);
	const struct tag_module *module = (const void *)tag;

	switch (tag->type) {
	case TAG_COMMAND_LINE:
		copy_text(boot_info.command_line, BOOT_TEXT_MAX, body);
		break;
	case TAG_LOADER:
		copy_text(boot_info.loader, sizeof(boot_info.loader), body);
		break;
	case TAG_MODULE:
		module_add(module->start, module->end, module->text);
		break;
	case TAG_MEMORY_MAP:
		read_map_tag((const void *)tag);
		break;
	case TAG_FRAMEBUFFER:
		read_framebuffer_tag((const void *)tag);
		break;
	case TAG_EFI64:
		memcpy(&boot_info.efi_system_table, body, sizeof(uint64_t));
		break;
	case TAG_ACPI_OLD:
		if (boot_info.rsdp[0] == 0)
			memcpy(boot_info.rsdp, body, MIN(tag->bytes - 8, 20u));
		break;
	case TAG_ACPI_NEW:
		memcpy(boot_info.rsdp, body, MIN(tag->bytes - 8, (uint32_t)sizeof(boot_info.rsdp)));
		break;
	default:
		break;
	}
}

static void read_multiboot2(uint64_t information)
{
	uint32_t total = *(const uint32_t *)low(information);

	for (uint64_t at = 8; at + sizeof(struct tag) <= total;) {
		const struct tag *tag = low(information + at);

		if (tag->type == TAG_END || tag->bytes < sizeof(*tag))
			break;
		read_tag(tag);
		at += (tag->bytes + 7) & ~7ull;
	}
}

/* Whole pixels, lines that hold them, and all of it where neither RAM nor tables are. */
static bool framebuffer_is_usable(const struct boot_framebuffer *framebuffer)
{
	uint64_t end = framebuffer->address + (uint64_t)framebuffer->pitch * framebuffer->height;
	uint32_t bytes = framebuffer->bits / 8u;

	if (bytes < 2 || bytes > 4 || framebuffer->pitch / bytes < framebuffer->width ||
	    end < framebuffer->address || end > BOOT_MAPPED_END)
		return false;
	for (uint32_t i = 0; i < boot_info.e820_count; i++) {
		const struct e820_entry *entry = &boot_info.e820[i];

		if (entry->type != E820_RESERVED && entry->start < end &&
		    framebuffer->address < entry->start + entry->bytes)
			return false;
	}
	return framebuffer->address >= (1u << 20);
}

void multiboot_read(uint32_t magic, uint32_t information)
{
	if (magic == MULTIBOOT1_LOADED)
		read_multiboot1(low(information));
	else if (magic == MULTIBOOT2_LOADED)
		read_multiboot2(information);
	else
		boot_fail("the boot loader speaks neither multiboot 1 nor 2 (it said %#x): "
			  "boot Enso with GRUB's multiboot2 command",
			  magic);
	boot_info.e820_count = e820_arrange(raw_map, raw_count, boot_info.e820, E820_MAX);
	if (boot_info.framebuffer.type == FRAMEBUFFER_RGB &&
	    !framebuffer_is_usable(&boot_info.framebuffer))
		boot_info.framebuffer.type = FRAMEBUFFER_NONE;
	if (boot_info.e820_count == 0)
		boot_fail("the boot loader gave no memory map: use GRUB, or another loader that "
			  "does");
}
