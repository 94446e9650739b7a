# SPDX-License-Identifier: MIT
#
# tests/model/build.mk - the hypervisor's page-type files with a model around them.

include tests/host/machine.mk

MODEL_DIR := build/model
MODEL_REAL := xen-like/mm/page_type.c xen-like/mm/page_writable.c xen-like/mm/frame.c xen-like/mm/exchange.c xen-like/mm/guest_copy.c \
	xen-like/pv/mmu.c xen-like/pv/pte.c xen-like/pv/descriptor.c xen-like/pv/segments.c xen-like/pv/foreign.c \
	hypercalls/mmu_op.c hypercalls/mmuext_op.c hypercalls/memory_op.c
MODEL_SOURCES := $(MODEL_REAL) $(HOST_MACHINE) $(wildcard tests/model/*.c)
MODEL_OBJECTS := $(MODEL_SOURCES:%.c=$(MODEL_DIR)/%.o)
MODEL_CFLAGS := $(HOST_CPPFLAGS) $(HOST_CFLAGS) -O2 -fsanitize=address,undefined -fno-sanitize-recover=all

$(MODEL_DIR)/%.o: %.c tests/model/build.mk tests/host/machine.mk | build/abi/xen
	@mkdir -p $(@D)
	@$(HOSTCC) $(MODEL_CFLAGS) -MMD -MP -c $< -o $@

# Handlers no history calls may need more than is here: who calls them jumps to 0.
MODEL_LINK = $(HOSTCC) $(MODEL_CFLAGS) -no-pie -Wl,--unresolved-symbols=ignore-in-object-files

$(MODEL_DIR)/histories: $(MODEL_OBJECTS)
	@$(MODEL_LINK) $^ -o $@

-include $(MODEL_OBJECTS:.o=.d)

.PHONY: model
model: $(MODEL_DIR)/histories ## every short history of page types, on the host
	@$(MODEL_DIR)/histories 2> $(MODEL_DIR)/histories.log || { code=$$?; cat $(MODEL_DIR)/histories.log >&2; exit $$code; }

# One of the hypervisor's files, MUTANT_OF, replaced by MUTANT.c: tests/model/mutate.
.PHONY: model-mutant
model-mutant: $(MODEL_OBJECTS)
	@$(HOSTCC) $(MODEL_CFLAGS) -w -c $(MUTANT).c -o $(MUTANT).o
	@$(MODEL_LINK) $(filter-out $(MODEL_DIR)/$(MUTANT_OF:.c=.o),$(MODEL_OBJECTS)) $(MUTANT).o -o $(MUTANT)

.PHONY: model-mutants
model-mutants: ## plant faults in the page-type code: does the model notice each?
	@tests/model/mutate
