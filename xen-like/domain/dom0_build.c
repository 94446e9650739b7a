/* SPDX-License-Identifier: MIT */
/*
 * xen-like/domain/dom0_build.c - does what base/pv_plan.c decided: unpack, take
 * memory, copy, write tables, and hand the result to the same checks every
 * guest's tables go through.
 */
#include "xen-like/domain/dom0_build.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/arch/x86/multiboot.h"
#include "xen-like/arch/x86/paging.h"
#include "xen-like/base/decompress.h"
#include "xen-like/base/kernel_image.h"
#include "xen-like/base/string.h"
#include "xen-like/console.h"
#include "xen-like/domain/context.h"
#include "xen-like/domain/dom0_memory.h"
#include "xen-like/domain/dom0_tables.h"
#include "xen-like/domain/domain.h"
#include "xen-like/irq.h"
#include "xen-like/mm/heap.h"
#include "xen-like/mm/page_type.h"
#include "xen-like/options.h"
#include "xen-like/pv/hypercall_page.h"
#include "xen-like/pv/mmu.h"
#include "xen-like/sched/sched.h"

struct build {
	const struct boot_module *kernel_module, *initrd_module;
	const char *command_line;
	const void *elf; /* the kernel, unpacked                     */
	void *unpacked;	 /* its buffer, if there had to be one       */
	unsigned int unpacked_order;
	size_t elf_bytes;
	struct kernel_image image;
	struct dom0_memory memory;
	struct pv_plan plan;
	struct domain *domain;
	uint64_t *p2m; /* a working copy: pfn to mfn               */
	unsigned int p2m_order;
};

