# SPDX-License-Identifier: MIT
#
# What tests/scenario/devices has dom0 do, in busybox's shell: guests get disks and
# networks, use them, lose them.  $driver says whose backends serve: kernel or enso; $kernel is
# the guests'.  tools_shell.sh, commands_shell.sh and devices_kinds.sh are in front of it; later
# cases use the guests of earlier ones.

# in_guest NAME TAG COMMAND: types it at the guest's shell, waits for its success.
in_guest() {
	local tty

	tty=$(xenstore-read "/local/domain/$(id_of "$1")/console/tty")
	echo "if $3; then echo $2-\$((6*7)); else echo $2-failed; fi" >"$tty"
	within 120 said "$1" "^$2-[4f]"
	said "$1" "^$2-42" || {
		tail -n 8 "/var/log/enso/$1.log"
		echo "guest $1: $2: failed: $3"
		return 1
	}
}

# without GUEST TAG PATH...: the guest has none of these any more.  Linux' front ends take
# notice of their devices' end late, and not at all of one that comes back meanwhile.
without() {
	local guest=$1 tag=$2
	shift 2

	in_guest "$guest" "$tag" "for i in \$(seq 60); do ls -d $* 2>/dev/null | grep -q . || break; sleep 1; done; ! ls -d $* 2>/dev/null | grep ."
}

# What devices may leave behind: nodes, loop devices, interfaces, processes, files.
leftovers() {
	for folder in vbd vif enso-vbd enso-vif; do
		xenstore-list "/local/domain/0/backend/$folder" 2>/dev/null
	done
	xenstore-list /local/domain/0/error/backend 2>/dev/null | sed 's/^/error /' |
		while read -r _ class; do
			xenstore-list "/local/domain/0/error/backend/$class"
		done
	losetup -a
	ls /sys/class/net | grep '^vif'
	ls /run/enso/backends 2>/dev/null
	ls /sys/bus/xen-backend/devices 2>/dev/null
	ps | grep '[e]nso-blkback\|[e]nso-netback'
	true
}

nothing_left() {
	[ -z "$(leftovers)" ] || { leftovers | tr '\n' ' '; return 1; }
}

# config NAME DEVICES: a guest's file in /tmp/NAME.xml.
config() {
	cat >"/tmp/$1.xml" <<-END
		<domain type='xen'><name>$1</name>
		<memory unit='MiB'>128</memory><vcpu>2</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-$kernel</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=$1</cmdline></os>
		<on_crash>destroy</on_crash>
		<devices>$2</devices></domain>
	END
}

# disk TARGET FILE [MORE ELEMENTS], link MAC: elements of a configuration.
disk() {
	echo "<disk type='file' device='disk'><driver name='$disk_driver' type='raw'/>
		<source file='$2'/><target dev='$1' bus='xen'/>$3</disk>"
}

link() {
	echo "<interface type='bridge'><mac address='00:16:3e:00:00:$1'/><source bridge='guests'/>
		<driver name='$net_driver'/></interface>"
}

case $driver in
kernel)
	disk_driver=phy net_driver=kernel
	modprobe -a loop bridge xen-blkback xen-netback 2>/dev/null
	;;
enso)
	disk_driver=enso net_driver=enso
	modprobe -a loop bridge tun
	;;
esac

case_create() {
	ip link add guests type bridge
	ip addr add 10.9.0.1/24 dev guests
	ip link set guests up
	cp /disks/ext4.img /disks/b.img
	config disky "$(disk xvda /disks/ext4.img)$(disk xvdb1 /disks/b.img '<readonly/>')$(link 01)"
	enso create /tmp/disky.xml
	within 180 said disky '^GUEST-READY'
}

