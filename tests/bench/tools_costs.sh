# SPDX-License-Identifier: MIT
#
# What tests/bench/tools_costs.py has dom0 do, on Enso with its tools and on Xen with
# xl: it makes guests and ends them, and says what that cost.  $system and $guests
# are set in front of it.  All guests are paused: what they do is not counted.

measure=/usr/bin/measure

case $system in
enso)
	create="enso create -p" destroy="enso destroy" list="enso list"
	linux=/boot/vmlinuz-6.1
	daemons="enso-stored enso-consoled ensod"
	;;
xen)
	create="xl create -q -p" destroy="xl destroy" list="xl list"
	linux=/boot/vmlinux-6.1
	daemons="xenstored xenconsoled xl"
	;;
esac

wrong() {
	echo "COSTS something is wrong: $*"
	exit 1
}

# configure NAME KERNEL MEMORY WORDS
configure() {
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "$2"
		memory = $3
		$4
	END
}

# cost NAME COMMAND...
cost() {
	local name=$1
	shift

	$measure run "$name" "$@" >/tmp/out 2>&1 || {
		cat /tmp/out
		wrong "$name"
	}
	grep ^COST /tmp/out
}

# memory NAME: KiB that dom0 has for programs, and that daemons have for themselves; pages
# of the host.
memory() {
	local own=0 daemon pid

	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	for daemon in $daemons; do
		for pid in $(pidof "$daemon"); do
			own=$((own + $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")))
		done
	done
	echo "COST available-$1 $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)"
	echo "COST daemons-$1 $own"
	$measure host "$1"
}

configure linux $linux 128 'ramdisk = "/boot/guest-initrd.gz"'
for number in $(seq "$guests"); do
	configure "tiny$number" /boot/micro/short_life.elf 16 'extra = "life=stay"'
done

$measure store 500 || wrong "store"
# What is made once: an unpacked kernel, memory of daemons.
for round in 1 2; do
	$create /tmp/linux.cfg >/dev/null || wrong "the first guests"
	$destroy linux
done
for round in 1 2 3; do
	cost create $create /tmp/linux.cfg
	sleep 1
	cost destroy $destroy linux
	sleep 1
done
# All memory that guests will have is had once before, and has been zeroed by an idle
# CPU since, so that early and late guests find the same.
for number in $(seq "$guests"); do
	$create "/tmp/tiny$number.cfg" >/dev/null || wrong "guest $number"
done
for number in $(seq "$guests"); do
	$destroy "tiny$number" >/dev/null || wrong "guest $number"
done
sleep 10
memory before
for number in $(seq "$guests"); do
	cost "create-$number" $create "/tmp/tiny$number.cfg"
	sleep 0.2
	case $number in
	2 | "$guests")
		sleep 1
		for round in 1 2 3; do
			cost "list-$number" $list
		done
		;;
	esac
done
memory after
echo "COSTS end"
