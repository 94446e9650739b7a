# SPDX-License-Identifier: MIT
#
# What tests/bench/device_costs.py has dom0 do: a guest with a disk and a network served
# by $driver reads, writes, sends and receives, and dom0 says what that cost the whole
# machine.  Each operation is done $few and $many times: the difference is its cost,
# and what was typed, started and said is not in it.

measure=/usr/bin/measure

wrong() {
	echo "COSTS something is wrong: $*"
	tail -n 5 /var/log/enso/load.log
	exit 1
}

# patient COMMAND...: again until it succeeds.
patient() {
	local tries=120

	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || wrong "$*"
		sleep 1
	done
}

# cost NAME COUNT COMMAND...: the guest runs it.
cost() {
	local name=$1 count=$2
	shift 2

	$measure ask "$name $count" "$tty" "$* $count; echo done-\$((6*7))" "done-42" || wrong "$name"
}

# costs NAME FEW MANY COMMAND...: the count is its last word.  Once before, for what is
# done once: caches, neighbours, grants that stay.
costs() {
	local name=$1 few=$2 many=$3
	shift 3

	cost warm "$few" "$@" >/dev/null
	cost "$name" "$few" "$@"
	cost "$name" "$many" "$@"
}

# configure NAME IMAGE: a guest with this disk and an interface.
configure() {
	cat >"/tmp/$1.xml" <<-END
		<domain type='xen'><name>$1</name>
		<memory unit='MiB'>192</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-6.1</kernel><initrd>/boot/guest.gz</initrd>
		<cmdline>console=hvc0 quiet enso.name=$1</cmdline></os>
		<devices><disk type='file' device='disk'><driver name='$disk_driver' type='raw'/>
		<source file='$2'/><target dev='xvda' bus='xen'/></disk>
		<interface type='bridge'><source bridge='guests'/><driver name='$driver'/></interface>
		</devices></domain>
	END
}

# create NAME: without a word on the console, where the figures are read.
create() {
	enso create "/tmp/$1.xml" 2>/tmp/create.out || wrong "$(cat /tmp/create.out)"
}

case $driver in
kernel) disk_driver=phy ;;
enso) disk_driver=enso ;;
esac
modprobe -a loop bridge tun xen-blkback xen-netback
ip link add guests type bridge
ip addr add 10.9.0.1/24 dev guests
ip link set guests up
mkdir -p /disks
dd if=/dev/urandom of=/disks/load.img bs=1M count=17 2>/dev/null
cat /boot/guest-devices.gz /boot/guest-load.gz >/boot/guest.gz
configure load /disks/load.img
create load
patient grep -q '^GUEST-READY' /var/log/enso/load.log
tty=$(xenstore-read "/local/domain/1/console/tty")
device-load echo 7 &
device-load peer 8 &
echo 'modprobe -a xen-blkfront xen-netfront; ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0' >"$tty"
patient ping -c 1 -W 1 10.9.0.2
sleep 3

costs read-4k 200 1200 device-load read /dev/xvda 4096
costs write-4k 200 1200 device-load write /dev/xvda 4096
costs read-256k 50 250 device-load read /dev/xvda 262144
costs write-256k 50 250 device-load write /dev/xvda 262144
costs jobs-read-4k 800 8800 device-load jobs-read /dev/xvda 4096
costs jobs-write-4k 800 8800 device-load jobs-write /dev/xvda 4096
costs udp-trip 200 1200 device-load trips 10.9.0.1 7
costs tcp-send-kib 4096 36864 device-load send 10.9.0.1 8
costs tcp-receive-kib 4096 36864 device-load receive 10.9.0.1 8

# To another guest.
truncate -s 16M /disks/other.img
configure peer /disks/other.img
create peer
patient grep -q '^GUEST-READY' /var/log/enso/peer.log
peer_tty=$(xenstore-read "/local/domain/2/console/tty")
echo 'modprobe xen-netfront; ip link set eth0 up; ip addr add 10.9.0.3/24 dev eth0; device-load peer 8 &' >"$peer_tty"
patient ping -c 1 -W 1 10.9.0.3
sleep 3
costs tcp-guests-kib 4096 36864 device-load send 10.9.0.3 8
enso destroy peer

# Made and ended with both devices, before it runs.
enso destroy load
configure other /disks/other.img
for name in warm-1 warm-2 create destroy create destroy create destroy; do
	case $name in
	warm-1 | create) $measure run $name enso create -p /tmp/other.xml || wrong "$name" ;;
	*) $measure run $name enso destroy other || wrong "$name" ;;
	esac
	sleep 1
done
echo "COSTS end"
