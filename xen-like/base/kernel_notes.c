/* SPDX-License-Identifier: MIT */
/*
 * xen-like/base/kernel_notes.c - a kernel's Xen notes: what it asks of the
 * hypervisor and how it wants to be started.
 */
#include "xen-like/base/kernel_notes.h"
#include "xen-like/base/string.h"

static const struct feature_name {
	const char *name;
	uint8_t bit;
} feature_names[] = {
	{"writable_page_tables", XENFEAT_writable_page_tables},
	{"writable_descriptor_tables", XENFEAT_writable_descriptor_tables},
	{"auto_translated_physmap", XENFEAT_auto_translated_physmap},
	{"supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel},
	{"pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb},
	{"hvm_callback_vector", XENFEAT_hvm_callback_vector},
	{"dom0", XENFEAT_dom0},
};

static bool read_feature(const uint8_t *name, size_t length, struct kernel_image *image)
{
	bool required = length && name[0] == '!';

	name += required;
	length -= required;
	for (size_t i = 0; i < ARRAY_SIZE(feature_names); i++) {
		if (strlen(feature_names[i].name) != length ||
		    memcmp(feature_names[i].name, name, length) != 0)
			continue;
		image->features_supported |= 1u << feature_names[i].bit;
		if (required)
			image->features_required |= 1u << feature_names[i].bit;
		return true;
	}
	return !required;
}

/* "a|b|!c": c is required.  A required stranger is an error, others are not. */
static enum kernel_image_error read_features(struct bytes text, struct kernel_image *image)
{
	size_t from = 0;

	image->features_listed = true;
	for (size_t at = 0; at <= text.count; at++) {
		bool end = at == text.count || text.start[at] == 0;

		if (!end && text.start[at] != '|')
			continue;
		if (!read_feature(text.start + from, at - from, image))
			return KERNEL_IMAGE_FEATURE_UNKNOWN;
		if (end)
			break;
		from = at + 1;
	}
	return KERNEL_IMAGE_OK;
}

/* These texts reach the console: nothing unprintable goes along. */
static void read_text(struct bytes text, char *to)
{
	size_t at = 0;

	while (at < text.count && at < KERNEL_IMAGE_NOTE_TEXT - 1 && text.start[at]) {
		to[at] = text.start[at] >= ' ' && text.start[at] < 0x7f ? text.start[at] : '?';
		at++;
	}
	to[at] = 0;
}

static bool text_starts(struct bytes text, const char *start)
{
	return text.count >= strlen(start) && memcmp(text.start, start, strlen(start)) == 0;
}

/* True when `type` is one of the text notes, and then it is taken. */
static bool take_text_note(struct kernel_image *image, uint32_t type, struct bytes text)
{
	switch (type) {
	case XEN_ELFNOTE_XEN_VERSION:
		read_text(text, image->xen_version);
		return true;
	case XEN_ELFNOTE_GUEST_OS:
		read_text(text, image->guest_os);
		return true;
	case XEN_ELFNOTE_GUEST_VERSION:
		read_text(text, image->guest_version);
		return true;
	case XEN_ELFNOTE_LOADER:
		read_text(text, image->loader);
		return true;
	case XEN_ELFNOTE_PAE_MODE:
		image->extended_cr3 = text_starts(text, "yes") || text_starts(text, "bimodal");
		return true;
	case XEN_ELFNOTE_BSD_SYMTAB:
	case XEN_ELFNOTE_L1_MFN_VALID: /* a pair of words; bit 0 is all we use anyway */
		return true;
	default:
		return false;
	}
}

static void take_number_note(struct note_reader *reader, uint32_t type, uint64_t value)
{
	struct kernel_image *image = reader->image;

	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		image->entry = value;
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		image->virt_base = value;
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		reader->paddr_offset = value;
		break;
	case XEN_ELFNOTE_HV_START_LOW:
		image->hypervisor_low = value;
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		image->hypercall_page = value;
		break;
	case XEN_ELFNOTE_INIT_P2M:
		image->init_p2m = value;
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		image->mod_start_pfn = value != 0;
		break;
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		image->features_listed = true;
		image->features_supported |= (uint32_t)value;
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		image->physical_entry = value;
		break;
	default: /* HYPERCALL_PAGE, SUSPEND_CANCEL: presence is all */
		break;
	}
}

static enum kernel_image_error take_note(struct note_reader *reader, uint32_t type,
					 struct bytes value)
{
	struct kernel_image *image = reader->image;

	/* Notes of newer ABIs are not ours to refuse. */
	if (type > XEN_ELFNOTE_MAX)
		return KERNEL_IMAGE_OK;
	image->notes_present |= 1ull << type;
	if (type == XEN_ELFNOTE_INFO || take_text_note(image, type, value))
		return KERNEL_IMAGE_OK;
	if (type == XEN_ELFNOTE_FEATURES)
		return read_features(value, image);
	if (value.count != 4 && value.count != 8)
		return KERNEL_IMAGE_NOTE_MALFORMED;
	take_number_note(reader, type, little_endian(value.start, value.count));
	return KERNEL_IMAGE_OK;
}

/* One note area: {name bytes, value bytes, type} and both, padded to words. */
enum kernel_image_error kernel_notes_read(struct note_reader *reader, struct bytes notes)
{
	uint64_t at = 0;

	while (notes.count - at >= 12) {
		const uint8_t *header = notes.start + at;
		uint64_t name_bytes = little_endian(header, 4);
		uint64_t value_bytes = little_endian(header + 4, 4);
		uint64_t value_at = at + 12 + ((name_bytes + 3) & ~3ull);
		const uint8_t *value = window(notes, value_at, value_bytes);
		enum kernel_image_error error;

		if (!value)
			return KERNEL_IMAGE_NOTE_MALFORMED;
		if (name_bytes == 4 && memcmp(header + 12, "Xen", 4) == 0) {
			error = take_note(reader, (uint32_t)little_endian(header + 8, 4),
					  (struct bytes){value, value_bytes});
			if (error)
				return error;
		}
		at = value_at + ((value_bytes + 3) & ~3ull);
		if (at > notes.count) /* the last one need not be padded */
			break;
	}
	return KERNEL_IMAGE_OK;
}
