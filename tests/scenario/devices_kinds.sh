# SPDX-License-Identifier: MIT
#
# More of what tests/scenario/devices has dom0 do: kinds of disks and of networks, by either
# driver.  It stands before devices.sh, which has what is called here.

# xml_disk TYPE TARGET FILE [MORE ELEMENTS]: of a disk or a CD-ROM; without a file no medium.
xml_disk() {
	echo "<disk type='file' device='$1'><driver name='$disk_driver' type='raw'/>
		${3:+<source file='$3'/>}<target dev='$2' bus='xen'/>$4</disk>"
}

# info_of NAME NUMBER: what the backend tells the guest of its disk.
info_of() {
	local class=vbd

	[ "$driver" = kernel ] || class=enso-vbd
	xenstore-read "/local/domain/0/backend/$class/$(id_of "$1")/$2/info"
}

# A guest with a CD and a disk of 3 TiB.
case_kinds() {
	truncate -s 3072G /disks/huge.img
	config kinds "$(xml_disk cdrom xvdc /disks/cd.iso)$(xml_disk disk xvdt /disks/huge.img)"
	enso create /tmp/kinds.xml
	within 180 said kinds '^GUEST-READY'
	in_guest kinds modules 'modprobe -a xen-blkfront xen-netfront isofs'
	in_guest kinds appear 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdt ] || sleep 1; done; [ -b /dev/xvdc ]'
}

case_cdrom() {
	[ $(($(info_of kinds 51744) & 5)) = 5 ] # VDISK_CDROM, VDISK_READONLY
	[ "$driver" = kernel ] || in_guest kinds removable '[ $(cat /sys/block/xvdc/removable) = 1 ]'
	in_guest kinds iso 'mount -t iso9660 -o ro /dev/xvdc /mnt && grep "a file on a CD" /mnt/file && umount /mnt'
	in_guest kinds iso-readonly '! dd if=/dev/zero of=/dev/xvdc bs=2k count=1 oflag=direct'
}

# A drive without a medium: dom0's kernel has none, and that is said before anything is made.
case_empty_drive() {
	config drive "$(xml_disk cdrom xvdd '')"
	if [ "$driver" = kernel ]; then
		refused enso check /tmp/drive.xml
		enso check /tmp/drive.xml 2>&1 | grep 'no empty drives'
		return
	fi
	enso check /tmp/drive.xml
	enso create /tmp/drive.xml
	within 180 said drive '^GUEST-READY'
	in_guest drive modules 'modprobe xen-blkfront'
	in_guest drive appears 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdd ] || sleep 1; done; [ $(cat /sys/block/xvdd/size) = 0 ]'
	[ $(($(info_of drive 51760) & 5)) = 5 ]
	in_guest drive nothing '[ $(dd if=/dev/xvdd bs=2k count=1 2>/dev/null | wc -c) = 0 ]'
	enso destroy drive
}

# Behind 2 TiB, where a number of sectors has more than 32 bits: there, and nowhere else.
case_huge() {
	local pieces=$((5 << 23)) # of 64 KiB: 2.5 TiB

	in_guest kinds huge '[ $(cat /sys/block/xvdt/size) = 6442450944 ]'
	in_guest kinds beyond "yes beyond | head -c 65536 >/tmp/beyond && dd if=/tmp/beyond of=/dev/xvdt bs=64k seek=$pieces count=1 oflag=direct conv=notrunc,fsync"
	in_guest kinds beyond-read "dd if=/dev/xvdt bs=64k skip=$pieces count=1 iflag=direct | cmp - /tmp/beyond"
	in_guest kinds beyond-end '[ $(dd if=/dev/xvdt bs=64k skip=50331647 count=2 | wc -c) = 65536 ]'
	yes beyond | head -c 65536 >/tmp/beyond
	dd if=/disks/huge.img bs=64k skip=$pieces count=1 | cmp - /tmp/beyond
	[ "$(du -k /disks/huge.img | cut -f1)" -lt 1024 ]
}

