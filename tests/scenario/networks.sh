# SPDX-License-Identifier: MIT
#
# What tests/scenario/networks has dom0 do: two stock guests in a bridge, served by
# enso-netback, talk to dom0 and to each other while backends, the store and ensod are
# killed.  tools_shell.sh is in front of it; $kernel is the guests', $kills says how
# often a backend is killed.

# link BRIDGE LAST [ELEMENTS [WORDS FOR THE DRIVER]]: an interface, its MAC ending in LAST.
link() {
	echo "<interface type='bridge'><mac address='00:16:3e:00:00:$2'/><source bridge='$1'/>
		<driver name='enso'$4/>$3</interface>"
}

# in_guest NAME TAG COMMAND: types it at the guest's shell, waits for its success.
in_guest() {
	types $1 "if $3; then echo $2-\$((6*7)); else echo $2-failed; fi"
	within 120 said $1 "^$2-[4f]" && said $1 "^$2-42" || {
		tail -n 8 /var/log/enso/$1.log
		echo "$2: failed: $3"
		return 1
	}
}

backend_pid() {
	head -n 1 "/run/enso/backends/vif-$(id_of $1)-0"
}

other_backend_than() {
	is_another "$2" "$(backend_pid $1)"
}

leftovers() {
	xenstore-list /local/domain/0/backend/enso-vif 2>/dev/null
	ls /run/enso/backends
	ls /sys/class/net | grep '^vif'
	ps | grep '[e]nso-netback'
	true
}

nothing_left() {
	[ -z "$(leftovers)" ] || { leftovers | tr '\n' ' '; return 1; }
}

# configure NAME DEVICES
configure() {
	cat >/tmp/$1.xml <<-END
		<domain type='xen'><name>$1</name>
		<memory unit='MiB'>160</memory><vcpu>2</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-$kernel</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=$1</cmdline></os>
		<on_crash>destroy</on_crash>
		<devices>$2</devices></domain>
	END
}

case_create() {
	ip link add guests type bridge
	ip addr add 10.9.0.1/24 dev guests
	ip link set guests mtu 9000 up
	mkfifo /tmp/quiet
	ip link add tagged type bridge
	ip addr add 10.8.0.1/24 dev tagged
	echo 1 >/sys/class/net/tagged/bridge/vlan_filtering
	ip link set tagged up
	configure one "$(link guests 01)$(link tagged 11 "<vlan><tag id='42'/></vlan>")"
	configure two "$(link guests 02 "<mtu size='9000'/><ip address='10.9.0.12'/>
		<ip address='10.9.0.13'/><ip address='fd00::12' family='ipv6'/>
		<filterref filter='clean-traffic'/>" " queues='2'")$(link tagged 12 "<vlan><tag id='42'/></vlan>")"
	enso create /tmp/one.xml
	enso create /tmp/two.xml
	for name in one two; do
		within 180 said $name '^GUEST-READY'
		in_guest $name module 'mkfifo /tmp/quiet && modprobe xen-netfront && sleep 1'
	done
	in_guest one up 'ip addr add 10.9.0.11/24 dev eth0 && ip link set eth0 up'
	in_guest two up 'ip addr add 10.9.0.12/24 dev eth0 && ip link set eth0 up'
	[ "$(enso network-list one | grep -c 'connected')" = 2 ]
}

case_ping() {
	within 60 ping -c 1 -W 2 10.9.0.11
	within 60 ping -c 1 -W 2 10.9.0.12
	ping -c 3 -s 1400 -W 5 10.9.0.11
	in_guest one between 'ping -c 3 -W 5 10.9.0.12'
}

case_kinds() {
	in_guest two queues '[ $(ls -d /sys/class/net/eth0/queues/tx-* | wc -l) = 2 ]'
	# Linux' front does not ask what the node mtu says.
	in_guest two mtu 'ip link set eth0 mtu 9000'
	ping -c 2 -s 8000 -W 5 10.9.0.12
	ping -c 2 -s 30000 -W 5 10.9.0.12
	[ "$(cat /sys/class/net/vif$(id_of two).0/mtu)" = 9000 ]
}

# Two in one VLAN reach each other, and dom0, which is in another, reaches neither.
case_vlan() {
	in_guest one tagged 'ip addr add 10.8.0.11/24 dev eth1 && ip link set eth1 up'
	in_guest two tagged 'ip addr add 10.8.0.12/24 dev eth1 && ip link set eth1 up'
	in_guest one inside 'ping -c 2 -W 5 10.8.0.12'
	refused ping -c 2 -W 2 10.8.0.11
	in_guest one outside '! ping -c 2 -W 2 10.8.0.1'
}

