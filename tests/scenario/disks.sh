# SPDX-License-Identifier: MIT
#
# What tests/scenario/disks has dom0 do: a stock guest with disks of each kind, served
# by enso-blkback, while backends, the store and their supervisor are killed, media
# are full, shrink and grow.  tools_shell.sh is in front of it; $kernel is the guest's,
# $kills says how often a backend is killed.

log=/var/log/enso/disky.log

# disk TARGET FILE [MORE ELEMENTS]
disk() {
	echo "<disk type='file' device='disk'><driver name='enso' type='raw' discard='unmap'/>
		<source file='$2'/><target dev='$1' bus='xen'/>$3</disk>"
}

# in_guest TAG COMMAND: types it at the guest's shell, waits for its success.
in_guest() {
	types disky "if $2; then echo $1-\$((6*7)); else echo $1-failed; fi"
	within 120 said disky "^$1-[4f]" && said disky "^$1-42" || {
		tail -n 8 $log
		echo "$1: failed: $2"
		return 1
	}
}

backend_pid() {
	head -n 1 "/run/enso/backends/vbd-$(id_of disky)-$1"
}

# Numbers of xvda and xvdb.
a=51712 b=51728

other_backend_than() {
	is_another "$2" "$(backend_pid $1)"
}

leftovers() {
	xenstore-list /local/domain/0/backend/enso-vbd 2>/dev/null
	ls /run/enso/backends
	ps | grep '[e]nso-blkback'
	true
}

nothing_left() {
	[ -z "$(leftovers)" ] || { leftovers | tr '\n' ' '; return 1; }
}

case_create() {
	cp /disks/ext4.img /disks/a.img
	truncate -s 64M /disks/b.img
	dd if=/dev/urandom of=/disks/c.img bs=64k count=16
	truncate -s 32M /disks/d.img
	truncate -s 8M /disks/g.img
	cat >/tmp/disky.xml <<-END
		<domain type='xen'><name>disky</name>
		<memory unit='MiB'>160</memory><vcpu>2</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-$kernel</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=disky</cmdline></os>
		<on_crash>destroy</on_crash>
		<devices>$(disk xvda /disks/a.img)$(disk xvdb /disks/b.img)
		$(disk xvdc /disks/c.img '<readonly/>')
		$(disk xvdd /disks/d.img "<blockio logical_block_size='4096'/>")
		$(disk xvdg /disks/g.img '<iotune><total_iops_sec>20</total_iops_sec></iotune>')
		</devices></domain>
	END
	enso create /tmp/disky.xml
	within 180 said disky '^GUEST-READY'
	in_guest modules 'modprobe -a xen-blkfront crc32c_generic && modprobe ext4'
	in_guest appear 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdg ] || sleep 1; done; [ -b /dev/xvdg ]'
	[ "$(enso block-list disky | grep -c 'connected .* enso ')" = 5 ]
}

case_kinds() {
	in_guest queues '[ $(ls -d /sys/block/xvda/mq/* | wc -l) = 2 ]'
	in_guest size '[ $(cat /sys/block/xvdb/size) = 131072 ]'
	in_guest sector '[ $(cat /sys/block/xvdd/queue/logical_block_size) = 4096 ]'
	in_guest readonly '[ $(cat /sys/block/xvdc/ro) = 1 ]'
	in_guest sum 'md5sum /dev/xvdc'
	grep -q "^$(md5sum /disks/c.img | cut -d' ' -f1)" $log
	in_guest cache 'grep -q "write back" /sys/block/xvdb/queue/write_cache'
}

case_file_system() {
	in_guest mount 'mount -t ext4 /dev/xvda /mnt && grep -q ext4 /mnt/file'
	in_guest write 'dd if=/dev/urandom of=/mnt/data bs=64k count=64 && sync && md5sum /mnt/data >/mnt/sum'
	in_guest remount 'umount /mnt && mount -t ext4 /dev/xvda /mnt && cd /mnt && md5sum -c sum && cd /'
	before=$(stat -c %b /disks/a.img)
	in_guest trim 'rm /mnt/data /mnt/sum && sync && fstrim /mnt && umount /mnt'
	[ "$(stat -c %b /disks/a.img)" -lt "$((before - 4000))" ]
}

# tests/scenario/disk-load is in the guest: on the disk xvdb, and on a file of xvda's file
# system.
begin_load() {
	in_guest load 'rm -f /tmp/stop; mount -t ext4 /dev/xvda /mnt && touch /mnt/blocks'
	types disky 'disk-load /dev/xvdb & disk-load /mnt/blocks FILE &'
	within 60 said disky '^LOAD 2'
	within 60 said disky '^FILE 2'
}

