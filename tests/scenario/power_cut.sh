# SPDX-License-Identifier: MIT
#
# What the power cut of tests/scenario/disks has dom0 do.  Without $expected: a guest
# writes records to a file in dom0's file system on /dev/vda, flushes each, and says
# FLUSHED N; until there is no more power.  With it: are so many there, as they were
# written?

records=1000 # more than a test waits for; of 64 KiB, one after the other

modprobe -q ext4
mkdir -p /media
mount -t ext4 /dev/vda /media || exit 1

# record N: what the guest writes.
record() {
	yes "record $1" | head -c 65536
}

write_records() {
	# A hole: where a block is, too, must be on the disk when its flush is answered.
	truncate -s $((records * 65536)) /media/disk.img
	sync
	cat >/tmp/cut.xml <<-END
		<domain type='xen'><name>cut</name>
		<memory unit='MiB'>128</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-6.1</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=cut</cmdline></os>
		<devices><disk type='file' device='disk'><driver name='enso' type='raw'/>
		<source file='/media/disk.img'/><target dev='xvda' bus='xen'/></disk></devices></domain>
	END
	enso create /tmp/cut.xml
	within 120 said cut '^GUEST-READY'
	types cut 'modprobe xen-blkfront; sleep 1'
	types cut "record() { yes \"record \$1\" | head -c 65536; }"
	types cut "for i in \$(seq $records); do record \$i >/tmp/r; dd if=/tmp/r of=/dev/xvda bs=64k count=1 seek=\$i oflag=direct conv=notrunc,fsync 2>/dev/null || break; echo FLUSHED \$i; done"
	tail -f -n +1 /var/log/enso/cut.log | while read -r line; do
		case $line in FLUSHED\ *) echo "$line" ;; esac
	done
}

check_records() {
	local i

	for i in $(seq "$expected"); do
		record $i >/tmp/record
		dd if=/media/disk.img bs=64k count=1 skip=$i 2>/dev/null | cmp -s - /tmp/record || {
			echo "POWER-CUT record $i of $expected is not as it was written"
			return
		}
	done
	echo "POWER-CUT whole"
}

if [ -n "$expected" ]; then
	check_records
else
	write_records
fi