# listens PORT FILE: dom0 writes what comes there into the file.  A listener that reads an
# end would end the connection: /tmp/quiet has none.
listens() {
	nc -l -p $1 >$2 <>/tmp/quiet &
	listener=$!
	sleep 1
}

# counter NAME WHICH: of dom0's side; rx is what the guest sent.
counter() {
	cat /sys/class/net/vif$(id_of $1).0/statistics/$2
}

# Both ways, with checksums left to the other side and segments larger than the wire's.
case_tcp() {
	local packets bytes

	in_guest one data 'dd if=/dev/urandom of=/tmp/data bs=1M count=8 && md5sum </tmp/data | sed s/^/SUM-/'
	packets=$(counter one rx_packets) bytes=$(counter one rx_bytes)
	listens 5001 /tmp/got
	in_guest one sent 'nc 10.9.0.1 5001 </tmp/data'
	wait $listener
	[ "$(wc -c </tmp/got)" = 8388608 ]
	grep -q "^SUM-$(md5sum </tmp/got | cut -d' ' -f1)" /var/log/enso/one.log
	packets=$(($(counter one rx_packets) - packets)) bytes=$(($(counter one rx_bytes) - bytes))
	echo "NETWORKS $((bytes / packets)) bytes in a packet from the guest" >/dev/console
	[ $((bytes / packets)) -gt 3000 ]

	packets=$(counter one tx_packets) bytes=$(counter one tx_bytes)
	# It waits before it reads, so that there is much to be sent at once.
	types one 'nc -l -p 5002 <>/tmp/quiet | (sleep 3; cat >/tmp/back); cmp /tmp/back /tmp/data && echo back-$((6*7))'
	sleep 2
	nc 10.9.0.11 5002 </tmp/got
	within 60 said one '^back-42'
	packets=$(($(counter one tx_packets) - packets)) bytes=$(($(counter one tx_bytes) - bytes))
	# The wire has 1,514 in one at most; how much more depends on who is faster.
	echo "NETWORKS $((bytes / packets)) bytes in a packet to the guest" >/dev/console
	[ $((bytes / packets)) -gt 1514 ]
}

case_between() {
	types two 'nc -l -p 5003 <>/tmp/quiet >/tmp/data; md5sum </tmp/data | sed s/^/TWO-/'
	sleep 2
	in_guest one between-sent 'nc 10.9.0.12 5003 </tmp/data'
	within 60 said two "^TWO-$(md5sum </tmp/got | cut -d' ' -f1)"
}

# draw N: sets $drawn to 0..N-1, the same in every run.
seed=1
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

# One connection that lives through all of it, and whose bytes are right.
case_killed() {
	local count=0 piece pid parts

	mkfifo /tmp/stream
	# Each 8 MiB of the stream are the same; they are looked at in eight pieces.
	for piece in 0 1 2 3 4 5 6 7; do
		dd if=/tmp/got of=/tmp/piece.$piece bs=1M count=1 skip=$piece
	done
	(piece=0
	while dd bs=1M count=1 iflag=fullblock 2>/dev/null | cmp -s - /tmp/piece.$piece; do
		piece=$(((piece + 1) % 8))
		echo good >>/tmp/parts
	done) </tmp/stream >/dev/null 2>&1 &
	touch /tmp/parts
	listens 5004 /tmp/stream
	types one '(while [ ! -e /tmp/stop ]; do cat /tmp/data; usleep 500000; done | nc 10.9.0.1 5004) &'
	within 60 goes_on 0
	while [ $count -lt $kills ]; do
		count=$((count + 1))
		draw 500
		usleep $((drawn * 1000))
		pid=$(backend_pid one)
		kill -9 "$pid"
		within 20 other_backend_than one "$pid"
		parts=$(parts_so_far)
		within 60 goes_on "$parts"
	done
}

parts_so_far() {
	grep -c good /tmp/parts
}

# goes_on PARTS: a whole one has come since there were so many.
goes_on() {
	[ "$(parts_so_far)" -ge $(($1 + 2)) ]
}

# Back within a second, in the median, and the store as it was.
case_back() {
	gaps echo 9 &
	types one 'gaps network 10.9.0.1 9 & gaps=$!'
	measure_back one vif 0 $kills
	in_guest one back-end 'kill $gaps'
	kill $!
}

case_store_killed() {
	local pid other parts

	pid=$(backend_pid one) other=$(backend_pid two)
	parts=$(parts_so_far)
	kill -9 "$(cat /run/enso/stored.pid)"
	within 20 other_backend_than one "$pid"
	within 20 other_backend_than two "$other"
	within 60 goes_on "$parts"
}

