# SPDX-License-Identifier: MIT
#
# What tests/scenario/soak has dom0 do: $cycles guests are made and ended in every
# way, then all that may not change is compared with what it was before.  $seed
# says where builders are killed.  tools_shell.sh and leaks.sh are in front of it.

# ---- guests ----------------------------------------------------------------

# configure NAME IMAGE COMMAND-LINE MEMORY
configure() {
	cat >"$work/$1.cfg" <<-END
		name = "$1"
		kernel = "$2"
		cmdline = "$3"
		memory = $4
		on_crash = "destroy"
		on_reboot = "destroy"
	END
}

# nothing_made: no guest is here, whole or in part.
nothing_made() {
	for file in /run/enso/guests/* /run/enso/creating/*; do
		[ ! -e "$file" ] || return 1
	done
}

# nothing_half_made: no guest is here in part.
nothing_half_made() {
	for file in /run/enso/creating/*; do
		[ ! -e "$file" ] || return 1
	done
}

# soon SECONDS COMMAND...: as within, but looks more often.
soon() {
	local end what now _

	read -r now _ </proc/uptime
	end=$((${now%.*} + $1))
	shift

	what=$*
	until "$@"; do
		read -r now _ </proc/uptime
		if [ "${now%.*}" -ge $end ]; then
			echo "not so in time: $what"
			return 1
		fi
		usleep 30000
	done
}

# draw N: sets $drawn to 1..N, the same in every run.
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1 + 1))
}

# ---- one cycle of each kind ------------------------------------------------

cycle_poweroff() {
	enso create $work/poweroff.cfg
	soon 60 nothing_made
}

cycle_crash() {
	enso create $work/crash.cfg
	soon 60 nothing_made
}

cycle_fault() {
	enso create $work/fault.cfg
	soon 60 nothing_made
}

cycle_obey() {
	enso create $work/obey.cfg
	enso shutdown obey --wait
	soon 60 nothing_made
}

cycle_destroy() {
	enso create $work/stay.cfg
	enso destroy stay
	nothing_made
}

# A whole Linux guest, which answers a shutdown.
cycle_linux() {
	rm -f /var/log/enso/linux.log
	enso create $work/linux.cfg
	within 180 said linux '^GUEST-READY'
	enso shutdown linux --wait --timeout 120
	soon 60 nothing_made
}

# A builder killed as it enters a call drawn from those it makes: `enso create` ends
# there, and ensod takes away what it leaves; or the guest was whole.
cycle_kill() {
	draw "$(grep -c . $work/calls)"
	set -- $(sed -n "${drawn}p" $work/calls)
	strace -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
		enso create $work/stay.cfg >/dev/null 2>&1 || killed=$((killed + 1))
	soon 60 nothing_half_made
	nothing_made || enso destroy stay
	soon 60 nothing_made
}

# list_calls: what `enso create` calls, one a line with its number among its like.
list_calls() {
	strace -qq -o $work/calls.raw enso create $work/stay.cfg
	enso destroy stay
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' $work/calls.raw | grep -v -e exit -e execve |
		awk '{ print $1, ++count[$1] }' >$work/calls
	rm $work/calls.raw
}

# kind_of CYCLE: sets $kind.
kind_of() {
	case $(($1 % 10)) in
	0 | 5) kind=kill ;;
	1 | 6) kind=poweroff ;;
	2 | 7) kind=obey ;;
	3) kind=crash ;;
	8) kind=fault ;;
	*) kind=destroy ;;
	esac
	[ $(($1 % 50)) != 24 ] || kind=linux
}

run_cycles() {
	local at=0

	while [ $at -lt "$1" ]; do
		kind_of $at
		cycle_$kind
		at=$((at + 1))
		[ $((at % 25)) != 0 ] || tell "$at cycles"
	done
}

# ---- cases -------------------------------------------------------------------

# What is made once stays: the unpacked kernel, room that grew.
case_warm_up() {
	local number

	list_calls
	for number in 1 2 3; do
		enso create $work/stay.cfg name=stay$number
	done
	enso destroy stay1 stay2 stay3
	for kind in poweroff crash fault obey destroy kill linux; do
		cycle_$kind
	done
	snapshot_before
	as_before
	cat $work/before/free $work/before/hypervisor $work/before/resident
	grep -q memory $work/before/hypervisor
	grep -q 'domain 0' $work/before/hypervisor
	[ "$(grep -c . $work/before/ports)" -gt 5 ]
	[ "$(grep -c . $work/before/descriptors)" -gt 20 ]
}

# tell WORDS: progress, on the machine's log.
tell() {
	echo "SOAK $*, $(cut -d. -f1 /proc/uptime) s" >/dev/console
}

case_cycles() {
	killed=0
	tell "begin of cycles"
	run_cycles "$cycles"
	tell "$killed of $((cycles / 5)) builders killed"
	# Most of the calls drawn are made by each builder.
	[ $((killed * 10)) -ge $((cycles / 5 * 7)) ]
}

case_nothing_left() {
	as_before
	tell "resident KiB before and after: $(paste $work/before/resident $work/now/resident |
		awk '{ printf "%s %d %d ", $1, $2, $4 }')"
}

# notices NAME...: these, at least, are named as changed.
notices() {
	local what found

	snapshot $work/now
	found=$(changes $work/before $work/now)
	for what; do
		echo "$found" | grep -qx "$what" || { echo "$what is not noticed"; return 1; }
	done
}

case_notices_guest() {
	enso create -p $work/stay.cfg
	notices free hypervisor ports store descriptors files
	enso destroy stay
	as_before
}

# Three leaks at once: each is seen in a part of its own.
case_notices_node_program_file() {
	local leak

	xenstore-write /leak 1
	sleep 1000 &
	leak=$!
	touch /run/enso/leak
	notices store programs files
	xenstore-rm /leak
	kill $leak
	wait $leak || true
	rm /run/enso/leak
	as_before
}

case_notices_descriptor() {
	local leak

	xenstore-watch /leak >/dev/null &
	leak=$!
	sleep 1
	notices descriptors programs
	kill $leak
	wait $leak || true
	as_before
}

# Last: what a daemon has taken it may keep.
case_notices_memory() {
	head -c 1500 /dev/zero | tr '\0' x >/tmp/value
	awk '{ for (number = 0; number < 300; number++) print "/leak/" number, $0 }' /tmp/value |
		xargs -n 20 xenstore-write
	[ "$(xenstore-list /leak | wc -l)" = 300 ]
	notices resident store
}

for life in poweroff crash fault obey stay; do
	configure $life /boot/micro/short_life.elf life=$life 16
done
configure linux /boot/vmlinuz-6.1 "console=hvc0 quiet cryptomgr.notests enso.name=linux" 128
echo 'ramdisk = "/boot/guest-initrd.gz"' >>$work/linux.cfg
killed=0
run_cases soak warm-up cycles nothing-left notices-guest notices-node-program-file notices-descriptor \
	notices-memory
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
