/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/config/domxml.h - libvirt's domain XML, as `virsh dumpxml` writes
 * it for Xen's driver.  What of it is honoured is the table in domxml_rules.c,
 * and docs/config.md.  Readers promise what config_read.h says.
 *
 * What libvirt's format has no place for stands in <metadata>, in elements of
 * the namespace DOMXML_NAMESPACE; libvirt keeps them as they are.
 */
#pragma once

#include "dom0-tools/config/config_read.h"

#define DOMXML_NAMESPACE "urn:enso:guest:1"

MUST_CHECK
int domxml_read(const char *path, struct guest_config **config, struct diagnostics *diagnostics,
		struct failure *failure);

/* The same of `bytes` bytes; `name` is what messages call them. */
MUST_CHECK
int domxml_read_memory(const char *name, const char *text, size_t bytes,
		       struct guest_config **config, struct diagnostics *diagnostics,
		       struct failure *failure);

/*
 * Writes a document that reads back as an equal configuration.  -EIO when `out`
 * does not take it (it is flushed), -EINVAL for what XML cannot carry (control
 * characters).
 */
MUST_CHECK
int domxml_write(const struct guest_config *config, FILE *out, struct failure *failure);

/* The same of a running guest: its domain id is <domain id='...'>. */
MUST_CHECK
int domxml_write_running(const struct guest_config *config, unsigned int domain_id, FILE *out,
			 struct failure *failure);
