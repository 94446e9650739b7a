# SPDX-License-Identifier: MIT
#
# pv-drivers/build.mk - the backends of paravirtual devices, one process a device.
# They are programs of dom0 like those of dom0-tools, stand beside them in
# build/tools and are installed in /usr/lib/enso.

BACKEND_LIBS := -lseccomp -lxengnttab -lxenevtchn -lxentoollog
BACKEND_LIBS_blkback := -luring

BACKEND_FOLDERS := $(foreach name,blkback netback,$(if $(wildcard pv-drivers/$(name)/main.c),$(name)))
BACKEND_PROGRAMS := $(BACKEND_FOLDERS:%=$(TOOLS_DIR)/enso-%)
BACKEND_COMMON := $(patsubst %.c,$(TOOLS_DIR)/%.o,$(sort $(wildcard pv-drivers/common/*.c)))

define backend_rule
$(TOOLS_DIR)/enso-$(1): $(patsubst %.c,$(TOOLS_DIR)/%.o,$(sort $(wildcard pv-drivers/$(1)/*.c))) \
		$(BACKEND_COMMON) $(TOOLS_DIR)/libenso.a
	@$(CC) $(TOOLS_LDFLAGS) $$^ $(BACKEND_LIBS_$(1)) $(BACKEND_LIBS) -o $$@
endef
$(foreach name,$(BACKEND_FOLDERS),$(eval $(call backend_rule,$(name))))

tools: $(BACKEND_PROGRAMS)

.PHONY: install-backends uninstall-backends
install: install-backends
install-backends: $(BACKEND_PROGRAMS)
	@for program in $(BACKEND_PROGRAMS); do \
		echo "install $$program"; \
		install -D -m 755 -s -t $(DESTDIR)/usr/lib/enso $$program || exit 1; \
	done

uninstall: uninstall-backends
uninstall-backends:
	rm -f $(DESTDIR)/usr/lib/enso/enso-blkback $(DESTDIR)/usr/lib/enso/enso-netback
