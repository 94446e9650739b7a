# SPDX-License-Identifier: MIT
#
# What tests/scenario/images has dom0 do: a stock guest has disks on images of several
# formats and on NBD servers, which live on dom0's own disk, /dev/vda; $kills says how
# often each process is killed.  tools_shell.sh is in front of it.

log=/var/log/enso/imaged.log
media=/media

modprobe -q ext4
mkdir -p $media
mount -t ext4 /dev/vda $media || exit 1
ip link set lo up
ip address add 10.11.0.1/32 dev lo

# disk TARGET FORMAT FILE
disk() {
	echo "<disk type='file' device='disk'><driver type='$2'/>
		<source file='$media/$3'/><target dev='$1' bus='xen'/></disk>"
}

# An NBD server of one disk, `data`, on a socket and on a port.
serve() {
	rm -f /run/nbd/socket
	qemu-storage-daemon --blockdev driver=file,node-name=data,filename=$media/plain.img \
		--nbd-server addr.type=unix,addr.path=/run/nbd/socket \
		--export nbd,id=data,node-name=data,name=data,writable=on >/dev/null 2>&1 &
	server=$!
	echo $server >/run/nbd/pid
}

serve_port() {
	qemu-storage-daemon --blockdev driver=file,node-name=far,filename=$media/junk.img,read-only=on \
		--nbd-server addr.type=inet,addr.host=10.11.0.1,addr.port=10809 \
		--export nbd,id=far,node-name=far,name=far,writable=off >/dev/null 2>&1 &
}

# in_guest TAG COMMAND: types it at the guest's shell, waits for its success.
in_guest() {
	types imaged "if $2; then echo $1-\$((6*7)); else echo $1-failed; fi"
	within 120 said imaged "^$1-[4f]" && said imaged "^$1-42" || {
		tail -n 8 $log
		echo "$1: failed: $2"
		return 1
	}
}

backend_pid() {
	head -n 1 "/run/enso/backends/vbd-$(id_of imaged)-$1"
}

# The one child of a process.
child_of() {
	cat "/proc/$1/task/$1/children" | tr -d ' '
}

# The daemon of a backend's image, and its parent, which is the backend's child.
image_pid() {
	child_of "$(child_of "$(backend_pid $1)")"
}

# Numbers of the disks.
a=51712 b=51728 c=51744 d=51760

other_backend_than() {
	is_another "$2" "$(backend_pid $1)" && [ -n "$(image_pid $1)" ]
}

case_create() {
	mkdir -p /run/nbd
	serve
	within 20 test -S /run/nbd/socket
	cat >/tmp/imaged.xml <<-END
		<domain type='xen'><name>imaged</name>
		<memory unit='MiB'>160</memory><vcpu>2</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-$kernel</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=imaged</cmdline></os>
		<on_crash>destroy</on_crash>
		<devices>$(disk xvda qcow2 layer.qcow2)$(disk xvdb qcow2 load.qcow2)
		$(disk xvdc vhdx load.vhdx)
		<disk type='network' device='disk'><driver type='raw'/>
		<source protocol='nbd' name='data'><host transport='unix' socket='/run/nbd/socket'/></source>
		<target dev='xvdd' bus='xen'/></disk></devices></domain>
	END
	enso create /tmp/imaged.xml
	within 180 said imaged '^GUEST-READY'
	in_guest modules 'modprobe -a xen-blkfront crc32c_generic && modprobe ext4'
	in_guest appear 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdd ] || sleep 1; done; [ -b /dev/xvdd ]'
	[ "$(enso block-list imaged | grep -c 'connected .* enso ')" = 4 ]
}

# The guest has what is in an image, not the image.
case_formats() {
	in_guest sizes '[ "$(cat /sys/block/xvd[abcd]/size | tr "\n" " ")" = "32768 131072 32768 32768 " ]'
	in_guest mount 'mount -t ext4 /dev/xvda /mnt && grep -q ext4 /mnt/file'
	in_guest write 'dd if=/dev/urandom of=/mnt/data bs=64k count=64 && sync && md5sum /mnt/data >/mnt/sum'
	in_guest again 'umount /mnt && mount -t ext4 /dev/xvda /mnt && cd /mnt && md5sum -c sum && cd / && umount /mnt'
	in_guest vhdx 'dd if=/dev/urandom of=/tmp/r bs=64k count=8 && dd if=/tmp/r of=/dev/xvdc oflag=direct bs=64k conv=notrunc,fsync && dd if=/dev/xvdc iflag=direct bs=64k count=8 | cmp - /tmp/r'
	in_guest nbd 'dd if=/tmp/r of=/dev/xvdd oflag=direct bs=64k conv=notrunc,fsync && dd if=/dev/xvdd iflag=direct bs=64k count=8 | cmp - /tmp/r && md5sum /tmp/r'
	grep -q "^$(head -c 524288 $media/plain.img | md5sum | cut -d' ' -f1)" $log
}

# begin_load DISK: tests/scenario/disk-load is in the guest.
begin_load() {
	types imaged "rm -f /tmp/stop; echo begin-$1; disk-load /dev/$1 &"
	within 60 loaded $1 2
}

