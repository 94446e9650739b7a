/* SPDX-License-Identifier: MIT */
/* dom0-tools/lib/late_libxml2.c - what the tools use of libxml2, by late.h. */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>

#include "dom0-tools/lib/late.h"

#define LIBXML2 "libxml2.so.2"

LATE(LIBXML2, long, xmlByteConsumed, (xmlParserCtxtPtr context), (context))
LATE(LIBXML2, xmlDocPtr, xmlCtxtReadMemory,
     (xmlParserCtxtPtr context, const char *text, int bytes, const char *url, const char *encoding,
      int options),
     (context, text, bytes, url, encoding, options))
LATE(LIBXML2, void, xmlFreeDoc, (xmlDocPtr document), (document))
LATE(LIBXML2, void, xmlFreeParserCtxt, (xmlParserCtxtPtr context), (context))
LATE(LIBXML2, xmlParserCtxtPtr, xmlNewParserCtxt, (void), ())
LATE(LIBXML2, void, xmlStopParser, (xmlParserCtxtPtr context), (context))
LATE(LIBXML2, int, xmlStrcasecmp, (const xmlChar *one, const xmlChar *other), (one, other))
