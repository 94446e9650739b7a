# SPDX-License-Identifier: MIT
#
# What lifecycle.sh and lifecycle_long.sh share, after tools_shell.sh and commands_shell.sh:
# questions about guests, and a dom0 made ready for them.

# exits CODE COMMAND...: it ends with that code, and has told why.
exits() {
	local code=$1 status=0
	shift

	"$@" >/tmp/refusal 2>&1 || status=$?
	[ $status = "$code" ] || { echo "status $status, not $code: $*"; return 1; }
	grep -q '^enso: ' /tmp/refusal || { echo "not a word: $*"; return 1; }
}

free_kib() {
	command enso info --json >/tmp/json
	of_json free_memory_kib
}

# create NAME [KEY=VALUE...]: a guest like all here, but for these.
create() {
	local name=$1
	shift

	enso create /tmp/guest.cfg name="$name" extra="console=hvc0 quiet cryptomgr.notests enso.name=$name" "$@"
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
	local name=$1 file old
	shift

	file=/run/enso/${name#enso-}.pid
	echo "$*" >"/tmp/$name.options"
	old=$(cat "$file")
	kill -9 "$old"
	within 60 other_lives "$file" "$old"
}

# between LEAST NUMBER MOST
between() {
	[ "$1" -le "$2" ] && [ "$2" -le "$3" ] || { echo "$2 is not $1 to $3"; return 1; }
}

# The part of a CPU that a guest had, of `top` in /tmp/json.
percent_of() {
	tr '{}' '\n\n' </tmp/json |
		sed -n "s/.*\"name\":\"$1\".*\"cpu_percent\":\([0-9.]*\).*/\1/p" | tail -n 1
}

# near VALUE OTHER PERCENT: as real numbers, within so much of the other.
near() {
	awk "BEGIN { d = $1 - $2; if (d < 0) d = -d; exit !(100 * d <= $3 * $2) }" ||
		{ echo "$1 is not $2 within $3 %"; return 1; }
}

# spin GUEST: one that uses up what it gets of a CPU.
spin() {
	cat >/tmp/spin.cfg <<-END
		name = "$1"
		kernel = "/boot/micro/hostile_traps.elf"
		cmdline = "attack=spin"
		memory = 16
	END
	enso create /tmp/spin.cfg
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
extra = "console=hvc0 quiet cryptomgr.notests enso.name=life"
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
last_cpu=$(($(grep -c '^processor' /proc/cpuinfo) - 1))
# The only one is all.
last_cpu_listed=$last_cpu
[ $last_cpu != 0 ] || last_cpu_listed=all