case_disk() {
	in_guest disky modules 'modprobe xen-blkfront && modprobe xen-netfront && modprobe crc32c_generic && modprobe ext4'
	in_guest disky appears 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvda ] || sleep 1; done; [ -b /dev/xvdb1 ]'
	in_guest disky mounted 'mount -t ext4 /dev/xvda /mnt && grep -q ext4 /mnt/file'
	in_guest disky written 'dd if=/dev/urandom of=/mnt/data bs=64k count=32 && sync && md5sum /mnt/data >/mnt/sum && umount /mnt'
	in_guest disky again 'mount -t ext4 /dev/xvda /mnt && cd /mnt && md5sum -c sum && cd / && umount /mnt'
	in_guest disky readonly '[ $(cat /sys/block/xvdb1/ro) = 1 ] || ! dd if=/dev/zero of=/dev/xvdb1 bs=512 count=1'
}

case_network() {
	in_guest disky up 'ip addr add 10.9.0.2/24 dev eth0 && ip link set eth0 up'
	within 60 ping -c 1 -W 2 10.9.0.2
	in_guest disky ping 'ping -c 3 -W 5 10.9.0.1'
}

case_destroy() {
	enso destroy disky
	within 20 nothing_left
	mkdir -p /mnt
	modprobe ext4
	mount -t ext4 -o loop /disks/ext4.img /mnt
	(cd /mnt && md5sum -c sum) >/tmp/sum || true
	umount /mnt
	grep -q 'data: OK' /tmp/sum
	within 20 nothing_left
}

case_missing_disk() {
	config broken "$(disk xvda /disks/nothing.img)"
	refused enso create /tmp/broken.xml
	enso create /tmp/broken.xml 2>&1 | grep 'disk xvda: /disks/nothing.img'
	nothing_left
}

case_missing_bridge() {
	config broken "$(link 02 | sed s/guests/nobridge/)"
	refused enso create /tmp/broken.xml
	enso create /tmp/broken.xml 2>&1 | grep 'no bridge nobridge'
	nothing_left
}

case_attach() {
	config plain ''
	enso create /tmp/plain.xml
	within 180 said plain '^GUEST-READY'
	in_guest plain modules 'modprobe xen-blkfront && modprobe xen-netfront && modprobe crc32c_generic && modprobe ext4'
	enso block-attach plain /disks/b.img raw xvdb w --driver "$driver"
	enso network-attach plain bridge=guests mac=00:16:3e:00:00:09 --driver "$driver"
	in_guest plain attached 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdb ] || sleep 1; done; mount -t ext4 /dev/xvdb /mnt'
	enso block-list plain | grep "xvdb *connected *w *$driver */disks/b.img"
	/tmp/xl block-list plain | grep "^51728 *0 *$(id_of plain) *4 "
	enso block-list --json plain | grep -q '"target": *"xvdb"'
	within 60 sh -c "enso network-list plain | grep '00:16:3e:00:00:09 *connected *guests'"
	enso dumpxml plain | grep "<target dev='xvdb'"
	refused enso block-attach plain /disks/b.img raw xvdb w
	refused enso network-attach plain bridge=guests mac=00:16:3e:00:00:09
}

# Two writers of one file, by whatever name.
case_disk_in_use() {
	ln -sf /disks/b.img /disks/alias.img
	config other "$(disk xvda /disks/alias.img)"
	refused enso create /tmp/other.xml
	enso create /tmp/other.xml 2>&1 | grep 'disk xvda: domain .* has /disks/alias.img already'
	config other "$(disk xvda /disks/alias.img '<readonly/>')"
	refused enso create /tmp/other.xml
}

case_resize() {
	enso block-resize plain xvdb 24m
	in_guest plain resized 'for i in 1 2 3 4 5 6 7 8 9; do dd if=/dev/zero of=/mnt/poke bs=512 count=1 && sync; [ $(cat /sys/block/xvdb/size) = 49152 ] || sleep 1; done; [ $(cat /sys/block/xvdb/size) = 49152 ]'
	refused enso block-resize plain xvdb 1m
	refused enso block-resize plain xvdz
}

