// needs: xen-like/pv/decode.c xen-like/pv/decode_apply.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_decode.c - the decoder against the assembler: what each form
 * is and how long, noise, and what the CPU cannot show (test_decode_cpu.c has
 * what it can).
 */
#include <string.h>

#include "tests/unit/decode_test.h"
#include "xen-like/pv/decode.h"

/* Forms ------------------------------------------------------------------- */

/* operation, operand bytes, text */
#define FORMS(X)                                                                                   \
	X(MOV, 8, "mov %rax, (%rdi)")                                                              \
	X(MOV, 8, "mov %r15, 0x1234(%r12,%r9,8)")                                                  \
	X(MOV, 4, "mov %eax, 0x12(%rsp)")                                                          \
	X(MOV, 2, "mov %ax, (%r13)")                                                               \
	X(MOV, 1, "mov %ah, (%rbp)")                                                               \
	X(MOV, 1, "mov %sil, 0x1000(%rip)")                                                        \
	X(MOV, 8, "movq $-2, (%rdi)")                                                              \
	X(MOV, 8, "movq $0x12345678, 0x1000(%rip)")                                                \
	X(MOV, 4, "movl $0x12345678, %gs:0x1000")                                                  \
	X(MOV, 2, "movw $0x1234, (%rdi,%rax)")                                                     \
	X(MOV, 1, "movb $0x12, %fs:(%rdi)")                                                        \
	X(MOV, 8, "movabs %rax, 0x1122334455667788")                                               \
	X(MOV, 1, "movabs %al, 0x1122334455667788")                                                \
	X(MOV, 8, "movnti %rax, (%rdi)")                                                           \
	X(XCHG, 8, "xchg %rax, (%rdi)")                                                            \
	X(XCHG, 8, "lock xchg %rbx, (%rdi)")                                                       \
	X(CMPXCHG, 8, "lock cmpxchg %rbx, (%rdi)")                                                 \
	X(CMPXCHG, 4, "lock cmpxchg %ebx, (%edi)")                                                 \
	X(CMPXCHG, 1, "cmpxchg %bl, (%rdi)")                                                       \
	X(XADD, 8, "lock xadd %rbx, (%rdi)")                                                       \
	X(AND, 1, "lock andb $0xfd, (%rdi)")                                                       \
	X(AND, 8, "lock andq $-3, 8(%rdi)")                                                        \
	X(AND, 8, "lock andq $0x7fffffff, 8(%rdi)")                                                \
	X(OR, 8, "lock or %rax, (%rdi)")                                                           \
	X(OR, 4, "orl $0x12345678, (%rdi)")                                                        \
	X(XOR, 2, "xorw $0x1234, (%rdi)")                                                          \
	X(ADD, 8, "lock addq $1, (%rdi)")                                                          \
	X(SUB, 8, "sub %r8, (%rdi)")                                                               \
	X(ADC, 8, "adc %r8, (%rdi)")                                                               \
	X(SBB, 1, "sbb %dh, (%rdi)")                                                               \
	X(INC, 8, "lock incq (%rdi)")                                                              \
	X(DEC, 4, "decl (%rdi)")                                                                   \
	X(NOT, 2, "notw (%rdi)")                                                                   \
	X(NEG, 1, "lock negb (%rdi)")                                                              \
	X(BTS, 8, "lock btsq $6, (%rdi)")                                                          \
	X(BTR, 8, "lock btrq $5, (%rdi)")                                                          \
	X(BTC, 8, "btcq $63, (%rdi)")                                                              \
	X(BTR, 8, "lock btr %rax, (%rdi)")                                                         \
	X(STOS, 8, "stosq")                                                                        \
	X(STOS, 8, "rep stosq")                                                                    \
	X(MOVS, 1, "rep movsb")                                                                    \
	X(MOVS, 8, "movsq %fs:(%rsi), (%rdi)")                                                     \
	X(IN, 1, "in $0x80, %al")                                                                  \
	X(IN, 2, "in %dx, %ax")                                                                    \
	X(IN, 4, "in %dx, %eax")                                                                   \
	X(OUT, 1, "out %al, $0x80")                                                                \
	X(OUT, 4, "out %eax, %dx")                                                                 \
	X(INS, 2, "rep insw")                                                                      \
	X(OUTS, 4, "rep outsl")                                                                    \
	X(CPUID, 4, "cpuid")                                                                       \
	X(RDMSR, 4, "rdmsr")                                                                       \
	X(WRMSR, 4, "wrmsr")                                                                       \
	X(RDTSC, 4, "rdtsc")                                                                       \
	X(RDTSCP, 4, "rdtscp")                                                                     \
	X(RDPMC, 4, "rdpmc")                                                                       \
	X(XGETBV, 4, "xgetbv")                                                                     \
	X(XSETBV, 4, "xsetbv")                                                                     \
	X(READ_CR, 8, "mov %cr0, %rax")                                                            \
	X(READ_CR, 8, "mov %cr2, %r15")                                                            \
	X(READ_CR, 8, "mov %cr8, %rax")                                                            \
	X(WRITE_CR, 8, "mov %rdi, %cr3")                                                           \
	X(WRITE_CR, 8, "mov %r8, %cr4")                                                            \
	X(READ_DR, 8, "mov %db6, %rax")                                                            \
	X(WRITE_DR, 8, "mov %r9, %db7")                                                            \
	X(CLTS, 4, "clts")                                                                         \
	X(LMSW, 4, "lmsw %ax")                                                                     \
	X(LMSW, 4, "lmsw (%rdi)")                                                                  \
	X(CLI, 4, "cli")                                                                           \
	X(STI, 4, "sti")                                                                           \
	X(HLT, 4, "hlt")                                                                           \
	X(WBINVD, 4, "wbinvd")                                                                     \
	X(INVLPG, 4, "invlpg 0x12(%rdi)")                                                          \
	X(SWAPGS, 4, "swapgs")                                                                     \
	X(LOAD_TABLE, 4, "lgdt (%rdi)")                                                            \
	X(LOAD_TABLE, 4, "lidt 0x12345678(%r8)")                                                   \
	X(LOAD_TABLE, 4, "lldt %ax")                                                               \
	X(LOAD_TABLE, 4, "ltr (%rdi)")                                                             \
	X(RETURN, 8, "iretq")                                                                      \
	X(RETURN, 8, "sysretq")                                                                    \
	X(INT, 4, "int $0x80")

