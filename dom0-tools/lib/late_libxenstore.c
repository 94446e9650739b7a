/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/late_libxenstore.c - what the tools use of libxenstore, by late.h.
 * Commands that only look (`enso list`) ask the store by store_pipe.h and need none
 * of it: without it and what hangs on it a short command costs a tenth less.
 */
#include <xenstore.h>

#include "dom0-tools/lib/late.h"

#define LIBXENSTORE "libxenstore.so.4"

typedef struct xs_handle *handle_t;

LATE(LIBXENSTORE, handle_t, xs_open, (unsigned long flags), (flags))
LATE(LIBXENSTORE, void, xs_close, (handle_t handle), (handle))

LATE(LIBXENSTORE, void *, xs_read,
     (handle_t handle, xs_transaction_t transaction, const char *path, unsigned int *bytes),
     (handle, transaction, path, bytes))
LATE(LIBXENSTORE, bool, xs_write,
     (handle_t handle, xs_transaction_t transaction, const char *path, const void *value,
      unsigned int bytes),
     (handle, transaction, path, value, bytes))
LATE(LIBXENSTORE, bool, xs_mkdir, (handle_t handle, xs_transaction_t transaction, const char *path),
     (handle, transaction, path))
LATE(LIBXENSTORE, bool, xs_rm, (handle_t handle, xs_transaction_t transaction, const char *path),
     (handle, transaction, path))
LATE(LIBXENSTORE, char **, xs_directory,
     (handle_t handle, xs_transaction_t transaction, const char *path, unsigned int *count),
     (handle, transaction, path, count))
LATE(LIBXENSTORE, struct xs_permissions *, xs_get_permissions,
     (handle_t handle, xs_transaction_t transaction, const char *path, unsigned int *count),
     (handle, transaction, path, count))
LATE(LIBXENSTORE, bool, xs_set_permissions,
     (handle_t handle, xs_transaction_t transaction, const char *path,
      struct xs_permissions *permissions, unsigned int count),
     (handle, transaction, path, permissions, count))

LATE(LIBXENSTORE, xs_transaction_t, xs_transaction_start, (handle_t handle), (handle))
LATE(LIBXENSTORE, bool, xs_transaction_end,
     (handle_t handle, xs_transaction_t transaction, bool abort), (handle, transaction, abort))

LATE(LIBXENSTORE, bool, xs_introduce_domain,
     (handle_t handle, unsigned int domid, unsigned long frame, unsigned int port),
     (handle, domid, frame, port))
LATE(LIBXENSTORE, bool, xs_release_domain, (handle_t handle, unsigned int domid), (handle, domid))
LATE(LIBXENSTORE, bool, xs_is_domain_introduced, (handle_t handle, unsigned int domid),
     (handle, domid))
LATE(LIBXENSTORE, char *, xs_get_domain_path, (handle_t handle, unsigned int domid),
     (handle, domid))

LATE(LIBXENSTORE, bool, xs_watch, (handle_t handle, const char *path, const char *token),
     (handle, path, token))
LATE(LIBXENSTORE, bool, xs_unwatch, (handle_t handle, const char *path, const char *token),
     (handle, path, token))
LATE(LIBXENSTORE, char **, xs_check_watch, (handle_t handle), (handle))
LATE(LIBXENSTORE, int, xs_fileno, (handle_t handle), (handle))
