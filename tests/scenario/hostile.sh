# SPDX-License-Identifier: MIT
#
# What tests/scenario/hostile has dom0 do.  A Linux guest counts seconds on its
# console all the while; micro-guests run beside it, several at once, until they
# have ended by themselves (and are destroyed by ensod) or have had their time.

TOGETHER=8

# free_memory: KiB, as the hypervisor says.
free_memory() {
	enso info --json | tr ',{}' '\n\n\n' | sed -n 's/.*"free_memory[a-z_]*": *\([0-9]*\).*/\1/p' |
		head -n 1
}

wrong() {
	echo "HOSTILE something is wrong: $*"
	exit 1
}

cat >/tmp/neighbour.cfg <<END
name = "neighbour"
kernel = "/boot/vmlinuz-6.1"
ramdisk = "/boot/guest-initrd.gz"
cmdline = "console=hvc0 cryptomgr.notests enso.run=while~true;do~echo~tick;sleep~1;done"
memory = 128
END
enso create /tmp/neighbour.cfg >/dev/null || wrong "the neighbour was not created"
tries=0
until grep -q tick /var/log/enso/neighbour.log 2>/dev/null; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || wrong "the neighbour does not run"
	sleep 0.2
done
before=$(free_memory)
[ "$before" -gt 0 ] || wrong "enso info does not say how much memory is free"

create() {
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "$2"
		memory = 32
		vcpus = 2
		on_reboot = "destroy"
		on_crash = "destroy"
	END
	enso create "/tmp/$1.cfg" >"/tmp/$1.out" 2>&1 && : >"/tmp/$1.created"
}

# left NAME...: those of them that are still there.
left() {
	enso list --names | grep -Fx "$(echo "$@" | tr ' ' '\n')"
}

# together IMAGE...: all of them at once, two made at a time.
together() {
	local names= name image tries=0 making=0

	for image; do
		name=$(basename "$image" .elf | tr _ -)
		names="$names $name"
		create "$name" "$image" &
		making=$((making + 1))
		[ $((making % 2)) = 1 ] || wait
	done
	wait
	for name in $names; do
		[ -e "/tmp/$name.created" ] || wrong "$name: $(tail -n 1 "/tmp/$name.out")"
	done
	while [ $tries -lt 12 ] && [ -n "$(left $names)" ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	for name in $(left $names); do
		lasting=$((lasting + 1))
		enso destroy "$name" >/dev/null 2>&1
	done
	count=$((count + $#))
}

count=0
lasting=0
set --
for image in /boot/micro/*.elf; do
	set -- "$@" "$image"
	[ $# -lt $TOGETHER ] || {
		together "$@"
		set --
	}
done
together "$@"
echo "HOSTILE tried $count, $lasting lasted"

ticks=$(grep -c tick /var/log/enso/neighbour.log)
sleep 5
now=$(grep -c tick /var/log/enso/neighbour.log)
[ "$now" -gt "$ticks" ] || wrong "the neighbour stands still"
after=$(free_memory)
[ "$after" = "$before" ] || wrong "$before KiB were free, now $after"
left=$(enso list --names | grep -vcx neighbour)
[ "$left" = 0 ] || wrong "$left guests are left"
# It runs on as the host ends: the auditor counts its pages too.
echo "HOSTILE ok"