/* What must not be taken for one of them. */
#define STRANGERS(X)                                                                               \
	X(NONE, 0, "lock cmpxchg16b (%rdi)")                                                       \
	X(NONE, 0, "cmpxchg8b (%rdi)")                                                             \
	X(NONE, 0, "mov %rax, %rbx")                                                               \
	X(NONE, 0, "mov (%rdi), %rax")                                                             \
	X(NONE, 0, "cmpq $1, (%rdi)")                                                              \
	X(NONE, 0, "cmp %rax, (%rdi)")                                                             \
	X(NONE, 0, "add %rax, %rbx")                                                               \
	X(NONE, 0, "btq $5, (%rdi)")                                                               \
	X(NONE, 0, "push (%rdi)")                                                                  \
	X(NONE, 0, "pop (%rdi)")                                                                   \
	X(NONE, 0, "movups %xmm0, (%rdi)")                                                         \
	X(NONE, 0, "vmovups %ymm0, (%rdi)")                                                        \
	X(NONE, 0, "int3")                                                                         \
	X(NONE, 0, "ud2")                                                                          \
	X(NONE, 0, "sgdt (%rdi)")                                                                  \
	X(NONE, 0, "vmcall")                                                                       \
	X(NONE, 0, "invd")                                                                         \
	X(NONE, 0, ".byte 0xf0, 0x48, 0x89, 0x07") /* lock mov */                                  \
	X(NONE, 0, ".byte 0xf0, 0x0f, 0x20, 0xc0") /* lock mov cr */                               \
	X(NONE, 0, "shlq $1, (%rdi)")

