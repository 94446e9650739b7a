/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/blkback/image_room.h - where an image's daemon lives: a mount namespace
 * whose root has the libraries, /dev/fuse and what the image is in, and no more.  An
 * image's bytes are somebody else's: what they make the daemon do, or name as backing
 * file, reaches nothing of dom0's.
 */
#pragma once

#include <stdbool.h>

struct room_wish {
	const char *file;   /* real path of what may be opened, NULL: none                */
	bool folder;	    /* the files beside it can be read, too: backing files        */
	bool read_only;	    /* nor can the file itself be written                         */
	bool network;	    /* otherwise there is none                                    */
	const char *export; /* an empty file of this path is made: what the image becomes */
};

/*
 * Puts the calling process, which has one thread and is about to call exec, into such a
 * room, with the privileges left that opening and mounting take.  False: `*step` says
 * what could not be done, errno why.
 */
bool image_room_enter(const struct room_wish *wish, const char **step);
