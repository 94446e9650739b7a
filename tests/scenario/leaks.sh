# SPDX-License-Identifier: MIT
#
# What may not change by guests and devices that come and go: snapshots of memory, ports,
# grants, the store, programs, descriptors and files in dom0, and what differs between two.
# It stands behind tools_shell.sh, before a scenario's own script.

stock=/usr/lib/xen-4.17/bin
work=/soak # what is compared lies elsewhere
growth_most=64 # KiB a daemon's own memory may grow
mkdir -p $work

each_daemon() {
	for daemon in stored consoled ensod; do
		"$1" $daemon "$(cat /run/enso/$daemon.pid)"
	done
}

descriptors() {
	ls -l "/proc/$2/fd" | awk -v name="$1" 'NF > 8 { print name, $9, $11 }' | sort
}

resident() {
	awk -v name="$1" '/^RssAnon/ { print name, $2 }' "/proc/$2/status"
}

# The hypervisor's own counts: free pages, objects, domains with their ports and grants.
hypervisor_counts() {
	xl debug-keys mq
	enso dmesg | awk '/ memory: .* pages free/ { text = "" } { text = text $0 "\n" }
		END { printf "%s", text }' | grep -e ' memory: ' -e ' domain [0-9]*: ' -e ' ports, '
}

# Programs, not the kernel's threads nor what runs for this script alone.
programs() {
	ps -o pid,ppid,args | awk '$2 != 2 && $1 != 2 && $3 != "ps" && $3 != "awk" &&
		!/enso-script/ { $2 = ""; print }'
}

snapshot() {
	rm -rf "$1"
	mkdir -p "$1"
	enso info --json | tr ',{}' '\n\n\n' | grep '"free_memory' >"$1/free"
	hypervisor_counts >"$1/hypervisor"
	$stock/lsevtchn 0 >"$1/ports"
	# A guest that is slow to see an interface go keeps its handle to its end (builder/present.h).
	xenstore-ls -f -p / | grep -v '^/local/domain/[0-9]*/enso[/ ]' >"$1/store"
	programs >"$1/programs"
	each_daemon descriptors >"$1/descriptors"
	find /run /tmp /var/lib/enso /var/tmp /dev/pts /dev/shm ! -name 'case.log' | sort >"$1/files"
	each_daemon resident >"$1/resident"
}

# What is compared exactly.
compared="free hypervisor ports store programs descriptors files"

# The first snapshots are themselves of what makes for good what stays.
snapshot_before() {
	snapshot $work/now
	snapshot $work/before
	snapshot $work/now
	snapshot $work/before
}

# changes BEFORE AFTER: names what differs; memory may, a little.
changes() {
	local what

	for what in $compared; do
		cmp -s "$1/$what" "$2/$what" || echo $what
	done
	paste "$1/resident" "$2/resident" | awk -v most=$growth_most '
		$4 - $2 > most { grown = 1 } END { if (grown) print "resident" }'
}

nothing_changed() {
	snapshot $work/now
	[ -z "$(changes $work/before $work/now)" ]
}

show_changes() {
	local what

	for what in $(changes $work/before $work/now); do
		echo "$what:"
		diff $work/before/$what $work/now/$what | grep '^[+-][^+-]' | head -n 20
	done >/dev/console
}

# as_before: what ends with a guest may end a moment later than it.
as_before() {
	within 30 nothing_changed || {
		show_changes
		echo "changed: $(changes $work/before $work/now | tr '\n' ' ')"
		return 1
	}
}
