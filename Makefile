# SPDX-License-Identifier: MIT
#
# Enso's verbs; `make help` lists them.  Each folder's build.mk says how its own
# things are made; what runs machines is in tests/run.

SHELL := /bin/bash
.DEFAULT_GOAL := build/enso
.SUFFIXES:
.DELETE_ON_ERROR:

VERSION := 0.1.0

CC := gcc
HOSTCC := gcc
CLANG_FORMAT := clang-format
PYTHON := /usr/bin/python3

# make run, gdb: the machine.
KERNEL ?= 6.1
SMP ?= 2
MEM ?= 2048
UEFI ?=
HYPERVISOR ?= build/enso
export HYPERVISOR

# make install: where things go.
DESTDIR ?=
PREFIX ?= /usr

C_SOURCES = $(shell git ls-files '*.c' '*.h')

##@ Build

.PHONY: all
all: build/enso ## the hypervisor, build/enso (a multiboot 1 and 2 image); the default

.PHONY: release
release: ## build/release/enso, the same without debug checks: what install lays out and bench measures
	@$(MAKE) --no-print-directory RELEASE=1 build/release/enso

-include xen-like/build.mk
-include dom0-tools/build.mk
-include pv-drivers/build.mk
-include tests/unit/build.mk
-include tests/model/build.mk
-include tests/guest/build.mk
-include tests/fuzz/build.mk

# The public ABI headers are the distribution's; nothing is copied.
build/abi/xen:
	@mkdir -p $(@D)
	@ln -sfn /usr/include/xen $@

##@ Run

.PHONY: packages
packages: ## install with apt what is missing to build, run and test
	@tests/run/install-packages

.PHONY: run
run: packages ## boot GRUB, Enso, dom0 and two guests here; Ctrl-a x ends [UEFI=1 SMP=2 MEM=2048 KERNEL=6.1|6.12 ROOT=1]
	@$(MAKE) --no-print-directory build/enso tools
	@tests/run/run --kernel $(KERNEL) --smp $(SMP) --mem $(MEM) $(if $(UEFI),--uefi) $(if $(ROOT),--root)

.PHONY: gdb
gdb: packages ## the same machine without GRUB, stopped at its start, with gdb and symbols
	@$(MAKE) --no-print-directory build/enso
	@tests/run/gdb --kernel $(KERNEL) --smp $(SMP) --mem $(MEM)

##@ Test

.PHONY: test
test: packages ## everything that guards a change; ends with `N passed, N failed`
	@tests/run/suite

.PHONY: test-long
test-long: packages ## what takes too long for every change: more machines, longer storms
	@tests/run/suite --long

SOAK_CYCLES ?= 1000
SOAK_KILLS ?= 1000

.PHONY: soak
soak: packages ## 1,000 guests made and ended, 1,000 backends killed [SOAK_CYCLES=1000 SOAK_SEED=1 SOAK_KILLS=1000]
	@$(MAKE) --no-print-directory build/enso tools
	@tests/run/fetch-lab
	@SCENARIO_CPUS=2 SOAK_CYCLES=$(SOAK_CYCLES) tests/scenario/soak
	@SCENARIO_CPUS=2 CASES='create killed stop end' DISKS_KILLS=$$(($(SOAK_KILLS) / 2)) \
		tests/scenario/disks --only disks.6.1.machine
	@SCENARIO_CPUS=2 CASES='create ping tcp killed stop end' NETWORKS_KILLS=$$(($(SOAK_KILLS) / 2)) \
		tests/scenario/networks --only networks.6.1.machine

.PHONY: test-oracle
test-oracle: packages build/enso ## the micro-guests on Enso and on real Xen; prints the differences
	@tests/run/fetch-lab
	@tests/guest/run --oracle --hypervisor $(HYPERVISOR)

.PHONY: bench
bench: packages ## measures Enso beside Debian's Xen, writes docs/benchmarks.md and .svg [ROW=name REUSE=1 TWICE=1 RECORD=1]
	@$(MAKE) --no-print-directory release tools
	@tests/bench/bench $(if $(ROW),--row $(ROW)) $(if $(REUSE),--reuse) $(if $(TWICE),--twice) \
		$(if $(RECORD),--record)

.PHONY: bench-check
bench-check: packages release ## single operations cost no more than is recorded; a minute
	@tests/bench/bench --check

