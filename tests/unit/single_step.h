/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/single_step.h - a signal after each instruction of a piece of code, to look at
 * what it would have left behind if it had been killed there:
 *
 *	single_step_with(look);
 *	SINGLE_STEP_ON;
 *	something();
 *	SINGLE_STEP_OFF;
 */
#pragma once

#include <signal.h>

static inline void single_step_with(void (*look)(int signal))
{
	const struct sigaction action = {.sa_handler = look};

	sigaction(SIGTRAP, &action, 0);
}

/* The trap flag; the red zone is stepped over. */
#define SINGLE_STEP_ON                                                                             \
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; "            \
			 "lea 128(%%rsp), %%rsp" ::                                                \
				 : "memory", "cc")
#define SINGLE_STEP_OFF                                                                            \
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; "          \
			 "lea 128(%%rsp), %%rsp" ::                                                \
				 : "memory", "cc")
