# SPDX-License-Identifier: MIT
#
# What tests/scenario/scale-many has dom0 do: $guests micro-guests at once.
# tools_shell.sh is in front of it.

ports() {
	/usr/lib/xen-4.17/bin/lsevtchn 0 | grep -c ': '
}

case_create() {
	local number

	for number in $(seq $guests); do
		cat >/tmp/tiny.cfg <<-END
			name = "tiny$number"
			kernel = "/boot/micro/short_life.elf"
			cmdline = "life=stay"
			memory = $memory
		END
		enso create /tmp/tiny.cfg
	done
}

case_list() {
	[ "$(enso list --names | grep -c '^tiny')" = $guests ]
	[ "$(enso list --json | tr '{' '\n' | grep -c '"name": *"tiny')" = $guests ]
	[ "$(xl list | grep -c '^tiny')" = $guests ]
	[ "$(enso top --once | grep -c '^ *tiny\| tiny')" = $guests ]
	[ "$(xenstore-list /local/domain | wc -l)" = $((guests + 1)) ]
}

# One for its store and one for its console: docs/design.md counts with that.
case_ports() {
	[ $(($(ports) - ports_at_start)) = $((2 * guests)) ]
}

case_end() {
	local number

	for number in $(seq $guests); do
		enso destroy tiny$number
	done
	within 60 nobody
}

nobody() {
	[ "$(enso list --names)" = "" ] && [ "$(xenstore-list /local/domain)" = 0 ]
}

case_nothing_left() {
	within 30 sh -c "[ \$(xl info free_memory) = $free_at_start ]"
	within 30 sh -c "[ \$(/usr/lib/xen-4.17/bin/lsevtchn 0 | grep -c ': ') = $ports_at_start ]"
	[ "$(ls /run/enso/guests /run/enso/creating | grep -v : | grep .)" = "" ]
}

free_at_start=$(free_pages)
ports_at_start=$(ports)
echo "SCALE_MANY dom0 has $ports_at_start ports without guests"
run_cases scale_many create list ports end nothing-left
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