case_all_killed() {
	local parts

	parts=$(parts_so_far)
	kill -9 "$(cat /run/enso/ensod.pid)" "$(cat /run/enso/stored.pid)" "$(backend_pid one)" \
		"$(backend_pid two)"
	within 90 goes_on "$parts"
	within 30 id_of one # the guests may have gone on before the store is back
}

case_stop() {
	in_guest one stop 'touch /tmp/stop && wait'
	ping -c 2 -W 5 10.9.0.12
	enso network-list one | grep connected
}

# With a filter a guest has no addresses but its own.
case_spoof() {
	ip addr add fd00::1/64 dev guests
	in_guest two other-mac 'ip link set eth0 down && ip link set eth0 address 00:16:3e:00:00:77 && ip link set eth0 up && ! ping -c 2 -W 2 10.9.0.1'
	in_guest two own-mac 'ip link set eth0 down && ip link set eth0 address 00:16:3e:00:00:02 && ip link set eth0 up && sleep 1 && ping -c 2 -W 5 10.9.0.1'
	in_guest two second-ip 'ip addr add 10.9.0.13/24 dev eth0 && ping -c 2 -W 5 -I 10.9.0.13 10.9.0.1'
	in_guest two ipv6 'ip addr add fd00::12/64 dev eth0 && sleep 3 && ping6 -c 2 -W 5 fd00::1'
	in_guest two other-ipv6 'ip addr add fd00::99/64 dev eth0 && sleep 3 && ! ping6 -c 2 -W 2 -I fd00::99 fd00::1'
	in_guest two other-ip 'ip addr add 10.9.0.99/24 dev eth0 && ! ping -c 2 -W 2 -I 10.9.0.99 10.9.0.1'
}

# cycle NAME: an interface is attached, set up, and detached.
cycle() {
	enso network-attach one bridge=guests mac=00:16:3e:00:01:01 --driver enso --now
	# Its name is there a moment before it can be asked for.
	in_guest one attached$1 'for i in $(seq 60); do ip link set eth2 up 2>/dev/null && break; sleep 1; done; ip link show eth2 | grep -q "[<,]UP"'
	enso network-detach one 00:16:3e:00:01:01 --now
	in_guest one detached$1 'for i in $(seq 60); do [ ! -e /sys/class/net/eth2 ] || sleep 1; done; [ ! -e /sys/class/net/eth2 ]'
}

# sent_since BYTES: a mebibyte more.
sent_since() {
	[ $(($(counter one rx_bytes) - $1)) -gt 1048576 ]
}

# cycles_under_load FROM TO: while a TCP stream goes by another interface.
cycles_under_load() {
	local count=$1

	in_guest one load$1 'rm -f /tmp/stop'
	listens 5005 /dev/null
	types one '(while [ ! -e /tmp/stop ]; do cat /tmp/data; usleep 500000; done | nc 10.9.0.1 5005) &'
	within 60 sent_since "$(counter one rx_bytes)"
	while [ $count -lt $2 ]; do
		count=$((count + 1))
		cycle $count
	done
	within 60 sent_since "$(counter one rx_bytes)"
	in_guest one loaded$1 'touch /tmp/stop && wait'
	wait $listener
}

# Nothing is left of them, anywhere in dom0: what the first one makes for good apart.
case_cycles() {
	local growth_most=256 # as disks.sh

	cycles_under_load 0 1
	snapshot_before
	cycles_under_load 1 $((cycles + 1))
	as_before
	[ "$(ls /run/enso/backends | wc -l)" = 4 ]
}

case_private() {
	local status uid

	status=$(cat "/proc/$(backend_pid one)/status")
	uid=$(id -u enso-net)
	echo "$status" | grep -q "^Uid:.$uid.$uid.$uid.$uid"
	echo "$status" | grep -q '^CapEff:.0000000000000000'
	echo "$status" | grep -q '^Seccomp:.2'
	echo "$status" | grep -q '^NoNewPrivs:.1'
	[ "$(echo "$status" | awk '$1 == "VmRSS:" { print $2 }')" -lt 16384 ]
}

case_end() {
	enso destroy one
	enso destroy two
	within 20 nothing_left
}

modprobe -a bridge tun
run_cases networks ${cases:-create ping kinds vlan tcp between killed store-killed all-killed stop spoof cycles \
	private end}
[ $failed = 0 ] || tail -n 12 /var/log/enso/*.daemon
exit $failed
