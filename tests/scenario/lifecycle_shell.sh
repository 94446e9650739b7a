# SPDX-License-Identifier: MIT
#
# What lifecycle.sh and lifecycle_long.sh share, after tools_shell.sh: notes of what
# `enso` was used for, questions about guests, and a dom0 made ready for them.

# Whatever the cases have `enso` do successfully is noted, for the last of them.
enso() {
	local status=0

	command enso "$@" || status=$?
	[ $status != 0 ] || echo "$*" >>/tmp/exercised
	return $status
}

# exits CODE COMMAND...: it ends with that code, and has told why.
exits() {
	local code=$1 status=0
	shift

	"$@" >/tmp/refusal 2>&1 || status=$?
	[ $status = "$code" ] || { echo "status $status, not $code: $*"; return 1; }
	grep -q '^enso: ' /tmp/refusal || { echo "not a word: $*"; return 1; }
}

# json COMMAND...: its document, in /tmp/json, is of the schema it should be.
json() {
	local schema=$1

	[ "$1" != store ] || schema=$1-$2
	enso "$@" --json >/tmp/json
	grep -q "\"schema\": *\"enso\.$schema\.1\"" /tmp/json
}

# of_json FIELD: the first number or word of that name in /tmp/json.
of_json() {
	tr ',{}[]' '\n\n\n\n\n' </tmp/json | sed -n "s/^ *\"$1\": *\"*\([^\"]*\)\"*$/\1/p" | head -n 1
}

free_kib() {
	command enso info --json >/tmp/json
	of_json free_memory_kib
}

# create NAME [KEY=VALUE...]: a guest like all here, but for these.
create() {
	local name=$1
	shift

	enso create /tmp/guest.cfg name="$name" extra="console=hvc0 quiet enso.name=$name" "$@"
}

# up NAME: it has come to its shell.
up() {
	within 600 said "$1" '^GUEST-READY'
}

# tells NAME WORD COMMAND: what a command says in the guest, as one word.
tells() {
	types "$1" "echo $2-=\$($3)="
	within 60 said "$1" "^$2-=.*="
	sed -n "s/^$2-=\(.*\)=.*/\1/p" "/var/log/enso/$1.log" | tail -n 1
}

in_state() {
	enso wait "$1" "$2" -t "$3"
}

# again DAEMON [OPTION...]: it is killed, and comes back with these options.
again() {
	local name=$1 file
	shift

	file=/run/enso/${name#enso-}.pid
	echo "$*" >"/tmp/$name.options"
	kill -9 "$(cat "$file")" || true
	within 60 sh -c "kill -0 \$(cat $file)"
}

case_nothing_left() {
	[ "$(enso list --names)" = "" ]
	[ "$(xenstore-list /local/domain)" = 0 ]
	[ "$(ls /run/enso/guests /run/enso/creating | grep -v : | grep .)" = "" ]
	within 20 sh -c "[ \$(xl info free_memory) = $free_at_start ]"
}

cat >/tmp/guest.cfg <<'END'
name = "life"
kernel = "/boot/vmlinuz-6.1"
ramdisk = "/boot/guest-initrd.gz"
extra = "console=hvc0 quiet enso.name=life"
memory = 128
maxmem = 192
vcpus = 2
on_crash = "destroy"
END

# Daemons that take their options from a file, and stay away while there is another.
for name in ensod enso-consoled; do
	mv /usr/bin/$name /usr/bin/$name.real
	cat >/usr/bin/$name <<-END
		#!/bin/sh
		[ ! -e /tmp/$name.hold ] || exit 0
		exec /usr/bin/$name.real \$(cat /tmp/$name.options 2>/dev/null)
	END
	chmod 755 /usr/bin/$name
done

free_at_start=$(free_pages)