static unsigned int order_for(uint64_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

static uint64_t module_bytes(const struct boot_module *module)
{
	return module ? module->end.n - module->start.n : 0;
}

/* 1. The modules, and the kernel's arguments behind its name. */
/*
 * A module's arguments stand behind its name, or the word GRUB's scripts put in
 * its place.  A first word that is an argument beyond doubt is kept.
 */
static const char *arguments_of(const char *text)
{
	const char *end = strchr(text, ' '), *equals = strchr(text, '=');

	if (equals && (!end || equals < end))
		return text;
	while (end && *end == ' ')
		end++;
	return end ? end : "";
}

static void find_modules(struct build *build)
{

	if (boot_info.module_count == 0)
		boot_fail("there is no dom0 kernel: give one as the first module "
			  "(GRUB: module2 /vmlinuz placeholder ARGUMENTS)");
	build->kernel_module = &boot_info.modules[0];
	if (boot_info.module_count > 1)
		build->initrd_module = &boot_info.modules[1];
	build->command_line = arguments_of(build->kernel_module->text);
}

/* 2. The kernel as an ELF. */
static void unpack_kernel(struct build *build)
{
	const void *file = maddr_map(build->kernel_module->start);
	size_t bytes = module_bytes(build->kernel_module);
	unsigned int arena_order;
	struct kernel_payload payload;
	enum kernel_image_error error = kernel_image_payload(file, bytes, &payload);
	enum decompress_result result;
	void *arena;

	if (error != KERNEL_IMAGE_OK)
		boot_fail("the dom0 kernel (module 1, %llu bytes) %s", (unsigned long long)bytes,
			  kernel_image_error_text(error));
	build->elf = (const char *)file + payload.offset;
	build->elf_bytes = payload.bytes;
	if (payload.compression == KERNEL_COMPRESSION_NONE)
		return;

	build->unpacked_order = order_for(payload.unpacked_bytes);
	build->unpacked = heap_alloc_pages(build->unpacked_order);
	arena_order =
		order_for(decompress_arena_bytes(payload.compression, payload.unpacked_bytes));
	arena = heap_alloc_pages(arena_order);
	if (!build->unpacked || !arena)
		boot_fail("there is not enough memory to unpack the dom0 kernel (%llu MiB in one "
			  "piece): give the machine more, or use an uncompressed kernel",
			  (unsigned long long)(PAGE_SIZE << build->unpacked_order) >> 20);
	log_info("dom0 kernel: unpacking %s, %llu KiB to %llu KiB\n",
		 kernel_compression_name(payload.compression),
		 (unsigned long long)payload.bytes >> 10,
		 (unsigned long long)payload.unpacked_bytes >> 10);
	result = decompress_payload(payload.compression, build->elf, payload.bytes, build->unpacked,
				    PAGE_SIZE << build->unpacked_order, &build->elf_bytes, arena,
				    PAGE_SIZE << arena_order);
	if (result != DECOMPRESS_OK)
		boot_fail("the dom0 kernel %s", decompress_result_text(result));
	build->elf = build->unpacked;
	heap_free_pages(arena, arena_order);
}

/* 3. How much memory, and what goes where. */
static void decide_memory(struct build *build)
{
	struct dom0_machine machine = {
		.total_pages = heap_total_count(),
		.free_pages = heap_free_count(),
		.free_low_pages = heap_free_below_4g(),
	};
	struct dom0_mem_option option;
	enum dom0_memory_error error;

	if (!dom0_mem_parse(options.dom0_mem, &option))
		boot_fail("dom0_mem=%s is malformed: write SIZE[,min:SIZE][,max:SIZE], like "
			  "dom0_mem=512M,max:1G",
			  options.dom0_mem);
	error = dom0_memory_decide(&option, &machine, &build->memory);
	if (error)
		boot_fail("%s (dom0_mem=%s, %llu MiB of memory are free)",
			  dom0_memory_error_text(error), options.dom0_mem,
			  (unsigned long long)machine.free_pages >> 8);
	if (build->memory.reduced)
		log_warning("dom0_mem=%s is more than is free: dom0 gets %llu MiB\n",
			    options.dom0_mem, (unsigned long long)build->memory.nr_pages >> 8);
}

static void make_plan(struct build *build)
{
	enum kernel_image_error image_error =
		kernel_image_parse(build->elf, build->elf_bytes, &build->image);
	struct pv_plan_request request = {
		.role = PV_ROLE_DOM0,
		.ramdisk_bytes = module_bytes(build->initrd_module),
		.command_line = build->command_line,
	};
	enum pv_plan_error error;

	if (image_error != KERNEL_IMAGE_OK)
		boot_fail("the dom0 kernel %s", kernel_image_error_text(image_error));
	decide_memory(build);
	request.nr_pages = build->memory.nr_pages;
	error = pv_plan_make(&build->image, &request, &build->plan);
	if (error >= PV_PLAN_KERNEL_TOO_BIG)
		boot_fail("dom0: %s; give a bigger dom0_mem (dom0_mem=%s, %llu MiB of memory are "
			  "free)",
			  pv_plan_error_text(error), options.dom0_mem,
			  (unsigned long long)heap_free_count() >> 8);
	if (error)
		boot_fail("dom0: %s", pv_plan_error_text(error));
}

/* 4. The domain and its memory. */
static uint32_t vcpus_wanted(void)
{
	const char *text = options.dom0_max_vcpus;
	uint64_t low = 0, high = 0;
	bool range = false;

	for (; *text; text++) {
		if (*text == '-' && !range)
			range = true;
		else if (*text >= '0' && *text <= '9' && low < 10000 && high < 10000)
			*(range ? &high : &low) =
				*(range ? &high : &low) * 10 + (uint64_t)(*text - '0');
		else
			boot_fail("dom0_max_vcpus=%s is malformed: write N or MIN-MAX",
				  options.dom0_max_vcpus);
	}
	if (!range)
		high = low ? low : cpu_count;
	if (range)
		high = MAX(low, MIN(high ? high : MAX_VCPUS, cpu_count));
	return (uint32_t)MAX(1ull, MIN(high, (uint64_t)MAX_VCPUS));
}

static void create_domain(struct build *build)
{
	const struct domain_limits limits = {
		.max_vcpus = vcpus_wanted(),
		.max_pages = build->memory.max_pages,
	};
	struct domain *domain = domain_create(0, &limits, (const uint8_t[16]){0});

	if (!domain)
		boot_fail("there is not enough memory to create dom0");
	domain->control = true;
	domain->hardware = true;
	domain->absent_bit = speculation.l1tf_control ? speculation.l1tf_limit : 0;
	domain->pirqs = pirq_table_create(domain);
	if (!domain->pirqs)
		boot_fail("there is not enough memory to create dom0");
	build->domain = domain;
	hardware_domain = domain;
}

static void take_memory(struct build *build)
{
	uint64_t total = build->memory.nr_pages, done = 0;
	unsigned int order = HEAP_MAX_ORDER;

	build->p2m_order = order_for(total * sizeof(uint64_t));
	build->p2m = heap_alloc_pages(build->p2m_order);
	if (!build->p2m)
		boot_fail("there is not enough memory to build dom0");
	while (done < total) {
		mfn_t first;

		while (order > 0 && (1ull << order) > total - done)
			order--;
		if (!heap_alloc_frames(order, 0, &first)) {
			if (order-- == 0)
				boot_fail("memory for dom0 ran out at %llu of %llu MiB: lower "
					  "dom0_mem",
					  (unsigned long long)done >> 8,
					  (unsigned long long)total >> 8);
			continue;
		}
		for (uint64_t i = 0; i < 1ull << order; i++) {
			build->p2m[done + i] = first.n + i;
			m2p_set(mfn_add(first, i), done + i);
		}
		frame_assign(first, order, 0);
		done += 1ull << order;
	}
	CHECK(domain_charge_pages(build->domain, total));
}

/* 5. Contents. */
static void *page_of(const struct build *build, uint64_t pfn)
{
	CHECK(pfn < build->plan.nr_pages);
	return frame_map(mfn(build->p2m[pfn]));
}

static void copy_in(const struct build *build, uint64_t address, const void *from, uint64_t bytes)
{
	const char *source = from;

	while (bytes > 0) {
		uint64_t offset = address & ~PAGE_MASK;
		uint64_t part = MIN(bytes, PAGE_SIZE - offset);

		memcpy((char *)page_of(build, address >> PAGE_SHIFT) + offset, source, part);
		address += part;
		source += part;
		bytes -= part;
	}
}

static void copy_contents(const struct build *build)
{
	const struct pv_plan *plan = &build->plan;

	for (uint32_t i = 0; i < build->image.nr_segments; i++) {
		const struct kernel_segment *segment = &build->image.segments[i];

		copy_in(build, segment->physical, (const char *)build->elf + segment->file_offset,
			segment->file_bytes);
	}
	if (build->initrd_module)
		copy_in(build, plan->ramdisk.first << PAGE_SHIFT,
			maddr_map(build->initrd_module->start), module_bytes(build->initrd_module));
	copy_in(build, plan->p2m.first << PAGE_SHIFT, build->p2m,
		plan->nr_pages * sizeof(uint64_t));
}

/* A kernel may want a page of ready-made calls; most make their own. */
static void write_hypercall_page(const struct build *build)
{
	if (build->plan.has_hypercall_page)
		hypercall_page_fill(page_of(build, build->plan.hypercall_pfn));
}

static void write_tables(const struct build *build, struct pfn_range range)
{
	for (uint64_t pfn = range.first; pfn < range.first + range.count; pfn++) {
		uint64_t *table = page_of(build, pfn);

		for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
			struct dom0_table_entry entry = dom0_table_entry(&build->plan, pfn, i);

			if (entry.present)
				table[i] = pte_make(mfn(build->p2m[entry.pfn]), entry.flags);
		}
	}
}