# dumped GUEST PATTERN: its configuration has such a line.
dumped() {
	enso dumpxml "$1" | grep "$2"
}

case_detach() {
	in_guest plain unmounted 'umount /mnt'
	enso block-detach plain xvdb
	enso network-detach plain 00:16:3e:00:00:09
	within 20 nothing_left
	refused dumped plain "<target dev='xvdb'"
	without plain detached /sys/block/xvdb /sys/class/net/eth0
}

# Again and again, with writes under way until just before.
case_cycles() {
	for i in $(seq ${cycles:-5}); do
		enso block-attach plain /disks/b.img raw xvdc w --driver "$driver" --now
		enso network-attach plain bridge=guests mac=00:16:3e:00:01:01 --driver "$driver" --now
		in_guest plain "cycle$i" 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdc ] || sleep 1; done; dd if=/dev/zero of=/dev/xvdc bs=64k count=16'
		enso network-detach plain 00:16:3e:00:01:01 --now
		enso block-detach plain xvdc --now
		without plain "cycled$i" /sys/block/xvdc /sys/class/net/eth0
	done
	within 20 nothing_left
}

# A guest that has lost a device is given another of that number at once: it finds it, though Linux
# sees a device's end late (builder/detach.c).
case_swap() {
	local vif="/local/domain/$(id_of plain)/device/vif" handle=

	# An earlier one that was never connected may have used handles up.
	for i in 1 2 3 4; do
		enso network-attach plain bridge=guests mac=00:16:3e:00:01:03 --driver "$driver" --now
		within 30 sh -c "enso network-list plain | grep '00:16:3e:00:01:03 *connected'"
		handle=${handle:-$(xenstore-list $vif)}
		[ "$(xenstore-list $vif)" = "$handle" ]
		enso network-detach plain 00:16:3e:00:01:03 --now
	done
	for i in 1 2 3 4 5 6 7 8; do
		enso block-attach plain /disks/b.img raw xvdc w --driver "$driver" --now
		within 30 sh -c "enso block-list plain | grep 'xvdc *connected'"
		enso block-detach plain xvdc --now
	done
	without plain swapped /sys/block/xvdc /sys/class/net/eth0
	within 20 nothing_left
}

# Commands at the same time do not give one number twice, and each is kept for the next start.
case_together() {
	local pid

	enso network-attach plain bridge=guests mac=00:16:3e:00:01:04 --driver "$driver" &
	pid=$!
	enso network-attach plain bridge=guests mac=00:16:3e:00:01:05 --driver "$driver"
	wait $pid
	[ "$(enso dumpxml plain | grep -c 00:16:3e:00:01:0[45])" = 2 ]
	within 30 sh -c "[ \$(enso network-list plain | grep -c connected) = 2 ]"
	enso network-detach plain 00:16:3e:00:01:04 &
	pid=$!
	enso network-detach plain 00:16:3e:00:01:05
	wait $pid
	[ "$(enso dumpxml plain | grep -c 00:16:3e:00:01:0[45])" = 0 ]
	within 20 nothing_left
}

# one_of_two COMMAND - OTHER-COMMAND: at the same time; one is carried out, the other refused.
one_of_two() {
	local first= pid status=0

	while [ "$1" != - ]; do
		first="$first $1"
		shift
	done
	shift
	$first 2>/tmp/first &
	pid=$!
	"$@" 2>/tmp/second || status=$?
	if wait $pid; then
		[ $status = 4 ]
		grep 'already' /tmp/second
	else
		[ $status = 0 ]
		grep 'already' /tmp/first
	fi
}