# rounds [NAME], goes_on ROUND [NAME]: the load has gone on by two rounds.
rounds() {
	grep "^${1:-LOAD} [0-9]" $log | tail -n 1 | tr -dc 0-9
}

goes_on() {
	[ "$(rounds $2)" -ge $(($1 + 2)) ]
}

# draw N: sets $drawn to 0..N-1, the same in every run.
seed=1
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

case_killed() {
	local count=0 disk load pid round

	begin_load
	while [ $count -lt $kills ]; do
		count=$((count + 1))
		draw 300
		usleep $((drawn * 1000))
		disk=$a load=FILE
		[ $((count % 2)) = 0 ] || disk=$b load=LOAD
		pid=$(backend_pid $disk)
		round=$(rounds $load)
		kill -9 "$pid"
		within 20 other_backend_than $disk "$pid"
		within 60 goes_on "$round" $load
	done
	refused said disky '^[A-Z]*-failed'
}

# Without the store a backend ends; its successor goes on with the next daemon.
case_store_killed() {
	local round pid other

	for i in 1 2 3; do
		round=$(rounds)
		pid=$(backend_pid $b) other=$(backend_pid $a)
		kill -9 "$(cat /run/enso/stored.pid)"
		within 60 goes_on "$round"
		within 20 other_backend_than $b "$pid"
		within 20 other_backend_than $a "$other"
	done
	refused said disky '^[A-Z]*-failed'
}

case_all_killed() {
	local round

	round=$(rounds)
	kill -9 "$(cat /run/enso/ensod.pid)" "$(cat /run/enso/stored.pid)" "$(backend_pid $a)" "$(backend_pid $b)"
	within 90 goes_on "$round"
	within 30 id_of disky # the guest may have gone on before the store is back
}

case_stop() {
	in_guest stop 'touch /tmp/stop && wait && umount /mnt'
	refused said disky '^[A-Z]*-failed'
	in_guest no-errors '! dmesg | grep -i "I/O error"'
}

case_grows() {
	truncate -s 96M /disks/b.img
	enso block-resize disky xvdb
	in_guest grown 'for i in 1 2 3 4 5 6 7 8 9; do [ $(cat /sys/block/xvdb/size) = 196608 ] || sleep 1; done; [ $(cat /sys/block/xvdb/size) = 196608 ]'
	in_guest new-part 'dd if=/dev/urandom of=/dev/xvdb bs=64k seek=1200 count=4 oflag=direct'
}

# What is not there any more is an error, what is there is not.
case_shrinks() {
	truncate -s 4M /disks/b.img
	in_guest beyond '! dd if=/dev/xvdb of=/dev/null bs=64k skip=100 count=1 iflag=direct'
	in_guest there 'dd if=/dev/xvdb of=/dev/null bs=64k skip=10 count=1 iflag=direct'
	truncate -s 96M /disks/b.img
}

case_full() {
	mkdir -p /small
	mount -t tmpfs -o size=4M none /small
	truncate -s 16M /small/e.img
	enso block-attach disky /small/e.img raw xvde w --driver enso --now
	in_guest full-there 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvde ] || sleep 1; done; [ -b /dev/xvde ]'
	in_guest full '! dd if=/dev/zero of=/dev/xvde bs=64k count=128 oflag=direct'
	in_guest full-others 'dd if=/dev/urandom of=/dev/xvdb bs=64k count=4 oflag=direct'
	enso block-detach disky xvde --now
	umount /small
}

# Back within a second, in the median, and the store as it was.
case_back() {
	types disky 'gaps disk /dev/xvdb & gaps=$!'
	measure_back disky vbd $b $kills
	in_guest back-end 'kill $gaps'
}

# The file removed under a load: that does not matter until its backend, which has it open,
# is killed.  The guest is told then, by errors, and its other disks go on.
case_removed() {
	local h=51824 round

	truncate -s 8M /disks/h.img
	enso block-attach disky /disks/h.img raw xvdh w --driver enso --now
	in_guest removed-there 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdh ] || sleep 1; done; rm -f /tmp/stop; [ -b /dev/xvdh ]'
	types disky 'disk-load /dev/xvdb & disk-load /dev/xvdh HELD &'
	within 60 said disky '^HELD 2'
	rm /disks/h.img
	within 60 goes_on "$(rounds HELD)" HELD
	refused said disky '^HELD-failed'
	kill -9 "$(backend_pid $h)"
	within 60 said disky '^HELD-failed'
	xenstore-read "/local/domain/0/backend/enso-vbd/$(id_of disky)/$h/enso-error" |
		grep 'disk /disks/h.img: cannot be opened any more: No such file'
	round=$(rounds)
	within 60 goes_on "$round"
	in_guest removed-stop 'touch /tmp/stop && wait'
	in_guest removed-flush '! dd if=/dev/zero of=/dev/xvdh bs=4k count=1 conv=notrunc,fsync'
	in_guest removed-read '! dd if=/dev/xvdh of=/dev/null bs=4k count=1 iflag=direct'
	refused said disky '^LOAD-failed'
	enso block-detach disky xvdh --now
	in_guest removed-gone 'for i in 1 2 3 4 5 6 7 8 9; do [ ! -b /dev/xvdh ] || sleep 1; done; [ ! -b /dev/xvdh ]'
}

