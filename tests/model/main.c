/* SPDX-License-Identifier: MIT */
/*
 * tests/model/main.c - all worlds, or those named.
 *
 *	build/model/histories [-d MORE] [WORLD]...
 *
 * It ends at the first failure.  -d goes so many steps deeper (or, negative, less deep).  stderr
 *tells how many states and steps there were; at a failure, the history that leads to it.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/model/model.h"

static bool is_wanted(const char *name, char **wanted)
{
	if (!*wanted)
		return true;
	for (; *wanted; wanted++)
		if (strcmp(*wanted, name) == 0)
			return true;
	return false;
}

int main(int count, char **words)
{
	int more = 0;

	words++;
	if (count > 2 && strcmp(*words, "-d") == 0) {
		more = atoi(words[1]);
		words += 2;
	}
	model_create();
	for (unsigned int i = 0; i < world_count; i++) {
		int depth = (int)worlds[i].depth + more;

		if (!is_wanted(worlds[i].name, words))
			continue;
		if (!search(&worlds[i], depth > 1 ? (unsigned int)depth : 1) ||
		    (worlds[i].cut && !search_cuts(&worlds[i])))
			return 1;
	}
	return 0;
}