# Of two that want one name, or one address, one has it, and keeps it.
case_rivals() {
	cp /disks/b.img /disks/c.img
	for i in 1 2; do
		one_of_two enso block-attach plain /disks/b.img raw xvdc w --driver "$driver" --now - \
			enso block-attach plain /disks/c.img raw xvdc w --driver "$driver" --now
		within 30 sh -c "enso block-list plain | grep 'xvdc *connected'"
		enso block-detach plain xvdc --now
		one_of_two enso network-attach plain bridge=guests mac=00:16:3e:00:01:06 --driver "$driver" --now - \
			enso network-attach plain bridge=guests mac=00:16:3e:00:01:06 --driver "$driver" --now
		within 30 sh -c "enso network-list plain | grep '00:16:3e:00:01:06 *connected'"
		[ "$(enso network-list plain | grep -c 00:16:3e:00:01:06)" = 1 ]
		enso network-detach plain 00:16:3e:00:01:06 --now
	done
	rm /disks/c.img
	within 20 nothing_left
}

# last_words GUEST: fails, and says why its kernel ended, if it did.
last_words() {
	grep -E 'BUG|Oops|RIP:|panic' "/var/log/enso/$1.log" | head -n 8
	return 1
}

# Taken away while its two ends are still about to connect, a little later each time; what is
# attached again stands in the kept configuration already.  A guest of its own and few rounds:
# Linux' front end gives its pages back late (on real Xen, too), and the guest is small.
case_at_once() {
	config brief ''
	enso create /tmp/brief.xml
	within 180 said brief '^GUEST-READY'
	in_guest brief modules 'modprobe xen-blkfront && modprobe xen-netfront'
	for i in 0 1 2 3; do
		enso network-attach brief bridge=guests mac=00:16:3e:00:01:02 --driver "$driver"
		usleep $((i * 100000))
		enso network-detach brief 00:16:3e:00:01:02 --now || last_words brief
		# Again at once, before the guest has seen the first one's end.
		enso network-attach brief bridge=guests mac=00:16:3e:00:01:02 --driver "$driver" --now
		enso network-detach brief 00:16:3e:00:01:02 --now || last_words brief
		enso block-attach brief /disks/b.img raw xvdc w --driver "$driver" || last_words brief
		usleep $((i * 100000))
		enso block-detach brief xvdc --now
	done
	within 20 nothing_left
	[ "$(enso dumpxml brief | grep -c 00:16:3e:00:01:02)" = 1 ]
	enso destroy brief
}

# Who serves what leaves that open: the better of the two, as far as it can do what is asked.
case_chosen() {
	enso block-attach plain /disks/b.img raw xvde r --now
	within 60 sh -c "enso block-list plain | grep 'xvde *connected *r *enso */disks/b.img'"
	enso block-detach plain xvde --now
	without plain chosen-disk /sys/block/xvde
	enso network-attach plain bridge=guests mac=00:16:3e:00:02:01 --now
	enso network-attach plain bridge=guests mac=00:16:3e:00:02:02 mtu=1400 --now
	# The kernel's where it is loaded.
	within 60 sh -c "enso network-list plain | grep '00:16:3e:00:02:01 *connected.* $driver'"
	within 60 sh -c "enso network-list plain | grep '00:16:3e:00:02:02 *connected.* enso'"
	enso network-list plain | grep '00:16:3e:00:02:02'
	enso network-detach plain 00:16:3e:00:02:01 --now
	enso network-detach plain 00:16:3e:00:02:02 --now
	without plain chosen /sys/class/net/eth0 /sys/class/net/eth1
	within 20 nothing_left
}

# late COMMAND...: the guest has not answered in time; what is then.
late() {
	local status=0

	"$@" || status=$?
	[ $status = 6 ]
}

