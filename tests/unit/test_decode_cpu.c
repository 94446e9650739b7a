// needs: xen-like/pv/decode.c xen-like/pv/decode_apply.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_decode_cpu.c - the decoder against the CPU: thousands of
 * writes to memory with random registers and addresses are really executed, and
 * memory, registers and flags must come out as decode_apply() says.
 */
#include <asm/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/decode_test.h"
#include "xen-like/pv/decode.h"

struct native {
	uint64_t registers[16], flags; /* offsets known below */
};

void native_run(struct native *state, const void *code);
extern const char native_back[];
uint64_t native_saved[4];

/* clang-format off */
#define MOVE_ALL(X)                                                                                \
	X(rax, 0)                                                                                  \
	X(rcx, 8) X(rdx, 16) X(rbx, 24) X(rsp, 32) X(rbp, 40) X(rsi, 48) X(r8, 64) X(r9, 72)       \
		X(r10, 80) X(r11, 88) X(r12, 96) X(r13, 104) X(r14, 112) X(r15, 120)
/* clang-format on */
#define LOAD(name, offset)  "mov " #offset "(%rdi), %" #name "\n"
#define STORE(name, offset) "mov %" #name ", " #offset "(%rdi)\n"

__asm__(".pushsection .text\n.globl native_run, native_back\nnative_run:\n"
	"push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, native_saved(%rip)\nmov %rdi, native_saved+8(%rip)\n"
	"mov %rsi, native_saved+16(%rip)\npush 128(%rdi)\npopf\n" MOVE_ALL(
		LOAD) "mov 56(%rdi), %rdi\njmp *native_saved+16(%rip)\n"
		      "native_back:\nmov %rdi, native_saved+24(%rip)\nmov native_saved+8(%rip), "
		      "%rdi\n" MOVE_ALL(
			      STORE) "mov native_saved(%rip), %rsp\npushf\npop 128(%rdi)\ncld\n"
				     "mov native_saved+24(%rip), %rax\nmov %rax, 56(%rdi)\n"
				     "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop "
				     "%rbx\nret\n"
				     ".popsection\n");

#define FLAGS_COMPARED 0xcd5ull
#define MEMORY_BYTES   4096
#define GS_BASE	       0x7654321000ull

static uint8_t *code_page, *memory;
static uint64_t fs_base;

struct shape {
	uint8_t bytes[2];
	uint8_t count;
	int8_t extension;  /* -1: a register */
	uint8_t immediate; /* 0 none, 1 byte, 4 by size */
	bool pair, lockable, bit_string;
};

static const struct shape shapes[] = {
	{{0x88}, 1, -1, 0, true, false, false},	       {{0xc6}, 1, 0, 4, true, false, false},
	{{0x86}, 1, -1, 0, true, true, false},	       {{0x00}, 1, -1, 0, true, true, false},
	{{0x08}, 1, -1, 0, true, true, false},	       {{0x10}, 1, -1, 0, true, true, false},
	{{0x18}, 1, -1, 0, true, true, false},	       {{0x20}, 1, -1, 0, true, true, false},
	{{0x28}, 1, -1, 0, true, true, false},	       {{0x30}, 1, -1, 0, true, true, false},
	{{0x80}, 1, 0, 4, true, true, false},	       {{0x80}, 1, 1, 4, true, true, false},
	{{0x80}, 1, 2, 4, true, true, false},	       {{0x80}, 1, 3, 4, true, true, false},
	{{0x80}, 1, 4, 4, true, true, false},	       {{0x80}, 1, 5, 4, true, true, false},
	{{0x80}, 1, 6, 4, true, true, false},	       {{0x83}, 1, 0, 1, false, true, false},
	{{0x83}, 1, 1, 1, false, true, false},	       {{0x83}, 1, 2, 1, false, true, false},
	{{0x83}, 1, 3, 1, false, true, false},	       {{0x83}, 1, 4, 1, false, true, false},
	{{0x83}, 1, 5, 1, false, true, false},	       {{0x83}, 1, 6, 1, false, true, false},
	{{0xfe}, 1, 0, 0, true, true, false},	       {{0xfe}, 1, 1, 0, true, true, false},
	{{0xf6}, 1, 2, 0, true, true, false},	       {{0xf6}, 1, 3, 0, true, true, false},
	{{0x0f, 0xb0}, 2, -1, 0, true, true, false},   {{0x0f, 0xc0}, 2, -1, 0, true, true, false},
	{{0x0f, 0xab}, 2, -1, 0, false, true, true},   {{0x0f, 0xb3}, 2, -1, 0, false, true, true},
	{{0x0f, 0xbb}, 2, -1, 0, false, true, true},   {{0x0f, 0xba}, 2, 5, 1, false, true, false},
	{{0x0f, 0xba}, 2, 6, 1, false, true, false},   {{0x0f, 0xba}, 2, 7, 1, false, true, false},
	{{0x0f, 0xc3}, 2, -1, 0, false, false, false},
};