static void describe_screen(dom0_vga_console_info_t *screen)
{
	const struct boot_framebuffer *framebuffer = &boot_info.framebuffer;

	if (framebuffer->type != FRAMEBUFFER_RGB) {
		screen->video_type = XEN_VGATYPE_TEXT_MODE_3;
		screen->u.text_mode_3.font_height = 16;
		screen->u.text_mode_3.rows = 25;
		screen->u.text_mode_3.columns = 80;
		return;
	}
	screen->video_type =
		boot_info.efi_system_table ? XEN_VGATYPE_EFI_LFB : XEN_VGATYPE_VESA_LFB;
	screen->u.vesa_lfb.width = (uint16_t)framebuffer->width;
	screen->u.vesa_lfb.height = (uint16_t)framebuffer->height;
	screen->u.vesa_lfb.bytes_per_line = (uint16_t)framebuffer->pitch;
	screen->u.vesa_lfb.bits_per_pixel = framebuffer->bits;
	screen->u.vesa_lfb.lfb_base = (uint32_t)framebuffer->address;
	screen->u.vesa_lfb.ext_lfb_base = (uint32_t)(framebuffer->address >> 32);
	screen->u.vesa_lfb.lfb_size =
		(uint32_t)(((uint64_t)framebuffer->pitch * framebuffer->height + 0xffff) >> 16);
	screen->u.vesa_lfb.red_pos = framebuffer->red_at;
	screen->u.vesa_lfb.red_size = framebuffer->red_bits;
	screen->u.vesa_lfb.green_pos = framebuffer->green_at;
	screen->u.vesa_lfb.green_size = framebuffer->green_bits;
	screen->u.vesa_lfb.blue_pos = framebuffer->blue_at;
	screen->u.vesa_lfb.blue_size = framebuffer->blue_bits;
}