# One that does not answer keeps its devices until they are taken away.
case_forced() {
	enso block-attach plain /disks/b.img raw xvdf w --driver "$driver" --now
	enso network-attach plain bridge=guests mac=00:16:3e:00:03:01 --driver "$driver" --now
	within 60 sh -c "enso network-list plain | grep '00:16:3e:00:03:01 *connected'"
	within 60 sh -c "enso block-list plain | grep 'xvdf *connected'"
	# Found whole: Linux reads a new disk's partitions where it looks after all its devices, and
	# would wait there for ever.
	in_guest plain found 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdf ] || sleep 1; done; dd if=/dev/xvdf of=/dev/null bs=4k count=1'
	enso pause plain
	late enso block-detach plain xvdf --now --timeout 1
	late enso network-detach plain 00:16:3e:00:03:01 --now --timeout 1
	enso block-detach plain xvdf --now --force --timeout 1
	enso network-detach plain 00:16:3e:00:03:01 --now --force --timeout 1
	enso unpause plain
	without plain forced /sys/block/xvdf /sys/class/net/eth0
	within 20 nothing_left
}

# What no other case has tried with a document, or of a network.
case_commands() {
	json block-attach plain /disks/b.img raw xvdf w --driver "$driver"
	json block-list plain
	[ "$(of_json target)" = xvdf ]
	json block-resize plain xvdf 25m
	json block-detach plain xvdf
	json network-attach plain bridge=guests mac=00:16:3e:00:03:02 --driver "$driver"
	json network-list plain
	[ "$(of_json mac)" = 00:16:3e:00:03:02 ]
	json network-detach plain 00:16:3e:00:03:02
	without plain commands /sys/block/xvdf /sys/class/net/eth0
	enso network define other --address 10.77.0.1/24 --bridge en-oth --no-dhcp --no-nat --no-autostart
	json network define other --address 10.77.0.1/24 --bridge en-oth --no-dhcp --no-nat --no-autostart
	[ "$(of_json dhcp)$(of_json nat)$(of_json autostart)" = falsefalsefalse ]
	json network start other
	enso network list | grep '^other *running *en-oth *10.77.0.1/24 *no *no *no'
	ip link show en-oth
	json network list
	refused enso network define other
	json network stop other
	json network undefine other
	within 20 nothing_left
}

# What tests/scenario/lifecycle leaves to this one.
case_every_command() {
	all_exercised "$(command_names | grep '^block-\|^network')"
}

# A guest killed with its devices in use.
case_destroy_in_use() {
	enso block-attach plain /disks/b.img raw xvdd w --driver "$driver"
	enso network-attach plain bridge=guests --driver "$driver"
	in_guest plain busy 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdd ] || sleep 1; done; { (while dd if=/dev/zero of=/dev/xvdd bs=64k count=64; do :; done) >/dev/null 2>&1 & }'
	enso destroy plain
	within 20 nothing_left
	within 20 sh -c '[ $(xl list | wc -l) = 2 ]'
}

# The network of who names none: an address by DHCP, dom0 reached, rules and servers kept.
case_default_network() {
	enso network start
	enso network list | grep '^default *running *br-default *192.168.77.1/24 *yes *yes *yes'
	within 20 pidof dnsmasq
	config guesty "<interface type='network'><source network='default'/><driver name='$net_driver'/></interface>"
	enso create /tmp/guesty.xml
	within 180 said guesty '^GUEST-READY'
	in_guest guesty up 'modprobe xen-netfront && sleep 2 && ip link set eth0 up'
	in_guest guesty dhcp 'udhcpc -n -q -t 20 -i eth0 -s /bin/true'
	said guesty 'lease of 192.168.77.[0-9]* obtained'
	kill -9 "$(pidof dnsmasq)"
	within 20 pidof dnsmasq
	in_guest guesty again 'udhcpc -n -q -t 20 -i eth0 -s /bin/true'
	enso destroy guesty
	refused enso network undefine
	enso network stop
	within 20 no_dnsmasq
	refused ip link show br-default
	enso network undefine
	[ -z "$(ls /run/enso/networks)" ] || [ "$(ls /run/enso/networks)" = default.pid ]
	within 20 nothing_left
}

no_dnsmasq() {
	! pidof dnsmasq
}

nobody_builds() {
	[ -z "$(ls /run/enso/creating)" ]
}

