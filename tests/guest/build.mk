# SPDX-License-Identifier: MIT
#
# tests/guest/build.mk - the micro-guests: one ELF a row of guests.def.
# Works alone too: make -f tests/guest/build.mk guests

GUEST_DIR := build/tests/guest
GUEST_NAMES := $(shell sed -n "s/^GUEST.\([a-z0-9_]*\),.*/\1/p" tests/guest/guests.def)
GUEST_LIB := $(basename $(notdir $(wildcard tests/guest/lib/*.c tests/guest/lib/entry.S)))
GUEST_FRONTS := $(basename $(notdir $(wildcard pv-drivers/front/*.c)))
GUEST_LIB_OBJECTS := $(GUEST_LIB:%=$(GUEST_DIR)/lib/%.o) $(GUEST_FRONTS:%=$(GUEST_DIR)/front/%.o)
GUEST_IMAGES := $(GUEST_NAMES:%=$(GUEST_DIR)/%.elf)
GUEST_HEADERS := $(wildcard tests/guest/lib/*.h tests/guest/*.h pv-drivers/front/*.h) \
	build/abi/xen/xen.h

GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -mno-red-zone -mgeneral-regs-only \
	-fno-strict-aliasing -fno-common -fwrapv -fno-pic -no-pie -mcmodel=kernel \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	-fno-delete-null-pointer-checks \
	-Wall -Wextra -Werror -Wvla -Wshadow -Wmissing-prototypes -Wimplicit-fallthrough \
	-Wstack-usage=2048 \
	-nostdinc -isystem $(shell $(CC) -print-file-name=include) -isystem build/abi -I. \
	-D__XEN_TOOLS__

.PHONY: guests
guests: $(GUEST_IMAGES)

build/abi/xen/xen.h:
	@mkdir -p build/abi
	@ln -sfn /usr/include/xen build/abi/xen

$(GUEST_DIR)/lib/%.o: tests/guest/lib/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_DIR)/front/%.o: pv-drivers/front/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_DIR)/lib/%.o: tests/guest/lib/%.S $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

# The notes differ: a test may ask for a hypercall page or a p2m of its own.
$(GUEST_DIR)/%.start.o: tests/guest/lib/start.S $(GUEST_HEADERS) tests/guest/%.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) $(shell sed -n 's/^.*start: *\(-D.*\) \*\/$$/\1/p' tests/guest/$*.c) \
		-c -o $@ $<

$(GUEST_DIR)/%.o: tests/guest/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -DGUEST_NAME='"$*"' -c -o $@ $<

# What is counted, not tested: tests/bench/NAME.c and NAME_entry.S.
$(GUEST_DIR)/bench_%.o: tests/bench/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_DIR)/bench_%.start.o: tests/guest/lib/start.S $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_DIR)/bench_%_entry.o: tests/bench/%_entry.S $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(GUEST_DIR)/bench_operations.elf: $(GUEST_DIR)/bench_operations_entry.o

$(GUEST_DIR)/%.elf: $(GUEST_DIR)/%.o $(GUEST_DIR)/%.start.o $(GUEST_LIB_OBJECTS) \
		tests/guest/lib/guest.lds
	$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack \
		-Wl,--no-warn-rwx-segments -Wl,-T,tests/guest/lib/guest.lds \
		-o $@ $(filter %.o,$^)

# Kept: stages that run side by side make images of the same objects, and one that took its
# own away again would take the other's.
.SECONDARY: $(GUEST_LIB_OBJECTS)
.PRECIOUS: $(GUEST_DIR)/%.o $(GUEST_DIR)/%.start.o $(GUEST_DIR)/bench_%.o \
	$(GUEST_DIR)/bench_%.start.o $(GUEST_DIR)/bench_%_entry.o
