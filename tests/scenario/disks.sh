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
	[ "$(backend_pid $1)" != "$2" ] && kill -0 "$(backend_pid $1)"
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
		<cmdline>console=hvc0 quiet enso.name=disky</cmdline></os>
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

# tests/scenario/disk-load is in the guest.
begin_load() {
	types disky 'disk-load /dev/xvdb &'
	within 60 said disky '^LOAD 2'
}

rounds() {
	grep '^LOAD [0-9]' $log | tail -n 1 | tr -dc 0-9
}

# The load has gone on by two rounds.
goes_on() {
	[ "$(rounds)" -ge $(($1 + 2)) ]
}

# draw N: sets $drawn to 0..N-1, the same in every run.
seed=1
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

case_killed() {
	local count=0 pid round

	begin_load
	while [ $count -lt $kills ]; do
		count=$((count + 1))
		draw 300
		usleep $((drawn * 1000))
		pid=$(backend_pid $b)
		round=$(rounds)
		kill -9 "$pid"
		within 20 other_backend_than $b "$pid"
		within 60 goes_on "$round"
	done
	! said disky '^LOAD-failed'
}

# Without the store a backend ends; its successor goes on with the next daemon.
case_store_killed() {
	local round pid

	for i in 1 2 3; do
		round=$(rounds)
		pid=$(backend_pid $b)
		kill -9 "$(cat /run/enso/stored.pid)"
		within 60 goes_on "$round"
		within 20 other_backend_than $b "$pid"
	done
	! said disky '^LOAD-failed'
}

case_all_killed() {
	local round

	round=$(rounds)
	kill -9 "$(cat /run/enso/ensod.pid)" "$(cat /run/enso/stored.pid)" "$(backend_pid $b)"
	within 90 goes_on "$round"
	in_guest stop 'touch /tmp/stop && wait'
	! said disky '^LOAD-failed'
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

case_cycles() {
	local count=0

	truncate -s 8M /disks/f.img
	while [ $count -lt $cycles ]; do
		count=$((count + 1))
		enso block-attach disky /disks/f.img raw xvdf w --driver enso --now
		in_guest attached$count 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdf ] || sleep 1; done; dd if=/dev/xvdf of=/dev/null bs=64k count=2'
		enso block-detach disky xvdf --now
		in_guest detached$count 'for i in 1 2 3 4 5 6 7 8 9; do [ ! -b /dev/xvdf ] || sleep 1; done; [ ! -b /dev/xvdf ]'
	done
	[ "$(ls /run/enso/backends | wc -l)" = 5 ]
	[ "$(ps | grep -c '[e]nso-blkback')" = 5 ]
}

# Twenty a second: sixty take two seconds and more.
case_limited() {
	in_guest limited 's=$(cut -d. -f1 /proc/uptime); dd if=/dev/zero of=/dev/xvdg bs=4k count=60 oflag=direct; [ $(($(cut -d. -f1 /proc/uptime) - s)) -ge 2 ]'
}

case_private() {
	local pid status

	pid=$(backend_pid $a)
	status=$(cat "/proc/$pid/status")
	echo "$status" | grep -q '^Uid:.65534.65534.65534.65534'
	echo "$status" | grep -q '^CapEff:.0000000000000000'
	echo "$status" | grep -q '^Seccomp:.2'
	echo "$status" | grep -q '^NoNewPrivs:.1'
	# What it has mapped and used stays small.
	[ "$(echo "$status" | awk '$1 == "VmRSS:" { print $2 }')" -lt 32768 ]
}

case_end() {
	in_guest clean 'mount -t ext4 /dev/xvda /mnt && umount /mnt'
	enso destroy disky
	within 20 nothing_left
	modprobe ext4
	mkdir -p /mnt
	mount -t ext4 -o loop /disks/a.img /mnt
	grep -q ext4 /mnt/file
	umount /mnt
}

modprobe -a loop
run_cases disks ${cases:-create kinds file-system killed store-killed all-killed grows shrinks full \
	cycles limited private end}
[ $failed = 0 ] || tail -n 12 /var/log/enso/*.daemon
exit $failed