/* An instruction under construction, and the registers it will run with. */
struct trial {
	const struct shape *shape;
	uint8_t code[32];
	unsigned int length;
	struct native state;
	unsigned int reg, base, index, scale_bits, mode;
	bool with_index, rip, narrow, lock;
	unsigned int bytes;
	uint8_t segment; /* prefix or 0 */
	int32_t displacement;
	uint64_t target;
};

static void emit(struct trial *trial, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		trial->code[trial->length++] = (uint8_t)(value >> (8 * i));
}

static void choose(struct trial *trial)
{
	static const uint8_t sizes[] = {1, 2, 4, 8};

	memset(trial, 0, sizeof(*trial));
	trial->shape = &shapes[below(ARRAY_SIZE(shapes))];
	trial->bytes = sizes[trial->shape->pair ? below(4) : 1 + below(3)];
	if (trial->shape->bytes[1] == 0xc3 && trial->bytes == 2)
		trial->bytes = 4;
	for (unsigned int i = 0; i < 16; i++)
		trial->state.registers[i] = random_64();
	trial->state.flags = (random_64() & FLAGS_COMPARED) | 0x202;
	trial->reg =
		trial->shape->extension >= 0 ? (unsigned int)trial->shape->extension : below(16);
	do {
		trial->base = below(16);
	} while (trial->shape->bit_string && trial->base == trial->reg);
	do {
		trial->index = below(16);
	} while (trial->index == 4 || trial->index == trial->base ||
		 (trial->shape->bit_string && trial->index == trial->reg));
	trial->with_index = below(2);
	trial->scale_bits = below(4);
	trial->rip = below(8) == 0;
	trial->mode = below(3);
	if (trial->mode == 0 && (trial->base & 7) == 5)
		trial->mode = 1;
	trial->narrow = below(8) == 0;
	trial->lock = trial->shape->lockable && below(2);
	trial->segment = (uint8_t[]){0, 0, 0x64, 0x65}[below(4)];
	if (trial->narrow || trial->rip)
		trial->segment = 0;
	trial->target = (uint64_t)memory + 1024 + below(16);
	/* Bytes beyond 8-byte words are refused: test_decode.c. */
	trial->target -= trial->target % 8 + trial->bytes > 8 ? trial->bytes - 1 : 0;
}

/* Sets base so that the address comes out as the target. */
static void aim(struct trial *trial)
{
	uint64_t *registers = trial->state.registers;
	uint64_t offset = trial->target;

	if (trial->shape->bit_string)
		registers[trial->reg] =
			(random_64() << 32 << 16) | (uint16_t)(int16_t)((int)below(4096) - 2048);
	if (trial->shape->bit_string && trial->bytes > 2)
		registers[trial->reg] = (uint64_t)((int64_t)below(4096) - 2048);
	if (trial->segment)
		offset -= trial->segment == 0x64 ? fs_base : GS_BASE;
	if (trial->mode == 1)
		trial->displacement = (int8_t)random_64();
	else if (trial->mode == 2)
		trial->displacement = (int32_t)random_64();
	if (trial->with_index)
		offset -= registers[trial->index] << trial->scale_bits;
	offset -= (uint64_t)(int64_t)trial->displacement;
	if (trial->narrow)
		offset = (offset & 0xffffffff) | random_64() << 32;
	if (!trial->rip)
		registers[trial->base] = offset;
}

static void encode_address(struct trial *trial)
{
	uint8_t reg = (trial->reg & 7) << 3;

	if (trial->rip) {
		unsigned int immediate = trial->shape->immediate;

		if (immediate == 4)
			immediate = MIN(trial->bytes, 4u);
		emit(trial, 0x05 | reg, 1);
		emit(trial, trial->target - ((uint64_t)code_page + trial->length + 4 + immediate),
		     4);
		return;
	}
	if (trial->with_index || (trial->base & 7) == 4) {
		emit(trial, trial->mode << 6 | 4 | reg, 1);
		emit(trial,
		     trial->scale_bits << 6 | (trial->with_index ? trial->index & 7 : 4) << 3 |
			     (trial->base & 7),
		     1);
	} else {
		emit(trial, trial->mode << 6 | (trial->base & 7) | reg, 1);
	}
	if (trial->mode)
		emit(trial, (uint64_t)(int64_t)trial->displacement, trial->mode == 1 ? 1 : 4);
}

static void encode(struct trial *trial)
{
	const struct shape *shape = trial->shape;
	uint8_t rex = (trial->bytes == 8 ? 8 : 0) | (trial->reg >= 8 ? 4 : 0);

	if (!trial->rip)
		rex |= (trial->with_index && trial->index >= 8 ? 2 : 0) |
		       (trial->base >= 8 ? 1 : 0);
	if (trial->lock)
		emit(trial, 0xf0, 1);
	if (trial->segment)
		emit(trial, trial->segment, 1);
	if (trial->bytes == 2)
		emit(trial, 0x66, 1);
	if (trial->narrow)
		emit(trial, 0x67, 1);
	if (rex || below(4) == 0)
		emit(trial, 0x40 | rex, 1);
	if (shape->count == 2)
		emit(trial, 0x0f, 1);
	emit(trial, shape->bytes[shape->count - 1] | (shape->pair && trial->bytes > 1), 1);
	encode_address(trial);
	if (shape->immediate)
		emit(trial, random_64(), shape->immediate == 1 ? 1 : MIN(trial->bytes, 4u));
}

