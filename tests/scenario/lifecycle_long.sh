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

percent_of() {
	tr '{}' '\n\n' </tmp/json |
		sed -n "s/.*\"name\":\"$1\".*\"cpu_percent\":\([0-9.]*\).*/\1/p" | tail -n 1
}

# near VALUE OTHER WITHIN: as real numbers.
near() {
	awk "BEGIN { d = $1 - $2; if (d < 0) d = -d; exit !(d <= $3) }" ||
		{ echo "$1 is not $2 within $3"; return 1; }
}

spin() {
	create "$1" vcpus=1 memory=96 maxmem=96
	up "$1"
	types "$1" 'while :; do :; done'
}

# Guests of weights 1:2:4 that spin on one CPU get 1/7, 2/7 and 4/7 of it.
case_weights() {
	local part

	enso vcpu-pin Domain-0 all 0
	for part in 1 2 4; do
		spin "spin$part"
		enso sched "spin$part" -w $((part * 128))
		enso vcpu-pin "spin$part" 0 1
	done
	json vcpu-pin spin1 all 1
	enso sched spin4 | grep -q '512 *0$'
	enso vcpu-list spin1 | tail -n 1 | grep -q ' 1 '
	json top -n 1 -d 28
	for part in 1 2 4; do
		near "$(percent_of "spin$part")" "$((10000 * part / 7))e-2" 2
	done
}

# A cap holds while there is time to spare, and the others take it.
case_caps() {
	enso destroy spin2
	enso sched spin1 --cap 25
	json sched spin1
	[ "$(of_json cap)" = 25 ]
	json top -n 1 -d 10
	near "$(percent_of spin1)" 25 2
	near "$(percent_of spin4)" 75 4
	enso destroy spin1 spin4
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

run_cases lifecycle_long ${CASES:-made-by-xl weights caps log-rotation nothing-left}
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
