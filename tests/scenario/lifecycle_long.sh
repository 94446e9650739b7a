# SPDX-License-Identifier: MIT
#
# What tests/scenario/lifecycle-long has dom0 do: what takes too long for every
# change.  tools_shell.sh and lifecycle_shell.sh are in front of it.

# The supervisor does what an xl.cfg says that xl itself does not wait for.
case_made_by_xl() {
	sed 's/life/byxl/; s/vcpus = 2/vcpus = 1/' /tmp/guest.cfg >/tmp/byxl.cfg
	echo 'on_reboot = "restart"' >>/tmp/byxl.cfg
	xl create -e /tmp/byxl.cfg
	up byxl
	json dumpxml byxl
	[ "$(of_json kept)" = false ]
	types byxl 'reboot -f'
	within 600 said_times byxl '^GUEST-READY' 2
	json dumpxml byxl
	[ "$(of_json kept)" = true ]
	enso destroy byxl
}

# A cap holds while there is time to spare, and the others take it.
case_caps() {
	enso vcpu-pin Domain-0 all 0
	for name in capped free; do
		spin $name
		enso vcpu-pin $name 0 1
	done
	enso sched capped --cap 25
	json sched capped
	[ "$(of_json cap)" = 25 ]
	json top -n 1 -d 10
	near "$(percent_of capped)" 25 8
	near "$(percent_of free)" 75 6
	enso destroy capped free
	enso vcpu-pin Domain-0 all all
}

# A log has a limit; of what is in its files nothing is missing or there twice.
case_log_rotation() {
	local first last count loop

	again enso-consoled --log-limit 64 --log-generations 3
	create flood vcpus=1
	up flood
	loop='i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo flood-$i-1234567890123456789012; done'
	types flood "$loop; echo over-\$((6*7))"
	within 600 said flood '^over-42'
	ls -l /var/log/enso/flood.log*
	for file in /var/log/enso/flood.log*; do
		[ "$(wc -c <"$file")" -le 65536 ]
	done
	[ "$(ls /var/log/enso/flood.log* | wc -l)" = 4 ]
	cat /var/log/enso/flood.log.3 /var/log/enso/flood.log.2 /var/log/enso/flood.log.1 \
		/var/log/enso/flood.log | sed -n 's/^flood-\([0-9]*\)-1234567890123456789012.*/\1/p' >/tmp/numbers
	first=$(head -n 1 /tmp/numbers)
	last=$(tail -n 1 /tmp/numbers)
	count=$(wc -l </tmp/numbers)
	[ "$last" = 9000 ]
	[ "$count" = $((last - first + 1)) ]
	[ "$(sort -nu /tmp/numbers | wc -l)" = "$count" ]
	enso destroy flood
	again enso-consoled
}

run_cases lifecycle_long ${cases:-made-by-xl caps log-rotation nothing-left}
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
