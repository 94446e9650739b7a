# SPDX-License-Identifier: MIT
#
# What tests/scenario/fronts has dom0 do: a micro-guest with a disk and one with an
# interface, served by $driver; each says what it found, and at last DONE.

# finds NAME LEAST DEVICE: what it claims is so, at least so many things.
finds() {
	cat >"/tmp/$1.xml" <<-END
		<domain type='xen'><name>$1</name>
		<memory unit='MiB'>16</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='xenpv'>linux</type>
		<kernel>/boot/micro/$1.elf</kernel></os>
		<on_reboot>destroy</on_reboot><devices>$3</devices></domain>
	END
	enso create "/tmp/$1.xml"
	within 100 said "$1" '^DONE' || { tail -n 5 "/var/log/enso/$1.log"; return 1; }
	refused grep "^FAIL" "/var/log/enso/$1.log"
	[ "$(grep -c '^PASS' "/var/log/enso/$1.log")" -ge "$2" ]
	within 30 gone "$1"
}

case_block() {
	truncate -s 4M /tmp/disk.img
	finds front_block 35 "<disk type='file' device='disk'><driver name='$driver' type='raw'/>
		<source file='/tmp/disk.img'/><target dev='xvda'/></disk>"
}

case_network() {
	finds front_network 7 "<interface type='bridge'><source bridge='guests'/>
		<driver name='$driver'/></interface>"
}

case $driver in
kernel) modprobe -a loop xen-blkback xen-netback ;;
esac
modprobe -a bridge tun
ip link add guests type bridge
ip addr add 10.9.0.1/24 dev guests
ip link set guests up
run_cases fronts ${cases:-block network}
exit $failed
