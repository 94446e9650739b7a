# SPDX-License-Identifier: MIT
#
# What tests/scenario/tools has dom0 do: guests are made, talked to and ended, by
# Enso's tools and by clients nobody here wrote.  tools_shell.sh is in front of it.
# Cases come in order, and later ones use the guests of earlier ones.

case_create_xml() {
	enso create /etc/enso/tiny.xml
	within 180 said tiny '^GUEST-READY kernel 6\.1\..* cpus 2 '
}

case_create_xl() {
	cat >/tmp/small.cfg <<-'END'
		name = "small"
		kernel = "/boot/vmlinuz-6.12"
		ramdisk = "/boot/guest-initrd.gz"
		extra = "console=hvc0 quiet enso.name=small"
		memory = 96
		vcpus = 1
	END
	enso create /tmp/small.cfg
	within 180 said small '^GUEST-READY kernel 6\.12\..* cpus 1 '
}

case_list() {
	runs tiny
	runs small
	enso list --json | grep -q '"schema": *"enso.list.1"'
	[ "$(id_of tiny)" -gt 0 ]
}

case_same_name_refused() {
	refused enso create /etc/enso/tiny.xml
	refused enso destroy nobody
}

case_xenstore_ls() {
	xenstore-ls "/local/domain/$(id_of tiny)" | tee /tmp/ls
	grep -q '^name = "tiny"$' /tmp/ls
	grep -q '^ type = "xenconsoled"$' /tmp/ls
}

case_xenstore_watch() {
	local watch

	xenstore-watch -n 2 /tool/watched >/tmp/watched &
	watch=$!
	within 20 test -s /tmp/watched
	enso store write /tool/watched yes
	within 20 sh -c '[ $(grep -c /tool/watched /tmp/watched) = 2 ]'
	wait $watch
	[ "$(xenstore-read /tool/watched)" = yes ]
	xenstore-rm /tool/watched
}

case_xenconsole() {
	(sleep 1; echo 'echo stock-$((6*7))'; within 60 said tiny '^stock-42'; sleep 1; printf '\035') |
		timeout 90 xenconsole --interactive --type pv "$(id_of tiny)" >/tmp/xenconsole || true
	grep -q '^stock-42' /tmp/xenconsole
}

case_logs() {
	enso logs tiny | grep -q GUEST-READY
}

case_pause() {
	enso pause small
	enso list small | grep -q paused
	enso unpause small
	enso list small | grep -q running
	answers small unpaused
}

# Any of them may be killed; guests and their consoles go on.
case_daemons_killed() {
	local name round

	for round in 1 2 3; do
		for name in consoled stored ensod; do
			kill -9 "$(cat /run/enso/$name.pid)"
			within 30 xenstore-read /
		done
		within 30 alive consoled
	done
	within 30 enso list
	answers tiny survived
	answers small survived
}

# Every line of a flood is in the log, whenever the console daemon dies.
case_flood_not_lost() {
	local tty kills=0 lines

	tty=$(xenstore-read "/local/domain/$(id_of small)/console/tty")
	echo 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo flood-$i-; done; echo over-$((6*7))' \
		>"$tty"
	while [ $kills -lt 5 ]; do
		sleep 0.5
		kill -9 "$(cat /run/enso/consoled.pid)" || true
		kills=$((kills + 1))
	done
	within 120 said small '^over-42'
	lines=$(grep -ao 'flood-[0-9]*-' /var/log/enso/small.log | sort -u | wc -l)
	[ "$lines" = 2000 ] || { echo "$lines of 2000 lines are in the log"; return 1; }
}

case_reboot() {
	local before

	before=$(id_of tiny)
	enso reboot tiny
	within 180 sh -c "enso list --names | grep -qx tiny &&
		! xenstore-exists /local/domain/$before"
	within 180 sh -c '[ $(grep -c ^GUEST-READY /var/log/enso/tiny.log) = 2 ]'
}

case_shutdown() {
	enso shutdown small --wait
	within 60 gone small
}

case_destroy() {
	enso destroy tiny
	gone tiny
}

case_nothing_left() {
	[ "$(enso list --names)" = "" ]
	[ "$(xenstore-list /local/domain)" = 0 ]
	[ "$(ls /run/enso/guests /run/enso/creating | grep -v : | grep .)" = "" ]
	within 20 sh -c "[ \$(xl info free_memory) = $free_at_start ]"
}

free_at_start=$(free_pages)
run_cases tools create-xml create-xl list same-name-refused xenstore-ls xenstore-watch xenconsole \
	logs pause daemons-killed flood-not-lost reboot shutdown destroy nothing-left
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
