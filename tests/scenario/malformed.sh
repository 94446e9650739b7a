# SPDX-License-Identifier: MIT
#
# What tests/scenario/malformed has dom0 do: a guest of each file in /malformed, which
# should not be; $expected says how many there are.  tools_shell.sh is in front of it.

files=/malformed
work=/work
refused_status=7 failed_status=1 # a disk of it that is not there, say

state() {
	enso info --json | tr ',{}' '\n\n\n' | grep '"free_memory'
	xenstore-ls -f -p /
	find /run/enso /tmp ! -name case.log | sort
	ls /var/lib/enso/kernels | grep -v '^[0-9a-f]\{64\}$'
}

# nothing_left: the host is as it was; unpacked kernels may stay, drafts of them not.
nothing_left() {
	state >$work/now
	cmp -s $work/before $work/now
}

# said_clearly OBJECT: one sentence, naming it (a pattern); whatever else was said is short.
said_clearly() {
	[ "$(grep -c "^enso: .*$1.*: ............" $work/out)" = 1 ] &&
		[ "$(grep -c '^enso: ' $work/out)" = 1 ] &&
		[ "$(wc -c <$work/out)" -lt 20000 ] &&
		! grep -q -i -e 'segmentation' -e 'aborted' -e 'assert' $work/out
}

# try NAME CONFIGURATION OBJECT: not made, and the message names the object; or made.
try() {
	local status=0

	enso create -p "$2" </dev/null >$work/out 2>&1 || status=$?
	tried=$((tried + 1))
	if [ $status = 0 ]; then
		made=$((made + 1))
		enso destroy "$1"
	elif [ $status != $refused_status -a $status != $failed_status ] || ! said_clearly "$3"; then
		echo "$3: status $status: $(tail -n 2 $work/out | cut -c1-200)"
		return 1
	fi
	nothing_left || {
		diff $work/before $work/now | grep '^[+-][^+-]' | head -n 5
		echo "$3 left something"
		return 1
	}
}

kernel_configuration() {
	cat >$work/kernel.cfg <<-END
		name = "malformed"
		kernel = "$1"
		memory = 32
	END
}

case_kernels() {
	local file

	tried=0 made=0
	for file in $files/*.kernel; do
		[ -e "$file" ] || continue
		kernel_configuration "$file"
		try malformed $work/kernel.cfg "\($(basename "$file")\|guest malformed: .*memory\)"
	done
	echo "MALFORMED $tried kernels tried, $made made a guest" >/dev/console
	[ $((tried - made)) -gt $((tried / 2)) ]
	echo $tried >>$work/tried
}

case_configurations() {
	local file

	tried=0 made=0
	for file in $files/*.xml $files/*.cfg $files/*.json; do
		[ -e "$file" ] || continue # none of this kind was chosen
		try web1 "$file" "\($(basename "$file")\|guest web1\)"
	done
	echo "MALFORMED $tried configurations tried, $made made a guest" >/dev/console
	[ $made = 0 ]
	echo $tried >>$work/tried
}

case_all_tried() {
	[ "$(awk '{ sum += $1 } END { print sum }' $work/tried)" = "$expected" ]
}

# What is looked at shows what is looked for.
case_notices() {
	kernel_configuration /boot/micro/none
	refused enso create $work/kernel.cfg >$work/out 2>&1
	said_clearly none
	refused said_clearly another
	echo "enso: none: but a second sentence is too many" >>$work/out
	refused said_clearly none
	touch /run/enso/leak
	refused nothing_left
	rm /run/enso/leak
	nothing_left
	kernel_configuration /boot/vmlinuz-6.1
	enso create -p $work/kernel.cfg memory=128
	refused nothing_left
	enso destroy malformed
	nothing_left
}

mkdir -p $work
kernel_configuration /boot/vmlinuz-6.1
enso create -p $work/kernel.cfg memory=128
enso destroy malformed
state >$work/before
state >$work/before
run_cases malformed notices kernels configurations all-tried
exit $failed