# cycle NAME: a disk is attached, read, and detached.
cycle() {
	enso block-attach disky /disks/f.img raw xvdf w --driver enso --now
	in_guest attached$1 'for i in $(seq 60); do [ -b /dev/xvdf ] || sleep 1; done; dd if=/dev/xvdf of=/dev/null bs=64k count=2'
	enso block-detach disky xvdf --now
	in_guest detached$1 'for i in $(seq 60); do [ ! -b /dev/xvdf ] || sleep 1; done; [ ! -b /dev/xvdf ]'
}

# cycles FROM TO: while another disk has a load.
cycles_under_load() {
	local count=$1 round

	in_guest load$1 'rm -f /tmp/stop'
	types disky 'disk-load /dev/xvdb CYCLES &'
	round=$(rounds CYCLES)
	while [ $count -lt $2 ]; do
		count=$((count + 1))
		cycle $count
	done
	within 60 goes_on "${round:-0}" CYCLES
	in_guest loaded$1 'touch /tmp/stop && wait'
}

# cycles_alone FROM TO: nothing else goes on.
cycles_alone() {
	local count=$1

	while [ $count -lt $2 ]; do
		count=$((count + 1))
		cycle alone$count
	done
}

# Nothing is left of them, anywhere in dom0: what the first one makes for good apart.  A load
# has more of its pages mapped the longer it goes on, up to a bound, so what the hypervisor
# counts is compared where there is none.
case_cycles() {
	local everything=$compared growth_most=256 # the store's is 84 to 120 KiB, after 3 as after 25

	truncate -s 8M /disks/f.img
	cycles_under_load 0 1
	compared="ports store programs descriptors files"
	snapshot_before
	cycles_under_load 1 $((cycles + 1))
	as_before
	compared=$everything
	snapshot_before
	cycles_alone 0 $cycles
	as_before
	refused said disky '^CYCLES-failed'
	[ "$(ls /run/enso/backends | wc -l)" = 5 ]
	[ "$(ps | grep -c '[e]nso-blkback')" = 5 ]
}

# Twenty a second: sixty take two seconds and more.
case_limited() {
	in_guest limited 's=$(cut -d. -f1 /proc/uptime); dd if=/dev/zero of=/dev/xvdg bs=4k count=60 oflag=direct; [ $(($(cut -d. -f1 /proc/uptime) - s)) -ge 2 ]'
}

case_private() {
	local pid status uid

	pid=$(backend_pid $a)
	status=$(cat "/proc/$pid/status")
	uid=$(id -u enso-block)
	echo "$status" | grep -q "^Uid:.$uid.$uid.$uid.$uid"
	echo "$status" | grep -q '^CapEff:.0000000000000000'
	echo "$status" | grep -q '^Seccomp:.2'
	echo "$status" | grep -q '^NoNewPrivs:.1'
	# What it has mapped and used stays small.
	[ "$(echo "$status" | awk '$1 == "VmRSS:" { print $2 }')" -lt 32768 ]
	# Where the user is missing it is nobody, and that is said.
	refused grep 'no user enso-block' /var/log/enso/ensod.daemon
	cp /etc/passwd /tmp/passwd
	sed -i '/^enso-block:/d' /etc/passwd
	kill -9 "$pid"
	within 20 other_backend_than $a "$pid"
	within 20 grep -q '^Uid:.65534.65534.65534.65534' "/proc/$(backend_pid $a)/status"
	within 5 grep 'no user enso-block: it works as nobody' /var/log/enso/ensod.daemon
	cp /tmp/passwd /etc/passwd
}

# What served through all of it is whole, and without an error that its journal would mend.
case_end() {
	in_guest clean 'mount -t ext4 /dev/xvda /mnt && umount /mnt'
	enso destroy disky
	within 20 nothing_left
	e2fsck -fn /disks/a.img
	modprobe ext4
	mkdir -p /mnt
	mount -t ext4 -o loop /disks/a.img /mnt
	grep -q ext4 /mnt/file
	umount /mnt
}

modprobe -a loop
run_cases disks ${cases:-create kinds file-system killed store-killed all-killed stop grows shrinks full \
	removed cycles limited private end}
[ $failed = 0 ] || tail -n 12 /var/log/enso/*.daemon
exit $failed