.PHONY: lint
lint: packages build/enso ## format, include floors, purity, the image, static analysis, documents
	@tests/run/lint

.PHONY: format
format: ## apply .clang-format to every C file
	@$(CLANG_FORMAT) -i $(C_SOURCES)

##@ Install

# What `make install` lays out beside the hypervisor: mode and place of each file of etc/.
INSTALLED := 755:etc/grub.d/20_linux_enso 644:etc/default/grub.d/enso.cfg \
	755:etc/kernel/postinst.d/zz-enso 755:etc/kernel/postrm.d/zz-enso
MAN_PAGES = $(notdir $(wildcard docs/man/*.[1-8]))
UNITS = $(notdir $(wildcard etc/systemd/*.service))
MOUNTS = $(notdir $(wildcard etc/systemd/*.mount))
UNITS_DIR = $(PREFIX)/lib/systemd/system
SYSUSERS = $(PREFIX)/lib/sysusers.d/enso.conf
COMPLETION = $(PREFIX)/share/bash-completion/completions/enso

.PHONY: install
install: release tools ## lay out a distribution's files under DESTDIR
	install -D -m 644 build/release/enso $(DESTDIR)/boot/enso-$(VERSION)
	ln -sfn enso-$(VERSION) $(DESTDIR)/boot/enso
	install -D -m 755 etc/lib/extract-kernel $(DESTDIR)/usr/lib/enso/extract-kernel
	@for file in $(INSTALLED); do \
		echo "install $${file#*:}"; \
		install -D -m $${file%%:*} $${file#*:} $(DESTDIR)/$${file#*:} || exit 1; \
	done
	@for page in $(MAN_PAGES); do \
		echo "install docs/man/$$page"; \
		install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} docs/man/$$page || exit 1; \
	done
	install -D -m 755 -s -t $(DESTDIR)$(PREFIX)/sbin $(TOOL_NAMES:%=$(TOOLS_DIR)/%)
	install -D -m 644 -t $(DESTDIR)$(UNITS_DIR) $(UNITS:%=etc/systemd/%) $(MOUNTS:%=etc/systemd/%)
	install -D -m 644 etc/bash-completion/enso $(DESTDIR)$(COMPLETION)
	install -D -m 644 etc/sysusers.d/enso.conf $(DESTDIR)$(SYSUSERS)
	@[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || systemd-sysusers $(SYSUSERS)
	install -d -m 755 $(DESTDIR)/etc/enso/autostart
	@[ -n "$(DESTDIR)" ] || printf '%s\n' "Next, for each kernel that is already there, then for the menu:" \
		"  /etc/kernel/postinst.d/zz-enso $$(uname -r)" "  update-grub" \
		"  systemctl enable $(UNITS)"

.PHONY: uninstall
uninstall: ## take away what install laid out, and the unpacked kernels
	rm -f $(DESTDIR)/boot/enso $(DESTDIR)/boot/enso-$(VERSION) $(DESTDIR)/boot/enso-vmlinux-*
	rm -f $(foreach file,$(INSTALLED),$(DESTDIR)/$(lastword $(subst :, ,$(file))))
	rm -f $(foreach page,$(MAN_PAGES),$(DESTDIR)$(PREFIX)/share/man/man*/$(page))
	rm -f $(TOOL_NAMES:%=$(DESTDIR)$(PREFIX)/sbin/%) $(patsubst %,$(DESTDIR)$(UNITS_DIR)/%,$(UNITS) $(MOUNTS))
	rm -f $(DESTDIR)/usr/lib/enso/extract-kernel $(DESTDIR)$(COMPLETION) $(DESTDIR)$(SYSUSERS)
	-rmdir --ignore-fail-on-non-empty $(DESTDIR)/etc/enso/autostart $(DESTDIR)/etc/enso
	-rmdir $(DESTDIR)/usr/lib/enso

##@ Other

.PHONY: clean
clean: ## remove what was built; what was fetched and dom0 images stay (distclean takes them too)
	rm -rf $(filter-out build/lab build/images build/abi,$(wildcard build/*))

.PHONY: distclean
distclean: ## remove everything that is not in the tree's history
	rm -rf build

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile $(wildcard tests/*/build.mk)
