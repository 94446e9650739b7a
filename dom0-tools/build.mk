# SPDX-License-Identifier: MIT
#
# dom0-tools/build.mk - the programs of dom0.  A program is a folder with a
# main.c; TOOL_FOLDERS_NAME are the folders it is made of, beside lib.
# `make tools` builds all; they stand in build/tools.

TOOLS_DIR := build/tools
TOOLS_CFLAGS := -std=gnu11 -O2 -g -D__XEN_TOOLS__ -D_GNU_SOURCE -DENSO_VERSION='"$(VERSION)"' -I. \
	-isystem build/abi -isystem /usr/include/libxml2 -fno-strict-aliasing -fno-common \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -Wall -Wextra -Werror -Wvla -Wshadow \
	-Wmissing-prototypes -Wimplicit-fallthrough
TOOLS_LDFLAGS := -pie -Wl,-z,relro,-z,now

# Kernel images are read, unpacked and laid out by the hypervisor's own code, which is pure.
TOOLS_SHARED := xen-like/base/kernel_image.c xen-like/base/kernel_notes.c xen-like/base/decompress.c \
	xen-like/base/pv_plan.c

TOOL_FOLDERS_enso := enso config builder
# libxml2 and the unpackers are loaded when first called: dom0-tools/lib/late.h.  The small libraries
# are linked into `enso`: each that is loaded costs a short command some per cent.  A daemon gains
# nothing by it.  docs/adr/linking.md
TOOL_LIBS_enso := -Wl,-Bstatic -ljson-c -lxencall -lxenforeignmemory -lxentoolcore -lxentoollog -Wl,-Bdynamic
TOOL_FOLDERS_ensod := ensod config builder
TOOL_LIBS_ensod := -ljson-c -lxencall -lxenforeignmemory
TOOL_FOLDERS_enso-stored := stored
TOOL_LIBS_enso-stored := -lxencall -lxenforeignmemory -lxengnttab -lxenevtchn
TOOL_FOLDERS_enso-consoled := consoled
TOOL_LIBS_enso-consoled := -lxencall -lxenforeignmemory -lxengnttab -lxenevtchn

TOOL_NAMES := $(foreach name,enso ensod enso-stored enso-consoled,\
	$(if $(wildcard dom0-tools/$(name:enso-%=%)/main.c),$(name)))

TOOLS_LIB_OBJECTS := $(patsubst %.c,$(TOOLS_DIR)/%.o,$(sort $(wildcard dom0-tools/lib/*.c)))

$(TOOLS_DIR)/%.o: %.c dom0-tools/build.mk | build/abi/xen
	@mkdir -p $(@D)
	@$(CC) $(TOOLS_CFLAGS) -MMD -MP -c $< -o $@

$(TOOLS_DIR)/libenso.a: $(TOOLS_LIB_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

define tool_rule
$(TOOLS_DIR)/$(1): $(patsubst %.c,$(TOOLS_DIR)/%.o,$(sort $(foreach folder,$(TOOL_FOLDERS_$(1)),\
		$(wildcard dom0-tools/$(folder)/*.c))) $(if $(filter builder,$(TOOL_FOLDERS_$(1))),$(TOOLS_SHARED))) \
		$(TOOLS_DIR)/libenso.a
	@$(CC) $(TOOLS_LDFLAGS) $$^ $(TOOL_LIBS_$(1)) -o $$@
endef
$(foreach name,$(TOOL_NAMES),$(eval $(call tool_rule,$(name))))

-include $(shell test -d $(TOOLS_DIR) && find $(TOOLS_DIR) -name '*.d')

.PHONY: tools
tools: $(TOOL_NAMES:%=$(TOOLS_DIR)/%) ## the programs of dom0, in build/tools
