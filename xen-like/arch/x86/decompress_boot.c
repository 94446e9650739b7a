/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/decompress_boot.c - a place where the distribution's decoders
 * can run inside the hypervisor.
 *
 * They were compiled for user space: SSE registers, a red zone, and a stack
 * guard at %fs:0x28.  At boot that is harmless: one CPU, interrupts off (NMI
 * and machine checks have stacks of their own), and no guest whose registers
 * could be lost.  They allocate only through decompress.c's arena; the C
 * library's names below exist because their objects mention them.
 */
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/base/decompress.h"

#define CR0_MONITOR  (1ull << 1)
#define CR0_EMULATE  (1ull << 2)
#define CONTROL_WORD 0x37fu
#define SSE_CONTROL  0x1f80u

static struct {
	uint64_t cr0, cr4, fs_base;
	uint8_t thread_block[64] __attribute__((aligned(64))); /* guard is 0 */
} saved;

void decompress_port_enter(void)
{
	uint16_t control = CONTROL_WORD;
	uint32_t sse = SSE_CONTROL;

	saved.cr0 = read_cr0();
	saved.cr4 = read_cr4();
	saved.fs_base = read_msr(MSR_FS_BASE);
	write_cr0((saved.cr0 | CR0_MONITOR) & ~(CR0_EMULATE | CR0_TS));
	write_cr4(saved.cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT);
	write_msr(MSR_FS_BASE, (uint64_t)saved.thread_block);
	__asm__ volatile("fldcw %0; ldmxcsr %1" : : "m"(control), "m"(sse));
}

void decompress_port_leave(void)
{
	write_msr(MSR_FS_BASE, saved.fs_base);
	write_cr4(saved.cr4);
	write_cr0(saved.cr0);
}

/* Stands for decoders that were left out; decompress.mk names them. */
__attribute__((noreturn)) void decompress_absent(void);

void decompress_absent(void)
{
	__builtin_trap();
}

/* libzstd's tracing: a beginning of 0 says that nobody listens. */
unsigned long long ZSTD_trace_decompress_begin(const void *context);
void ZSTD_trace_decompress_end(unsigned long long trace, const void *what);

unsigned long long ZSTD_trace_decompress_begin(const void *context)
{
	(void)context;
	return 0;
}

void ZSTD_trace_decompress_end(unsigned long long trace, const void *what)
{
	(void)trace;
	(void)what;
}

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void free(void *memory);

void *malloc(size_t bytes)
{
	(void)bytes;
	return NULL;
}

void *calloc(size_t count, size_t bytes)
{
	(void)count;
	(void)bytes;
	return NULL;
}

void free(void *memory)
{
	(void)memory;
}