static void write_start_info(const struct build *build)
{
	start_info_t *info = page_of(build, build->plan.start_info_pfn);

	dom0_start_info(&build->plan, &build->image, mfn_to_maddr(build->domain->shared_frame),
			build->command_line, info);
	info->console.dom0.info_off = sizeof(*info);
	info->console.dom0.info_size = sizeof(dom0_vga_console_info_t);
	describe_screen((dom0_vga_console_info_t *)(info + 1));
}

/* 6. The first vCPU; its tables are checked like any guest's. */
static void pin_tables(struct domain *domain, mfn_t table)
{
	int rc;

	do {
		struct work_budget budget = WORK_BUDGET;
		struct pages_locked locked = pages_lock(domain);

		rc = mmu_pin(locked, table, FRAME_L4, &budget);
		pages_unlock(locked);
	} while (rc == -XEN_ERESTART);
	if (rc != 0)
		panic("dom0's first page tables are refused: %d", -rc);
}

static void start_vcpu(const struct build *build)
{
	const struct pv_plan *plan = &build->plan;
	struct vcpu *vcpu = build->domain->vcpus[0];
	vcpu_guest_context_t *context = heap_new(vcpu_guest_context_t);
	mfn_t root = mfn(build->p2m[plan->tables.first]);
	int rc;

	if (!context)
		boot_fail("there is not enough memory to build dom0");
	context->flags = VGCF_in_kernel;
	context->user_regs.rip = plan->entry;
	context->user_regs.rsp = plan->stack_pointer;
	context->user_regs.rsi = plan->start_info_va;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->user_regs.rflags = FLAG_IF;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = plan->stack_pointer;
	context->ctrlreg[3] = xen_pfn_to_cr3(root.n);
	pin_tables(build->domain, root);
	do
		rc = vcpu_set_context(vcpu, context);
	while (rc == -XEN_ERESTART);
	if (rc != 0)
		panic("dom0's first context is refused: %d", -rc);
	heap_free(context);
}

/* 7. What was only needed to build. */
static void clean_up(struct build *build)
{
	heap_free_pages(build->p2m, build->p2m_order);
	heap_free_pages(build->unpacked, build->unpacked_order);
	for (uint32_t i = 0; i < boot_info.module_count; i++)
		paging_release(boot_info.modules[i].start, boot_info.modules[i].end);
}

void dom0_build(void)
{
	static struct build build;
	struct domain *domain;

	find_modules(&build);
	unpack_kernel(&build);
	make_plan(&build);
	create_domain(&build);
	take_memory(&build);
	copy_contents(&build);
	write_hypercall_page(&build);
	write_tables(&build, build.plan.tables);
	write_tables(&build, build.plan.p2m_tables);
	write_start_info(&build);
	start_vcpu(&build);
	clean_up(&build);

	domain = build.domain;
	log_info("dom0: %llu MiB (at most %llu), %u vCPUs, %s %s\n",
		 (unsigned long long)build.memory.nr_pages >> 8,
		 (unsigned long long)build.memory.max_pages >> 8, domain->max_vcpus,
		 build.image.guest_os, build.image.guest_version);
	vcpu_set_up(domain->vcpus[0]);
}
