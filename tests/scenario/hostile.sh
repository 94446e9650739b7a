# SPDX-License-Identifier: MIT
#
# What tests/scenario/hostile has dom0 do.  A Linux guest counts seconds on its
# console all the while; each micro-guest runs for a moment and is destroyed.

# free_memory: KiB, as the hypervisor says.
free_memory() {
	enso info --json | tr ',{}' '\n\n\n' | sed -n 's/.*"free_memory[a-z_]*": *\([0-9]*\).*/\1/p' |
		head -n 1
}

wrong() {
	echo "HOSTILE something is wrong: $*"
	exit 1
}

cat >/tmp/neighbour.cfg <<END
name = "neighbour"
kernel = "/boot/vmlinuz-6.1"
ramdisk = "/boot/guest-initrd.gz"
cmdline = "console=hvc0 enso.run=while~true;do~echo~tick;sleep~1;done"
memory = 128
END
enso create /tmp/neighbour.cfg >/dev/null || wrong "the neighbour was not created"
tries=0
until grep -q tick /var/log/enso/neighbour.log 2>/dev/null; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || wrong "the neighbour does not run"
	sleep 0.2
done
before=$(free_memory)
[ "$before" -gt 0 ] || wrong "enso info does not say how much memory is free"

count=0
for image in /boot/micro/*.elf; do
	name=$(basename "$image" .elf | tr _ -)
	cat >/tmp/hostile.cfg <<-END
		name = "$name"
		kernel = "$image"
		memory = 32
		vcpus = 2
		on_reboot = "destroy"
		on_crash = "destroy"
	END
	enso create /tmp/hostile.cfg >/tmp/hostile.out 2>&1 || wrong "$name: $(tail -n 1 /tmp/hostile.out)"
	sleep 0.4
	enso destroy "$name" >/dev/null 2>&1
	count=$((count + 1))
done
echo "HOSTILE tried $count"

ticks=$(grep -c tick /var/log/enso/neighbour.log)
sleep 5
now=$(grep -c tick /var/log/enso/neighbour.log)
[ "$now" -gt "$ticks" ] || wrong "the neighbour stands still"
after=$(free_memory)
[ "$after" = "$before" ] || wrong "$before KiB were free, now $after"
left=$(enso list | grep -c .)
[ "$left" = 3 ] || wrong "$((left - 3)) guests are left"
# It runs on as the host ends: the auditor counts its pages too.
echo "HOSTILE ok"