# Rounds of the latest load.
rounds() {
	sed -n '/^begin-/h; /^begin-/!H; ${ g; p; }' $log | grep '^LOAD [0-9]' | tail -n 1 | tr -dc 0-9
}

loaded() {
	[ "$(grep -c "^begin-$1" $log)" = 1 ] && [ "$(rounds)" -ge "$2" ]
}

goes_on() {
	[ "$(rounds)" -ge $(($1 + 2)) ]
}

end_load() {
	in_guest "stop-$1" 'touch /tmp/stop && wait'
	refused said imaged '^LOAD-failed'
}

# draw N: sets $drawn to 0..N-1, the same in every run.
seed=1
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

# kill_under_load NUMBER: the backend and its image's daemon by turns.
kill_under_load() {
	local count=0 pid victim round

	while [ $count -lt $kills ]; do
		count=$((count + 1))
		draw 300
		usleep $((drawn * 1000))
		pid=$(backend_pid $1)
		round=$(rounds)
		victim=$pid
		[ $((count % 2)) = 0 ] || victim=$(image_pid $1)
		kill -9 "$victim"
		within 30 other_backend_than $1 "$pid"
		within 60 goes_on "$round"
	done
}

case_qcow2_killed() {
	begin_load xvdb
	kill_under_load $b
	end_load xvdb
}

# What was acknowledged stays, whether it was flushed or not: a format keeps in memory
# where it put a block.  These places are written for the first time.
case_unflushed_killed() {
	local place pid

	in_guest block 'dd if=/dev/urandom of=/tmp/r bs=64k count=8'
	for place in 8 9 10 11; do
		in_guest put$place "dd if=/tmp/r of=/dev/xvdb bs=512k seek=$place oflag=direct conv=notrunc"
		pid=$(backend_pid $b)
		kill -9 "$(image_pid $b)"
		within 30 other_backend_than $b "$pid"
		in_guest got$place "dd if=/dev/xvdb bs=512k skip=$place count=1 iflag=direct | cmp - /tmp/r"
	done
}

case_nbd_killed() {
	begin_load xvdd
	kill_under_load $d
}

# The guest's requests wait until its server is there again.
case_server_killed() {
	local round

	round=$(rounds)
	kill -9 "$(cat /run/nbd/pid)"
	sleep 2
	serve
	within 60 goes_on "$round"
	end_load xvdd
	in_guest no-errors '! dmesg | grep -i "I/O error"'
}

# A daemon sees its image and the folder of that, and has next to no privileges.
case_apart() {
	local pid status

	pid=$(image_pid $b)
	status=$(cat "/proc/$pid/status")
	echo "$status" | grep -q '^CapEff:.0000000000200002'
	echo "$status" | grep -q '^NoNewPrivs:.1'
	[ "$(ls /proc/$pid/root | tr '\n' ' ')" = "bin dev enso-image lib lib64 media usr " ]
	[ "$(ls /proc/$pid/root/dev | tr '\n' ' ')" = "fuse null " ]
	refused touch /proc/$pid/root/media/new
	grep -q ':' /proc/$pid/net/dev
	[ "$(grep -c : /proc/$pid/net/dev)" = 1 ]
}

# not_attached FORMAT FILE WORDS: refused with these words, and nothing is left of it.
not_attached() {
	local said

	if said=$(enso block-attach imaged "$2" "$1" xvdf w --now 2>&1); then
		echo "was not refused: $2"
		return 1
	fi
	echo "$said"
	echo "$said" | grep -q "$3"
	[ "$(ls /run/enso/backends | wc -l)" = 4 ]
	[ "$(ps | grep -c '[{]enso-image')" = 4 ]
}

case_refused() {
	not_attached qcow2 $media/junk.img 'not in qcow2 format'
	not_attached qcow2 $media/outside.qcow2 'passwd'
	not_attached qcow2 $media/none.qcow2 'No such file'
	not_attached raw nbd://10.11.0.1:10808/none 'refused'
	refused enso block-resize imaged xvdb 128m
	enso block-resize imaged xvdb 2>&1 | grep -q 'cannot be resized'
}

# Over TCP, which a daemon without network could not.
case_remote() {
	serve_port
	sleep 1
	within 20 enso block-attach imaged nbd://10.11.0.1/far raw xvde r --now
	in_guest far-there 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvde ] || sleep 1; done; [ "$(head -c 4 /dev/xvde)" = junk ]'
	enso block-detach imaged xvde --now
}

case_end() {
	in_guest clean 'mount -t ext4 /dev/xvda /mnt && cd /mnt && md5sum -c sum && cd / && umount /mnt'
	enso destroy imaged
	within 20 sh -c '[ -z "$(ls /run/enso/backends)" ]'
	within 20 sh -c '[ -z "$(ps | grep "[e]nso-image")" ]'
	[ "$(grep -c enso-image /proc/mounts)" = 0 ]
	killall qemu-storage-daemon
	sleep 1
	umount $media
}

run_cases images ${cases:-create formats qcow2-killed unflushed-killed nbd-killed server-killed apart refused remote end}
[ $failed = 0 ] || tail -n 12 /var/log/enso/*.daemon
exit $failed
