/* SPDX-License-Identifier: MIT */
/*
 * xen-like/options.h - boot options: one list (options.def), one struct.  Pure.
 */
#pragma once

#include "xen-like/base/abi.h"
#include "xen-like/console.h"

#define OPTION_TEXT_MAX 64

#ifdef ENSO_DEBUG
#define AUDIT_DEFAULT true
#else
#define AUDIT_DEFAULT false
#endif

/* console=: a set of these. */
#define CONSOLE_COM1	 0x1
#define CONSOLE_COM2	 0x2
#define CONSOLE_VGA	 0x4
#define CONSOLES_DEFAULT (CONSOLE_COM1 | CONSOLE_VGA)

/* com1=, com2=: one serial line. */
struct serial_setup {
	uint32_t baud;	/* divides 115200; 0: the speed the firmware left       */
	uint8_t format; /* the line control register: bits, stop bits, parity */
	uint16_t port;
	uint8_t irq;
};

#define SERIAL_8N1 0x03
#define COM1_DEFAULT                                                                               \
	{                                                                                          \
		115200, SERIAL_8N1, 0x3f8, 4                                                       \
	}
#define COM2_DEFAULT                                                                               \
	{                                                                                          \
		115200, SERIAL_8N1, 0x2f8, 3                                                       \
	}

enum scheduler { SCHED_FAIR }; /* its relatives' names are taken for it */

#define LOG_NOTHING	     (-1)

#define FIELD_TEXT(field)    char field[OPTION_TEXT_MAX]
#define FIELD_CONSOLE(field) uint32_t field
#define FIELD_LINE(field)    struct serial_setup field
#define FIELD_LEVEL(field)   int field
#define FIELD_SCHED(field)   uint32_t field
#define FIELD_BOOLEAN(field) bool field
#define FIELD_NUMBER(field)  uint64_t field
#define FIELD_SIZE(field)    uint64_t field

struct options {
#define OPTION(kind, name, field, value, help) FIELD_##kind(field);
#include "xen-like/options.def"
#undef OPTION
};

extern struct options options;

/*
 * Fills `into` with defaults and what `line` says.  complaint(why, text) is
 * called for each word that is unknown or malformed; that word has no effect.
 * A first word with a slash and no "=", the image's own name, is passed over.
 */
void options_parse(struct options *into, const char *line,
		   void (*complaint)(const char *why, const char *word));

/* Size with K, M, G, T suffix (none: `unit` bytes).  False when malformed or too big. */
MUST_CHECK
bool options_parse_size(const char *text, uint64_t unit, uint64_t *bytes);

/* The line as it was given, without the image's name. */
const char *options_command_line(void);
