# SPDX-License-Identifier: MIT
#
# xen-like/symbols.awk - `nm -n` of the image to a table for backtraces: sorted
# offsets from the image's start, and names one after another.
BEGIN {
	print "\t.section .rodata.symbols, \"a\", @progbits"
	print "\t.globl symbol_offsets, symbol_names, symbol_count"
	count = 0
}
$2 ~ /^[tT]$/ && $3 !~ /^[.$]/ { offset[count] = substr($1, 9); name[count++] = $3 }
END {
	print "\t.balign 4\nsymbol_count:\n\t.long " count
	print "symbol_offsets:"
	for (i = 0; i < count; i++)
		print "\t.long 0x" offset[i]
	print "symbol_names:"
	for (i = 0; i < count; i++)
		print "\t.asciz \"" name[i] "\""
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
