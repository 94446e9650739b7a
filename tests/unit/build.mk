# SPDX-License-Identifier: MIT
#
# tests/unit/build.mk - host tests of the pure modules, with ASan and UBSan.
#
# Every test_NAME.c is a program.  Its first lines, each at most 100 columns,
# say what it needs beside itself, for example
#   // needs: grant-tables/pin.c grant-tables/table.c
#   // libs: -llzma
# UNIT=NAME runs only that one.

UNIT_CC ?= gcc
UNIT_DIR := build/unit
UNIT_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common \
	-D__XEN_TOOLS__ -D_GNU_SOURCE -I. -isystem build/abi -isystem /usr/include/libxml2 -Wall -Wextra

UNIT_NAMES := $(if $(UNIT),$(UNIT),$(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c))))
UNIT_HEADERS = $(wildcard tests/unit/*.h)

unit_says = $(shell sed -n '1,5s|^// $(1): *||p' tests/unit/test_$(2).c)

define unit_rule
$(UNIT_DIR)/$(1): tests/unit/test_$(1).c $(call unit_says,needs,$(1)) $(UNIT_HEADERS) \
		tests/unit/build.mk | build/abi/xen
	@mkdir -p $$(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) -MMD -MP -MF $$@.d $$(filter %.c,$$^) \
		$(call unit_says,libs,$(1)) -o $$@
endef
$(foreach name,$(UNIT_NAMES),$(eval $(call unit_rule,$(name))))

-include $(wildcard $(UNIT_DIR)/*.d)

# A test that does not build or dies without a word of its own has failed too.
.PHONY: unit-tests
unit-tests: ## host tests of every pure module [UNIT=NAME for one]
	@failed=0; for name in $(UNIT_NAMES); do \
		if ! $(MAKE) --no-print-directory $(UNIT_DIR)/$$name > $(UNIT_DIR)-$$name.log 2>&1; then \
			echo "FAIL unit_$$name: does not build, see $(UNIT_DIR)-$$name.log"; failed=1; continue; \
		fi; \
		$(UNIT_DIR)/$$name 2> $(UNIT_DIR)-$$name.log; code=$$?; \
		if [ $$code != 0 ]; then \
			failed=1; \
			if grep -q 'Sanitizer\|runtime error' $(UNIT_DIR)-$$name.log || [ $$code -gt 1 ]; then \
				echo "FAIL unit_$$name: exit code $$code, see $(UNIT_DIR)-$$name.log"; \
			fi; \
		fi; \
	done; exit $$failed
