# SPDX-License-Identifier: MIT
#
# xen-like/build.mk - the hypervisor: every C and assembly file of its folders,
# linked at its final address, packed as a 32-bit image that boot loaders take.
#
#   build/enso       what GRUB and QEMU load (multiboot 1 and 2)
#   build/enso-syms  the same with symbols, for gdb
#
# RELEASE=1 builds both in build/release instead, without the debug checks: what is
# installed, and measured.

HYP_TO := build$(if $(RELEASE),/release)
HYP_OUT := $(HYP_TO)/hyp

HYP_DIRS := xen-like hypercalls grant-tables event-channels
HYP_C := $(sort $(shell find $(HYP_DIRS) -name '*.c'))
HYP_S := $(sort $(shell find $(HYP_DIRS) -name '*.S' ! -name 'enso.lds.S' ! -name 'image.S'))
HYP_OBJECTS := $(HYP_C:%=$(HYP_OUT)/%.o) $(HYP_S:%=$(HYP_OUT)/%.o)

HYP_CPPFLAGS = -nostdinc -isystem $(shell $(CC) -print-file-name=include) -isystem build/abi -I. \
	-D__XEN_TOOLS__ -DENSO_VERSION='"$(VERSION)"' $(if $(RELEASE),,-DENSO_DEBUG)
HYP_CFLAGS = -std=gnu11 -O2 -g -ffreestanding -mno-red-zone -mgeneral-regs-only -m64 \
	-fpie -fvisibility=hidden -include xen-like/base/hidden.h -fno-strict-aliasing -fno-common -fwrapv \
	-fno-delete-null-pointer-checks -fno-jump-tables -fno-tree-loop-distribute-patterns \
	-fno-asynchronous-unwind-tables -fcf-protection=none -ftrivial-auto-var-init=zero \
	-fstack-protector-strong -mstack-protector-guard=global \
	-mindirect-branch=thunk-extern -mindirect-branch-register -mharden-sls=all \
	-ffunction-sections -fdata-sections \
	-Wall -Wextra -Werror -Wvla -Wshadow -Wmissing-prototypes -Wimplicit-fallthrough \
	-Wstack-usage=1024 -Wno-unused-parameter -Wno-format

-include xen-like/base/decompress.mk

$(HYP_OUT)/%.c.o: %.c xen-like/build.mk | build/abi/xen
	@mkdir -p $(@D)
	@$(CC) $(HYP_CPPFLAGS) $(HYP_CFLAGS) $(HYP_EXTRA_$(subst /,_,$<)) -MMD -MP -c $< -o $@

$(HYP_OUT)/%.S.o: %.S xen-like/build.mk | build/abi/xen
	@mkdir -p $(@D)
	@$(CC) $(HYP_CPPFLAGS) -D__ASSEMBLY__ -g -MMD -MP -c $< -o $@

# A PC Screen Font, version 1: four bytes, then 256 glyphs of 16 bytes.
FONT := /usr/share/consolefonts/Lat15-VGA16.psf.gz
build/font.bin: $(FONT)
	@mkdir -p $(@D)
	@[ "$$(gzip -dc $< | head -c 4 | od -An -tx1)" = " 36 04 02 10" ]
	@gzip -dc $< | tail -c +5 | head -c 4096 > $@

$(HYP_OUT)/xen-like/font.S.o: build/font.bin

$(HYP_OUT)/enso.lds: xen-like/enso.lds.S xen-like/arch/x86/layout.h
	@mkdir -p $(@D)
	@$(CC) $(HYP_CPPFLAGS) -D__ASSEMBLY__ -E -P -x c $< -o $@

# Names and addresses for backtraces: linked once without, then with.
$(HYP_OUT)/symbols-none.S: xen-like/symbols.awk
	@mkdir -p $(@D)
	@awk -f $< /dev/null > $@

$(HYP_OUT)/symbols-all.S: $(HYP_OUT)/enso-pass1 xen-like/symbols.awk
	@nm -n $< | awk -f xen-like/symbols.awk > $@

$(HYP_OUT)/symbols-%.o: $(HYP_OUT)/symbols-%.S
	@$(CC) -c $< -o $@

HYP_LINK = ld -m elf_x86_64 -nostdlib -static --no-dynamic-linker -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --gc-sections --orphan-handling=warn -T $(HYP_OUT)/enso.lds

$(HYP_OUT)/enso-pass1: $(HYP_OBJECTS) $(HYP_OUT)/symbols-none.o $(HYP_OUT)/enso.lds
	@$(HYP_LINK) $(HYP_OBJECTS) $(HYP_OUT)/symbols-none.o $(HYP_LIBS) -o $@

$(HYP_TO)/enso-syms: $(HYP_OBJECTS) $(HYP_OUT)/symbols-all.o $(HYP_OUT)/enso.lds
	@$(HYP_LINK) $(HYP_OBJECTS) $(HYP_OUT)/symbols-all.o $(HYP_LIBS) -o $@

$(HYP_OUT)/enso.bin: $(HYP_TO)/enso-syms
	@objcopy -O binary -R .bss $< $@

# A 32-bit ELF container: QEMU's multiboot loader refuses 64-bit ones.
$(HYP_OUT)/image.o: xen-like/image.S $(HYP_OUT)/enso.bin $(HYP_TO)/enso-syms
	@$(CC) -m32 -DIMAGE_END=0x$$(nm $(HYP_TO)/enso-syms | awk '/ image_end$$/ { print substr($$1, 9) }') \
		-DENTRY=0x$$(nm $(HYP_TO)/enso-syms | awk '/ boot_entry$$/ { print substr($$1, 9) }') \
		-I$(HYP_OUT) -c $< -o $@

$(HYP_TO)/enso: $(HYP_OUT)/image.o xen-like/image.lds
	@ld -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments -T xen-like/image.lds \
		-e boot_entry_physical $< -o $@
	@echo "$@: $$(stat -c %s $@) bytes, $$(gzip -9 < $@ | wc -c) gzipped"

-include $(shell find $(HYP_OUT) -name '*.d' 2>/dev/null)