# A builder killed where it waits leaves nothing.  The program itself: the function of its name
# that notes what is done is a shell of its own, whose death the builder would not notice.
case_killed_builder() {
	local builder status killed=0

	builder=$(which enso)
	enso destroy plain || true
	config killed "$(disk xvda /disks/ext4.img)$(disk xvdb /disks/b.img)$(link 03)"
	for pause in 0.05 0.1 0.2 0.3 0.5; do
		"$builder" create --paused /tmp/killed.xml &
		sleep $pause
		kill -9 $! || true
		status=0
		wait $! || status=$?
		[ $status != 137 ] || killed=$((killed + 1))
		within 20 nobody_builds
		enso destroy killed || true
		within 20 nothing_left
	done
	[ $killed -ge 2 ]
}

# ---- ensod and its backends ----

blkback=/usr/lib/enso/enso-blkback

backend_pid() {
	head -n 1 "/run/enso/backends/vbd-$(id_of served)-51712"
}

other_backend_than() {
	is_another "$1" "$(backend_pid)"
}

case_backend_started() {
	config served "$(disk_driver=enso disk xvda /disks/b.img)"
	enso create /tmp/served.xml
	lives "$(backend_pid)"
	enso block-list served | grep 'xvda *waiting *w *enso '
}

case_backend_killed() {
	local pid

	for i in 1 2 3; do
		pid=$(backend_pid)
		kill -9 "$pid"
		within 10 other_backend_than "$pid"
	done
}

# A new ensod takes over what runs, and sees it end.
case_backend_adopted() {
	local pid ensod

	pid=$(backend_pid)
	ensod=$(cat /run/enso/ensod.pid)
	kill -9 "$ensod"
	within 20 other_lives /run/enso/ensod.pid "$ensod"
	sleep 2
	[ "$(backend_pid)" = "$pid" ]
	lives "$pid"
	kill -9 "$pid"
	within 10 other_backend_than "$pid"
}

case_backend_unresponsive() {
	kill -STOP "$(backend_pid)"
	enso destroy served
	within 20 nothing_left
}

# One that says why it cannot: it is believed, and not started again.
case_backend_refuses() {
	mv $blkback $blkback.kept
	cat >$blkback <<-'END'
		#!/bin/sh
		path=/local/domain/0/backend/enso-vbd/$1/$2
		xenstore-write "$path/enso-error" "a test refuses it; give it another"
		xenstore-write "$path/state" 6
		exit 1
	END
	chmod 755 $blkback
	refused enso create /tmp/served.xml
	enso create /tmp/served.xml 2>&1 | grep 'disk xvda: a test refuses it; give it another'
	within 20 nothing_left
	mv $blkback.kept $blkback
}

case_backend_ends() {
	config served "$(disk_driver=enso disk xvda /disks/b.img)"
	enso create /tmp/served.xml
	enso destroy served
	within 20 nothing_left
}

case_backend_not_there() {
	rm $blkback
	refused enso create /tmp/served.xml
	enso create /tmp/served.xml 2>&1 | grep 'enso-blkback cannot be started'
	within 20 nothing_left
}

# xl is the distribution's in this image: ours goes by the name it is called by.
ln -s "$(which enso)" /tmp/xl

case $driver in
kernel)
	all="create disk network destroy kinds cdrom empty-drive huge kinds-end network-bandwidth routed
		missing-disk missing-bridge attach disk-in-use resize detach cycles swap together rivals at-once chosen forced
		commands destroy-in-use killed-builder default-network every-command"
	;;
enso)
	all="create disk network destroy kinds cdrom empty-drive huge kinds-end disk-bandwidth
		network-bandwidth routed missing-disk missing-bridge attach disk-in-use resize detach cycles
		swap together rivals at-once chosen forced commands destroy-in-use killed-builder default-network every-command
		backend-started backend-killed backend-adopted backend-unresponsive backend-refuses
		backend-ends backend-not-there"
	;;
esac
run_cases devices ${cases:-$all}
exit $failed
