# SPDX-License-Identifier: MIT
#
# What tests/scenario/debian has dom0 do with the guests of `make run`, web1 and db1:
# they boot, have network, install a package, and check what they write while backends
# and daemons are killed.  tools_shell.sh is in front of it; $kills says how often a
# backend is killed, $gateway and $echo are outside this machine.

guests="web1 db1"

# in_guest NAME TAG COMMAND [SECONDS]: types it at the guest's shell, waits for its success.
in_guest() {
	types $1 "if $3; then echo $2-\$((6*7)); else echo $2-failed; fi"
	within ${4:-120} said $1 "^$2-[4f]" && said $1 "^$2-42" || {
		tail -n 12 /var/log/enso/$1.log
		echo "$1: $2: failed: $3"
		return 1
	}
}

address_of() {
	awk -v name=$1 '$4 == name { print $3 }' /var/lib/enso/networks/default.leases
}

has_address() {
	[ -n "$(address_of $1)" ]
}

# gets_address NAME: by DHCP; or what dom0 and its own system say of its network is said.
gets_address() {
	! within 200 has_address $1 || return 0
	types $1 'echo "net-=$(networkctl --no-legend; journalctl -q -o cat -n 3 -u systemd-networkd)=" | tr "\n" ";"; echo'
	within 60 said $1 '^net-=.*='
	enso network-list $1 | tail -n 1
	grep '^net-=' /var/log/enso/$1.log | tail -n 1
	return 1
}

pid_of() {
	head -n 1 "/run/enso/backends/$1"
}

# The backend of this name is another process than it was.
changed() {
	is_another "$2" "$(pid_of $1)"
}

# From GRUB's menu on its own disk to the prompt of its own init.
case_boot() {
	for name in $guests; do
		within 600 said $name 'Reading (xen/xvda,msdos1)/boot/grub/grub.cfg'
		within 600 said $name "root@$name:"
		in_guest $name disk 'findmnt -no SOURCE / | grep -x /dev/xvda1 && [ $(cat /proc/1/comm) = systemd ]'
		in_guest $name units '[ $(systemctl is-system-running --wait) = running ]'
	done
	in_guest web1 kernel 'uname -r | grep ^6.1.0-'
	in_guest db1 kernel 'uname -r | grep ^6.12'
}

case_network() {
	for name in $guests; do
		gets_address $name
		ping -c 2 -W 5 "$(address_of $name)"
		in_guest $name outside "ping -c 2 -W 5 $gateway"
		in_guest $name stream "echo through | timeout 20 nc -N $echo $echo_port | grep through"
	done
	in_guest web1 other "ping -c 2 -W 5 $(address_of db1)"
	in_guest db1 other "ping -c 2 -W 5 $(address_of web1)"
}

case_package() {
	httpd -h /srv -p 192.168.77.1:8080
	for name in $guests; do
		in_guest $name source 'echo "deb [trusted=yes] http://192.168.77.1:8080 ./" >/etc/apt/sources.list'
		in_guest $name update 'apt-get -q update' 240
		in_guest $name install 'apt-get -qy install hello && hello | grep -x "Hello, world!"' 240
	done
}

# A load that checks what it wrote, in each guest; tags of one load are its number's.
begin_load() {
	for name in $guests; do
		types $name "fio --name=load$1 --filename=/root/load --size=48M --rw=randwrite --bsrange=4k-256k --ioengine=libaio --iodepth=8 --direct=1 --fsync=32 --verify=crc32c --verify_fatal=1 --loops=$2 >/tmp/fio 2>&1 && printf '\\nload$1-%d\\n' 42 || { tail -n 20 /tmp/fio; printf '\\nload$1-failed\\n'; } &"
	done
}

end_load() {
	for name in $guests; do
		within 400 said $name "^load$1-[4f]"
		said $name "^load$1-42" || { tail -n 20 /var/log/enso/$name.log; return 1; }
	done
}

case_disk_killed() {
	local backend pid

	begin_load 1 3
	sleep 2
	for i in $(seq $kills); do
		for name in $guests; do
			backend=vbd-$(id_of $name)-51712
			pid=$(pid_of $backend)
			kill -9 "$pid"
			within 20 changed $backend "$pid"
		done
		sleep 1
	done
	end_load 1
}

# Both ways between guests, and between a guest and dom0.
case_throughput() {
	in_guest db1 server 'iperf3 -s -D --pidfile /run/iperf3.pid'
	in_guest web1 to-guest "iperf3 -c $(address_of db1) -t 3"
	in_guest web1 from-guest "iperf3 -c $(address_of db1) -t 3 -R"
	iperf3 -c "$(address_of db1)" -t 3
	iperf3 -c "$(address_of db1)" -t 3 -R
	for line in $(grep -h 'receiver$' /var/log/enso/web1.log | tail -n 2 | tr ' ' '~'); do
		echo "DEBIAN between guests $(echo "$line" | tr '~' ' ')" >/dev/console
	done
}

# A connection lives on while its backends at both ends are killed.
case_network_killed() {
	local backend pid

	types web1 "iperf3 -c $(address_of db1) -t $((8 + 4 * kills)) && echo connection-\$((6*7)) || echo connection-failed"
	sleep 3
	for i in $(seq $kills); do
		for name in $guests; do
			backend=vif-$(id_of $name)-0
			pid=$(pid_of $backend)
			kill -9 "$pid"
			within 20 changed $backend "$pid"
		done
		sleep 1
	done
	within 200 said web1 '^connection-[4f]'
	said web1 '^connection-42'
}

# Every process of ours in dom0, at once.
case_all_killed() {
	begin_load 2 2
	sleep 2
	# One that ends with its parent may be gone when its turn comes.
	kill -9 $(pidof ensod enso-stored enso-consoled enso-blkback enso-netback) || true
	within 30 enso list
	end_load 2
	for name in $guests; do
		in_guest $name lives "ping -c 2 -W 20 $gateway"
	done
}

# GRUB came a second time, and the prompt after it.
booted_again() {
	awk '/Welcome to GRUB/ { boots++; prompt = 0 } /root@web1:/ { prompt = 1 }
		END { exit boots < 2 || !prompt }' /var/log/enso/web1.log
}

case_restart() {
	enso reboot web1
	within 500 booted_again
	in_guest web1 still 'hello && md5sum /root/load'
}

no_backends() {
	[ -z "$(ls /run/enso/backends)" ]
}

case_shutdown() {
	for name in $guests; do
		timeout 200 enso shutdown $name --wait
		gone $name
	done
	within 20 no_backends
}

run_cases debian ${cases:-boot network package disk-killed throughput network-killed all-killed
	$restart shutdown}
exit $failed
