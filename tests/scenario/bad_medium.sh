# SPDX-License-Identifier: MIT
#
# What the bad media of tests/scenario/disks have dom0 do.  /dev/vda cannot read one sector,
# and its first flush fails; /dev/vdb is slow.  A guest has both by enso-blkback.

bad_page=1024 # of 4096 bytes; the sector is in it

pid_of() {
	head -n 1 "/run/enso/backends/vbd-$(id_of bad)-$1"
}

# asks TAG COMMAND: the guest tries it, and says whether it could.
asks() {
	types bad "if $2; then echo $1-\$((6*7)); else echo $1-failed; fi"
	within 120 said bad "^$1-[4f]"
}

in_guest() {
	asks "$1" "$2"
	said bad "^$1-42"
}

not_in_guest() {
	asks "$1" "$2"
	said bad "^$1-failed"
}

same_backend() {
	[ "$(pid_of 51712)" = "$(cat /tmp/backend)" ]
}

case_begin() {
	cat >/tmp/bad.xml <<-END
		<domain type='xen'><name>bad</name>
		<memory unit='MiB'>128</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/vmlinuz-6.1</kernel><initrd>/boot/guest-devices.gz</initrd>
		<cmdline>console=hvc0 quiet cryptomgr.notests enso.name=bad</cmdline></os><devices>
		<disk type='block' device='disk'><driver name='enso' type='raw'/>
		<source dev='/dev/vda'/><target dev='xvda' bus='xen'/></disk>
		<disk type='block' device='disk'><driver name='enso' type='raw'/>
		<source dev='/dev/vdb'/><target dev='xvdb' bus='xen'/></disk></devices></domain>
	END
	enso create /tmp/bad.xml
	within 120 said bad '^GUEST-READY'
	in_guest modules 'modprobe xen-blkfront; sleep 1; [ -b /dev/xvdb ]'
	pid_of 51712 >/tmp/backend
}

# The guest is told of what cannot be read, and reads all the rest.
case_unreadable() {
	not_in_guest bad-page "dd if=/dev/xvda of=/dev/null bs=4k skip=$bad_page count=1 iflag=direct"
	in_guest before "dd if=/dev/xvda of=/dev/null bs=4k count=$bad_page iflag=direct"
	in_guest behind "dd if=/dev/xvda of=/dev/null bs=4k skip=$((bad_page + 1)) iflag=direct"
	same_backend
}

# After a flush that failed nothing is written, whatever the medium says later and whoever
# serves it, until the disk is attached anew.  The first failure itself Linux keeps to
# itself: its front end takes it for a disk that cannot flush.
case_flush_fails() {
	asks first 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 oflag=direct conv=notrunc,fsync'
	not_in_guest second 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 oflag=direct conv=notrunc,fsync'
	same_backend
	kill -9 "$(cat /tmp/backend)"
	within 20 refused same_backend
	not_in_guest third 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 oflag=direct conv=notrunc,fsync'
	enso block-detach bad xvda --now
	enso block-attach bad /dev/vda raw xvda w --driver enso --now
	in_guest there 'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvda ] || sleep 1; done; [ -b /dev/xvda ]'
	in_guest anew 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 oflag=direct conv=notrunc,fsync'
}

# A slow disk holds up who uses it, and no other; its backend may die meanwhile.
case_slow() {
	local slow

	types bad 'if dd if=/dev/zero of=/dev/xvdb bs=64k count=128 oflag=direct conv=notrunc,fsync; then printf "\nslow-%d\n" 42; else printf "\nslow-failed\n"; fi &'
	sleep 2
	in_guest quick 'dd if=/dev/xvda of=/dev/null bs=64k count=32 iflag=direct'
	refused said bad '^slow-'
	slow=$(pid_of 51728)
	kill -9 "$slow"
	within 120 said bad '^slow-[4f]'
	said bad '^slow-42'
	[ "$(pid_of 51728)" != "$slow" ]
}

case_end() {
	enso destroy bad
	within 20 sh -c '[ -z "$(ls /run/enso/backends)" ]'
}

run_cases bad_medium begin unreadable flush-fails slow end
exit $failed