# Of Enso's, since dom0's kernel limits no disk.  A mebibyte a second: four take three seconds and more.
case_disk_bandwidth() {
	truncate -s 8M /disks/slow.img
	config bounded "$(xml_disk disk xvdb /disks/slow.img '<iotune><total_bytes_sec>1048576</total_bytes_sec></iotune>')"
	enso create /tmp/bounded.xml
	within 180 said bounded '^GUEST-READY'
	in_guest bounded modules 'modprobe xen-blkfront; for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdb ] || sleep 1; done; [ -b /dev/xvdb ]'
	in_guest bounded slow 's=$(cut -d. -f1 /proc/uptime); dd if=/dev/zero of=/dev/xvdb bs=64k count=64 oflag=direct && e=$(cut -d. -f1 /proc/uptime) && echo bandwidth $((e - s)) s && [ $((e - s)) -ge 3 ]'
	enso destroy bounded
}

# bytes_from NAME: so many has it sent by its first interface; hundredths: of a second, so late is it.
bytes_from() {
	cat "/sys/class/net/vif$(id_of "$1").0/statistics/rx_bytes"
}

hundredths() {
	cut -d' ' -f1 /proc/uptime | tr -d .
}

has_sent() {
	[ "$(bytes_from "$1")" -gt "$2" ]
}

# Half a mebibyte a second, as dom0 sees it.
case_network_bandwidth() {
	local bytes begin rate tty

	config sender "<interface type='bridge'><mac address='00:16:3e:00:03:01'/><source bridge='guests'/>
		<driver name='$net_driver'/><bandwidth><outbound average='512'/></bandwidth></interface>"
	enso create /tmp/sender.xml
	within 180 said sender '^GUEST-READY'
	in_guest sender up 'modprobe -a xen-netfront af_packet && sleep 2 && ip addr add 10.9.0.3/24 dev eth0 && ip link set eth0 up'
	within 60 ping -c 1 -W 2 10.9.0.3
	# It would end the connection where it reads an end.
	[ -p /tmp/quiet ] || mkfifo /tmp/quiet
	nc -l -p 5001 >/dev/null <>/tmp/quiet &
	sleep 1
	tty=$(xenstore-read "/local/domain/$(id_of sender)/console/tty")
	echo 'dd if=/dev/zero bs=64k | nc 10.9.0.1 5001' >"$tty"
	within 60 has_sent sender 500000 || {
		tail -n 8 /var/log/enso/sender.log
		return 1
	}
	begin=$(hundredths)
	bytes=$(bytes_from sender)
	sleep 4
	rate=$((($(bytes_from sender) - bytes) * 100 / ($(hundredths) - begin) / 1024))
	echo "$rate KiB a second"
	# That it goes on; how fast, is for the emulating machine to say as long as it is not too fast.
	[ $rate -gt 32 ]
	[ $rate -lt 640 ]
	kill $!
	enso destroy sender
}

# A network that is only routed: who is elsewhere sees a guest's own address, and needs a route to it.
case_routed() {
	echo 0 >/proc/sys/net/ipv4/ip_forward
	enso network define routed --no-nat --no-dhcp --address 192.168.88.1/24
	enso network start routed
	config inner "<interface type='network'><source network='routed'/><driver name='$net_driver'/></interface>"
	config outer "$(link 05)"
	enso create /tmp/inner.xml
	enso create /tmp/outer.xml
	for name in inner outer; do
		within 180 said $name '^GUEST-READY'
		in_guest $name modules 'modprobe -a xen-netfront af_packet && sleep 2'
	done
	in_guest inner up 'ip addr add 192.168.88.2/24 dev eth0 && ip link set eth0 up && ip route add default via 192.168.88.1'
	in_guest outer up 'ip addr add 10.9.0.5/24 dev eth0 && ip link set eth0 up'
	within 60 ping -c 1 -W 2 192.168.88.2
	within 60 ping -c 1 -W 2 10.9.0.5
	# By dom0's own address an answer would find its way without a route.
	in_guest inner no-way-back '! ping -c 2 -W 2 10.9.0.5'
	in_guest outer route 'ip route add 192.168.88.0/24 via 10.9.0.1'
	in_guest inner routed 'ping -c 3 -W 5 10.9.0.5'
	in_guest outer routed 'ping -c 3 -W 5 192.168.88.2'
	enso destroy inner
	enso destroy outer
	enso network stop routed
	enso network undefine routed
	within 20 nothing_left
}

case_kinds_end() {
	enso destroy kinds
	within 20 nothing_left
}
