# SPDX-License-Identifier: MIT
#
# tests/host/machine.mk - how the hypervisor's files are built for the machine
# of tests/host/machine.h; for tests/model and tests/fuzz.

HOST_MACHINE := tests/host/machine.c tests/host/privileged.c tests/host/tlb.c tests/host/recount.c
HOST_CPPFLAGS := -D__XEN_TOOLS__ -D_GNU_SOURCE -DENSO_DEBUG -Itests/host/include -I. -isystem build/abi \
	-DENSO_VERSION='"$(VERSION)"' \
	-DM2P_START=0x200000000000 -DM2P_WRITABLE_START=0x200000000000 -DFRAME_TABLE_START=0x210000000000 -DDIRECT_MAP_START=0x220000000000
HOST_CFLAGS := -std=gnu11 -g -fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -fno-common \
	-Wall -Wextra -Wno-unused-parameter