#define ASSEMBLE(operation, bytes, text)                                                           \
	"1: " text "\n2:\n.pushsection .rodata\n.byte 2b - 1b\n.popsection\n"

__asm__(".pushsection .rodata\nform_lengths:\n.popsection\n"
	".pushsection .text\nform_code:\n" FORMS(ASSEMBLE) STRANGERS(ASSEMBLE) ".popsection\n");
extern const uint8_t form_lengths[], form_code[];

#define DESCRIBE(operation, bytes, text) {OPERATION_##operation, bytes, text},
static const struct {
	enum operation operation;
	uint8_t bytes;
	const char *text;
} described[] = {FORMS(DESCRIBE) STRANGERS(DESCRIBE)};

static bool form_good(size_t i, const uint8_t *code)
{
	struct instruction instruction;
	uint8_t buffer[INSTRUCTION_BYTES_MAX];

	memset(buffer, 0xcc, sizeof(buffer));
	memcpy(buffer, code, form_lengths[i]);
	if (described[i].operation == OPERATION_NONE)
		return !decode_instruction(buffer, sizeof(buffer), &instruction);
	for (size_t count = 0; count < form_lengths[i]; count++)
		if (decode_instruction(buffer, count, &instruction))
			return false;
	return decode_instruction(buffer, sizeof(buffer), &instruction) &&
	       instruction.operation == described[i].operation &&
	       instruction.operand_bytes == described[i].bytes &&
	       instruction.length == form_lengths[i];
}

static void test_forms(void)
{
	const uint8_t *code = form_code;

	for (size_t i = 0; i < ARRAY_SIZE(described); i++) {
		check(described[i].text, form_good(i, code), "operation, size or length differ");
		code += form_lengths[i];
	}
}

static void test_noise(void)
{
	bool good = true;

	for (int i = 0; i < 2000000; i++) {
		uint8_t bytes[16];
		struct instruction instruction;
		size_t count = below(16);
		uint64_t words[2] = {random_64(), random_64()};

		memcpy(bytes, words, 16);
		if (decode_instruction(bytes, count, &instruction))
			good &= instruction.length >= 1 && instruction.length <= count;
	}
	check("noise", good, "a length beyond the bytes");
}

static void test_repeat(void)
{
	static const uint8_t code[] = {0xf3, 0x48, 0xab};
	struct regs regs = {.rdi = 0x1000, .rax = 5, .rcx = 2, .rip = 0x100};
	struct instruction instruction;
	uint64_t entry = 1;
	bool good = decode_instruction(code, sizeof(code), &instruction);

	good &= decode_apply(&instruction, &regs, regs.rdi, 0, &entry) && entry == 5 &&
		regs.rcx == 1 && regs.rdi == 0x1008 && regs.rip == 0x100;
	good &= decode_apply(&instruction, &regs, regs.rdi, 0, &entry) && regs.rcx == 0 &&
		regs.rdi == 0x1010 && regs.rip == 0x103;
	entry = 7;
	regs.rip = 0x100;
	good &= decode_apply(&instruction, &regs, regs.rdi, 0, &entry) && entry == 7 &&
		regs.rdi == 0x1010 && regs.rip == 0x103;
	check("repeat", good, "rounds are counted otherwise");
}

static void test_refused(void)
{
	static const uint8_t move[] = {0x89, 0x07}, halt[] = {0xf4};
	struct regs regs = {.rdi = 0x1005, .rip = 0x100}, before = regs;
	struct instruction instruction;
	uint64_t entry = 1;
	bool good = decode_instruction(move, sizeof(move), &instruction);

	good &= !decode_apply(&instruction, &regs, regs.rdi, 0, &entry);
	good &= decode_instruction(halt, sizeof(halt), &instruction);
	good &= !decode_apply(&instruction, &regs, regs.rdi, 0, &entry);
	good &= entry == 1 && memcmp(&regs, &before, sizeof(regs)) == 0;
	check("refused", good, "taken or changed something");
}

int main(void)
{
	test_forms();
	test_noise();
	test_repeat();
	test_refused();
	return failures != 0;
}
