/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/config_read.h - a guest's file, whatever format it is in.
 */
#pragma once

#include "dom0-tools/config/diagnostics.h"
#include "dom0-tools/config/guest_config.h"
#include "dom0-tools/lib/failure.h"
#include "xen-like/base/abi.h"

enum guest_format { GUEST_FORMAT_XML, GUEST_FORMAT_XL, GUEST_FORMAT_JSON };

/*
 * What all readers promise (this one, domxml_read, xlcfg_read, json_read).
 *
 * Returns 0 when the file is a guest's and nothing in it makes a difference that
 * Enso would not honour; *config is the caller's to free.  `diagnostics` has all
 * there is to say about the file: warnings may be there after a success.
 *
 * Returns -EINVAL when `diagnostics` has errors; all of them are found in one
 * pass, and `failure` tells the first with file, line and column.  *config is
 * then NULL, or, when what could be understood is a guest, that guest: for
 * `enso convert`, which names what is lost; a builder must not use it.
 *
 * Other errors: the file cannot be read (ENOENT, EACCES, EISDIR, EFBIG over
 * GUEST_FILE_MAX bytes) or ENOMEM; *config is NULL and `failure` says so.
 */
#define GUEST_FILE_MAX (4u << 20)

/* Reads `path`; what its first characters are decides the format. */
MUST_CHECK
int guest_config_read(const char *path, struct guest_config **config,
		      struct diagnostics *diagnostics, struct failure *failure);

/* The format of a text: XML begins with '<', JSON with '{', all else is xl.cfg. */
enum guest_format guest_config_format(const char *text, size_t bytes);
const char *guest_format_name(enum guest_format format); /* "xml", "xl", "json" */