static void to_regs(const struct native *state, struct regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	for (unsigned int i = 0; i < 16; i++)
		*decode_register(regs, i) = state->registers[i];
	regs->rflags = state->flags;
	regs->rip = (uint64_t)code_page;
}

static bool same(const struct native *state, struct regs *regs, unsigned int length)
{
	for (unsigned int i = 0; i < 16; i++)
		if (*decode_register(regs, i) != state->registers[i])
			return false;
	return (regs->rflags & FLAGS_COMPARED) == (state->flags & FLAGS_COMPARED) &&
	       regs->rip == (uint64_t)code_page + length;
}

static void place_code(const uint8_t *code, unsigned int length)
{
	static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};
	uint64_t back = (uint64_t)native_back;

	memcpy(code_page, code, length);
	memcpy(code_page + length, jump, sizeof(jump));
	memcpy(code_page + length + sizeof(jump), &back, sizeof(back));
}

/* Runs one by both; true when they agree. */
static bool agree(const uint8_t *code, unsigned int length, struct native *state)
{
	static uint64_t before[MEMORY_BYTES / 8];
	struct segment_bases bases = {.fs = fs_base, .gs = GS_BASE};
	struct instruction instruction;
	struct regs regs;
	uint64_t address, source = 0, slot;

	to_regs(state, &regs);
	if (!decode_instruction(code, INSTRUCTION_BYTES_MAX, &instruction) ||
	    instruction.length != length)
		return false;
	address = decode_address(&instruction, &regs, bases);
	if (address < (uint64_t)memory || address >= (uint64_t)memory + MEMORY_BYTES)
		return false;
	for (unsigned int i = 0; i < MEMORY_BYTES / 8; i++)
		((uint64_t *)memory)[i] = random_64();
	/* Let CMPXCHG find what it looks for now and then. */
	if (below(2))
		memcpy((void *)address, &state->registers[0], instruction.operand_bytes);
	memcpy(before, memory, MEMORY_BYTES);
	if (instruction.operation == OPERATION_MOVS)
		memcpy(&source, (void *)decode_source_address(&instruction, &regs, bases),
		       instruction.operand_bytes);
	slot = (address - (uint64_t)memory) / 8;
	if (!decode_apply(&instruction, &regs, address, source, &before[slot]))
		return address % 8 + instruction.operand_bytes > 8;
	place_code(code, length);
	native_run(state, code_page);
	return memcmp(before, memory, MEMORY_BYTES) == 0 && same(state, &regs, length);
}

static void print_code(const uint8_t *code, unsigned int length)
{
	printf("# ");
	for (unsigned int i = 0; i < length; i++)
		printf("%02x ", code[i]);
	printf("\n");
}

static void test_against_cpu(void)
{
	static uint32_t wrong[ARRAY_SIZE(shapes)];

	for (int i = 0; i < 200000; i++) {
		struct trial trial;

		choose(&trial);
		aim(&trial);
		encode(&trial);
		if (trial.length > INSTRUCTION_BYTES_MAX)
			continue;
		if (!agree(trial.code, trial.length, &trial.state) &&
		    wrong[trial.shape - shapes]++ == 0)
			print_code(trial.code, trial.length);
	}
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu_%02x_%02x_%d", shapes[i].bytes[0],
			 shapes[i].bytes[1], shapes[i].extension);
		check(name, wrong[i] == 0, "differs from the CPU");
	}
}

static void test_strings_against_cpu(void)
{
	static const uint8_t strings[][16] = {
		{0xaa},	      {0x66, 0xab}, {0xab},	  {0x48, 0xab},	      {0xa4},
		{0x66, 0xa5}, {0xa5},	    {0x48, 0xa5}, {0x67, 0x48, 0xab}, {0x64, 0x48, 0xa5},
		{0x67, 0xa4},
	};
	static const uint8_t lengths[] = {1, 2, 1, 2, 1, 2, 1, 2, 3, 3, 2};
	bool good = true;

	for (int i = 0; i < 20000; i++) {
		uint32_t which = below(ARRAY_SIZE(strings));
		struct native state;

		for (unsigned int r = 0; r < 16; r++)
			state.registers[r] = random_64();
		state.flags = (random_64() & FLAGS_COMPARED) | 0x202;
		state.registers[7] = (uint64_t)memory + 2048 + below(64);
		state.registers[6] = (uint64_t)memory + 1024 + below(64);
		if (strings[which][0] == 0x64)
			state.registers[6] -= fs_base;
		if (!agree(strings[which], lengths[which], &state)) {
			good = false;
			print_code(strings[which], lengths[which]);
		}
	}
	check("cpu_strings", good, "differs from the CPU");
}

int main(void)
{
	uint8_t *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (pages == MAP_FAILED) {
		check("memory", false, "no pages below 4 GiB");
		return 1;
	}
	code_page = pages;
	memory = pages + 4096;
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
	syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
	test_against_cpu();
	test_strings_against_cpu();
	return failures != 0;
}
