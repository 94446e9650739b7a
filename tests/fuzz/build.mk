# SPDX-License-Identifier: MIT
#
# tests/fuzz/build.mk - libFuzzer targets.  `make fuzz` is a test: the same inputs
# each time, FUZZ_RUNS_NAME of them (some 6 s).  FUZZ_SECONDS=N looks for new ones.
# One fuzz_NAME.c is one target; FUZZ_SOURCES_NAME and FUZZ_LIBS_NAME are its parts,
# FUZZ_FLAGS_NAME are libFuzzer's words for it (a dictionary, files to begin with).

include tests/host/machine.mk

FUZZ_SECONDS ?=
FUZZ_RUNS_block_request := 600000
FUZZ_RUNS_domxml := 45000
FUZZ_RUNS_guest_plan := 150000
FUZZ_RUNS_hypercalls := 18000
FUZZ_RUNS_kernel_image := 24000
FUZZ_RUNS_network_packet := 300000
FUZZ_RUNS_store_journal := 90000
FUZZ_RUNS_store_wire := 54000
FUZZ_RUNS_xlcfg := 36000
# A machine too slow for that stops earlier.
fuzz_extent = $(if $(FUZZ_SECONDS),-max_total_time=$(FUZZ_SECONDS),-seed=1 \
	-runs=$(or $(FUZZ_RUNS_$(1)),100000) -max_total_time=120)
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-D__XEN_TOOLS__ -D_GNU_SOURCE -I. -isystem build/abi -isystem /usr/include/libxml2 -Wall -Wextra

FUZZ_SOURCES_kernel_image := xen-like/base/kernel_image.c xen-like/base/kernel_notes.c xen-like/base/decompress.c \
	xen-like/base/pv_plan.c xen-like/domain/dom0_tables.c
FUZZ_LIBS_kernel_image := -llzma -lz -lzstd -llz4

FUZZ_SOURCES_network_packet := pv-drivers/netback/packet.c
FUZZ_SOURCES_block_request := pv-drivers/blkback/request.c

FUZZ_SOURCES_guest_plan := xen-like/base/pv_plan.c dom0-tools/builder/tables.c xen-like/base/kernel_image.c \
	xen-like/base/kernel_notes.c

# The hypervisor on the host: its variables in sections of their own, to be put back.
FUZZ_HOST_OUT := %dom0_build.c %dom0_tables.c %dom0_memory.c %switch.c %fpu.c
FUZZ_HOST := $(filter-out $(FUZZ_HOST_OUT),$(wildcard hypercalls/*.c grant-tables/*.c event-channels/*.c \
	xen-like/mm/*.c xen-like/sched/*.c xen-like/domain/*.c xen-like/pv/*.c) xen-like/irq.c \
	xen-like/options.c xen-like/base/format.c) $(HOST_MACHINE) tests/host/fakes.c
FUZZ_HOST_OBJECTS := $(FUZZ_HOST:%.c=build/fuzz/host/%.o)
FUZZ_HOST_CFLAGS := $(HOST_CPPFLAGS) $(HOST_CFLAGS) -O1 -fno-pie -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
# What looks after it has nothing to be covered.
build/fuzz/host/tests/host/%.o: FUZZ_HOST_CFLAGS := $(HOST_CPPFLAGS) $(HOST_CFLAGS) -O2 -fno-pie

build/fuzz/host/%.o: %.c tests/fuzz/build.mk tests/host/machine.mk | build/abi/xen
	@mkdir -p $(@D)
	@clang $(FUZZ_HOST_CFLAGS) -w -MMD -MP -c $< -o $@
	@objcopy --set-section-flags .bss=alloc,load,contents,data --rename-section .bss=host_bss \
		--rename-section .data=host_data $@

build/fuzz/hypercalls: tests/fuzz/fuzz_hypercalls.c tests/host/hypervisor.c tests/host/cpus.c $(FUZZ_HOST_OBJECTS) \
		| build/fuzz/hypercalls.seeds
	@clang $(FUZZ_HOST_CFLAGS) -fsanitize=fuzzer -no-pie \
		-Wl,--wrap=audit_expect $^ -o $@

build/fuzz/hypercalls.seeds: tests/fuzz/seeds_hypercalls
	@tests/fuzz/seeds_hypercalls build/fuzz/seeds_hypercalls
	@echo build/fuzz/seeds_hypercalls/* | tr ' ' ',' > $@

FUZZ_FLAGS_hypercalls := -seed_inputs=@build/fuzz/hypercalls.seeds

-include $(FUZZ_HOST_OBJECTS:.o=.d)

FUZZ_SOURCES_domxml := $(wildcard dom0-tools/config/*.c) $(addprefix dom0-tools/lib/,failure.c ip_addresses.c nbd_address.c text.c)
FUZZ_LIBS_domxml := -lxml2 -ljson-c
FUZZ_FLAGS_domxml := -dict=tests/fuzz/domxml.dict -seed_inputs=docs/examples/web.xml,docs/examples/watched.xml
FUZZ_SOURCES_xlcfg := $(FUZZ_SOURCES_domxml)
FUZZ_LIBS_xlcfg := $(FUZZ_LIBS_domxml)
FUZZ_FLAGS_xlcfg := -dict=tests/fuzz/xlcfg.dict -seed_inputs=docs/examples/db.cfg

FUZZ_SOURCES_store_wire := $(wildcard dom0-tools/stored/[aceistw]*.c dom0-tools/stored/re*.c) dom0-tools/stored/journal.c
FUZZ_SOURCES_store_journal := $(FUZZ_SOURCES_store_wire)

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

.SECONDEXPANSION:
build/fuzz/%: tests/fuzz/fuzz_%.c $$(FUZZ_SOURCES_$$*) | build/abi/xen
	@mkdir -p $(@D)
	@clang $(FUZZ_CFLAGS) $^ $(FUZZ_LIBS_$*) -o $@

.PHONY: fuzz
fuzz: $(FUZZ_NAMES:%=build/fuzz/%) ## fuzz the readers of hostile bytes [FUZZ_SECONDS=N for new inputs]
	@failed=0; $(foreach name,$(FUZZ_NAMES),flags_$(name)="$(FUZZ_FLAGS_$(name)) $(call fuzz_extent,$(name))";) \
	for name in $(FUZZ_NAMES); do \
		eval "flags=\$$flags_$$name"; \
		if build/fuzz/$$name $$flags -max_len=65536 -rss_limit_mb=1024 \
			-artifact_prefix=build/fuzz/$$name- > build/fuzz/$$name.log 2>&1; \
		then echo "PASS fuzz_$$name"; \
		else echo "FAIL fuzz_$$name: see build/fuzz/$$name.log"; failed=1; fi; \
	done; exit $$failed
