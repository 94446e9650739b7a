# SPDX-License-Identifier: MIT
#
# xen-like/base/decompress.mk - the distribution's decoders, linked statically
# into the hypervisor (docs/adr/decompression.md).  Packages: liblzma-dev,
# zlib1g-dev, libzstd-dev, liblz4-dev.

DECOMPRESS_LIB_DIR := /usr/lib/$(shell $(CC) -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)

# Their headers want the C library's; only this file sees those.
HYP_EXTRA_xen-like_base_decompress.c := -isystem /usr/include \
	-isystem /usr/include/$(notdir $(DECOMPRESS_LIB_DIR))

# zstd's formats before 0.8 and xz' crc64 (whose object needs a constructor) are
# refused before these would be called; named here, their objects stay out.
DECOMPRESS_ABSENT := lzma_crc64 \
	$(foreach v,ZSTDv05 ZSTDv06 ZSTDv07,$(addprefix $(v)_,createDCtx decompress_usingDict \
		findFrameSizeInfoLegacy freeDCtx getFrameParams)) \
	$(foreach v,ZBUFFv05 ZBUFFv06 ZBUFFv07,$(addprefix $(v)_,createDCtx decompressContinue \
		decompressInitDictionary freeDCtx))

HYP_LIBS += --undefined=decompress_absent $(patsubst %,--defsym=%=decompress_absent,$(DECOMPRESS_ABSENT)) \
	$(patsubst %,$(DECOMPRESS_LIB_DIR)/lib%.a,lzma z zstd lz4)
