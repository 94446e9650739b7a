# SPDX-License-Identifier: MIT
#
# What tests/scenario/scale has dom0 do: $guests small Linux guests at once.
# tools_shell.sh is in front of it.

each_guest() {
	local number=0

	while [ $number -lt $guests ]; do
		number=$((number + 1))
		"$@" small$number
	done
}

create() {
	cat >/tmp/small.cfg <<-END
		name = "$1"
		kernel = "/boot/vmlinuz-6.1"
		ramdisk = "/boot/guest-initrd.gz"
		extra = "console=hvc0 quiet cryptomgr.notests enso.name=$1"
		memory = $memory
		vcpus = 1
	END
	enso create /tmp/small.cfg
}

ready() {
	within 600 said "$1" '^GUEST-READY kernel 6\.1\..* cpus 1 '
}

case_create() {
	each_guest create
}

case_ready() {
	each_guest ready
}

case_list() {
	enso list
	[ "$(enso list --names | grep -c '^small')" = $guests ]
	[ "$(enso list --json | tr '{' '\n' | grep -c '"name": *"small')" = $guests ]
	[ "$(xl list | grep -c '^small')" = $guests ]
	each_guest runs
}

# Each by its own: they are one beside the other, not one for all.
case_answer() {
	each_guest answers_its_name
}

answers_its_name() {
	answers "$1" "name-$1"
}

# Half are asked, all at once; half are ended.
case_end() {
	local asked= number

	for number in $(seq 1 2 $guests); do
		asked="$asked small$number"
	done
	enso shutdown $asked --wait --timeout 300
	for number in $(seq 2 2 $guests); do
		enso destroy small$number
	done
	within 60 nobody
}

nobody() {
	[ "$(enso list --names)" = "" ] && [ "$(xenstore-list /local/domain)" = 0 ]
}

case_nothing_left() {
	within 30 sh -c "[ \$(xl info free_memory) = $free_at_start ]"
	[ "$(ls /run/enso/guests /run/enso/creating | grep -v : | grep .)" = "" ]
}

free_at_start=$(free_pages)
run_cases scale create ready list answer end nothing-left
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
