# SPDX-License-Identifier: MIT
#
# How long a guest waits for a device whose backend is killed, by tests/scenario/gaps.c in
# the guest.  It stands behind tools_shell.sh, before a scenario's own script.

# gap GUEST: what the program says when it is asked, in ms; it must run.
gap() {
	local before

	before=$(grep -c '^GAP ' "/var/log/enso/$1.log" || true)
	types "$1" 'kill -USR1 $gaps'
	within 60 said_times "$1" '^GAP ' $((before + 1))
	gap_ms=$(grep '^GAP ' "/var/log/enso/$1.log" | tail -n 1 | tr -d '\r' | cut -d' ' -f3)
}

# nodes CLASS ID NUMBER: a device's, of both ends, with their permissions.
nodes() {
	xenstore-ls -f -p "/local/domain/0/backend/enso-$1/$2/$3"
	xenstore-ls -f -p "/local/domain/$2/device/$1/$3"
}

# measure_back GUEST CLASS NUMBER TIMES: kills its backend so often, with the guest at work on
# the device.  Its successor leaves the store as it was; half of the times the guest waits
# a second at most, of the machine's counted time.
measure_back() {
	local count=0 id pid

	id=$(id_of "$1")
	: >/tmp/gaps
	while [ $count -lt "$4" ]; do
		count=$((count + 1))
		# Longer than ensod calls a quick death.
		sleep 1.2
		gap "$1"
		nodes "$2" "$id" "$3" >/tmp/nodes.before
		pid=$(head -n 1 "/run/enso/backends/$2-$id-$3")
		kill -9 "$pid"
		gap "$1"
		echo "$gap_ms" >>/tmp/gaps
		[ "$(head -n 1 "/run/enso/backends/$2-$id-$3")" != "$pid" ]
		nodes "$2" "$id" "$3" >/tmp/nodes.after
		cmp /tmp/nodes.before /tmp/nodes.after
	done
	grep -q state /tmp/nodes.after
	sort -n /tmp/gaps >/tmp/gaps.sorted
	median=$(sed -n "$((($4 + 1) / 2))p" /tmp/gaps.sorted)
	echo "$(echo ${scenario} | tr a-z A-Z) $2: back after $median ms in the median, $(tail -n 1 /tmp/gaps.sorted) ms at worst, of $4 kills" >/dev/console
	[ "$median" -le 1000 ]
}
