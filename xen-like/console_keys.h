/* SPDX-License-Identifier: MIT */
/*
 * xen-like/console_keys.h - one-letter questions to Enso on its console.
 */
#pragma once

/* Runs what the key stands for; unknown ones are ignored. */
void console_key(char key);
