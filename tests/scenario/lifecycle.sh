# SPDX-License-Identifier: MIT
#
# What tests/scenario/lifecycle has dom0 do: the lives of stock Linux guests, their
# ends of every kind, and each command of `enso` with and without --json.
# tools_shell.sh and lifecycle_shell.sh are in front of it.  Cases come in order; the
# guest `life` is in most of them.

case_create_console() {
	{
		within 600 said life '^GUEST-READY'
		sleep 1
		printf 'echo typed-$((6*7))\r'
		within 60 said life '^typed-42'
		sleep 1
		printf '\035'
	} | enso create -c /tmp/guest.cfg >/tmp/console 2>/tmp/told
	grep -q '^typed-42' /tmp/console
	grep -q 'Ctrl-\] detaches' /tmp/told
	grep -q 'detached from' /tmp/told
	in_state life running 10
}

case_console() {
	local first

	mkfifo /tmp/keys
	enso console life </tmp/keys >/tmp/console 2>/tmp/told &
	first=$!
	exec 7>/tmp/keys
	within 20 grep -q 'attached to' /tmp/told
	exits 4 enso console life
	grep -q 'somebody else is attached' /tmp/refusal
	printf 'echo keys-$((6*7))\r' >&7
	within 60 grep -q '^keys-42' /tmp/console
	printf '\035' >&7
	wait $first
	exec 7>&-
	json console life
	of_json tty | grep -q '^/dev/pts/'
}

case_usage() {
	exits 2 enso create
	exits 2 enso pause life --loud
	exits 2 enso nonsense
	exits 2 enso vcpu-set life none
	exits 3 enso info nobody
	exits 3 enso destroy nobody
	exits 3 enso dumpxml nobody
	exits 3 enso logs nobody
	exits 4 create life
	exits 4 enso vcpu-set life 3
	exits 4 enso mem-set life 1024
	exits 5 enso destroy Domain-0
	exits 6 enso wait life absent -t 1
	exits 8 create large memory=1048576 maxmem=1048576
	echo 'kernel = 5' >/tmp/broken.cfg
	exits 7 enso check /tmp/broken.cfg
	exits 7 enso create /tmp/broken.cfg
	refused enso info nobody --json >/tmp/json
	grep -q '"schema":"enso.error.1"' /tmp/json
	grep -q '"exit_code":3' /tmp/json
}

case_look() {
	enso list -l | grep -q life
	json list life
	[ "$(of_json state)" = running ]
	enso info | grep -q '^hypervisor'
	json info
	enso info life | grep -q '^state  *running'
	json info life
	enso vcpu-list life | grep -q life
	json vcpu-list
	enso top --once | grep -q life
	json top -n 2 -d 1
	[ "$(grep -c enso.top.1 /tmp/json)" = 2 ]
	enso dmesg | grep -q .
	json dmesg
	enso logs life -n 5 | grep -q .
	json logs life
	grep -q '"GUEST-READY' /tmp/json
}

case_dmesg_clear() {
	enso dmesg -c | grep -q .
	enso dmesg >/tmp/dmesg
	[ "$(wc -l </tmp/dmesg)" -lt 20 ]
}

case_about() {
	enso version | grep -q .
	[ "$(enso --version)" = "$(command enso version)" ]
	json version
	enso help | grep -q vcpu-set
	enso help store watch | grep -q -- --count
	enso help --man | grep -q '^\.SS enso mem..*set'
	json help
	# Not to a reader that goes before its end: the command would fail then, now and then.
	enso completion bash >/tmp/completion
	grep -q '"mem-set") kinds="GUEST SIZE"' /tmp/completion
	exits 2 enso completion tcsh
}

case_store() {
	local watch

	enso store write /tool/one first /tool/two 'sec\x6fnd'
	[ "$(enso store read /tool/two)" = second ]
	json store write /tool/one/below deep
	json store read /tool/one /tool/two
	[ "$(of_json value)" = first ]
	enso store ls /tool | grep -q below
	enso store ls -f -p /tool | grep -q '^/tool/one/below.*n0'
	json store ls /tool
	enso store perms /tool/one n0 "r$(id_of life)"
	enso store perms /tool/one | grep -q r
	json store perms /tool/one
	enso store perms -r /tool/one n0 "w$(id_of life)"
	enso store ls -f -p /tool | grep -q "^/tool/one/below.*n0.*w$(id_of life)"
	enso store watch -n 2 /tool/one >/tmp/watched &
	watch=$!
	within 30 test -s /tmp/watched
	enso store write /tool/one/below again
	wait $watch
	grep -q '/tool/one/below' /tmp/watched
	json store watch -n 1 /tool
	exits 6 enso store watch -t 1 -n 9 /tool/two
	enso store rm /tool/one
	exits 1 enso store read /tool/one
	json store rm /tool/two /tool
}

case_pause() {
	enso pause life
	exits 4 enso pause life
	in_state life paused 10
	json unpause life
	json pause life
	[ "$(of_json state)" = paused ]
	enso unpause life
	exits 4 enso unpause life
	answers life unpaused
	json wait life running
}

case_sysrq() {
	types life 'echo 1 >/proc/sys/kernel/sysrq'
	answers life allowed
	enso sysrq life h
	within 60 said life 'sysrq: HELP'
	json sysrq life h
}

# vcpu_runs GUEST: its last vCPU is not switched off.
vcpu_runs() {
	! enso vcpu-list "$1" | tail -n 1 | grep -q ' --p '
}

# Seen by the guest, by the hypervisor, and by the store.
vcpus_of() {
	local guest=$1

	[ "$(tells $guest before 'cat /sys/devices/system/cpu/online')" = 0-1 ]
	enso vcpu-set $guest 1 -w -t 60
	[ "$(tells $guest without 'cat /sys/devices/system/cpu/online')" = 0 ]
	enso vcpu-list $guest | tail -n 1 | grep -q ' --p '
	[ "$(xenstore-read "/local/domain/$(id_of $guest)/cpu/1/availability")" = offline ]
	json vcpu-set $guest 2 -w -t 60
	[ "$(of_json online)" = 2 ]
	within 60 vcpu_runs $guest
	types $guest 'until [ $(cat /sys/devices/system/cpu/online) = 0-1 ]; do sleep 0.2; done; echo with-$((6*7))'
	within 60 said $guest '^with-42'
}

case_vcpu_hotplug() {
	vcpus_of life
}

total_of() {
	tells "$1" "$2" "awk /MemTotal/{print\\\$2} /proc/meminfo"
}

# The guest's total, and what the host has free, change by what was asked for.
memory_of() {
	local guest=$1 total less more free

	total=$(total_of $guest total)
	free=$(free_kib)
	enso mem-set $guest 96 -w -t 400
	less=$(total_of $guest less)
	between 31000 $((total - less)) 34000
	between 31000 $(($(free_kib) - free)) 34000
	json mem-set $guest 192m -w -t 400
	[ "$(of_json target_kib)" = 196608 ]
	more=$(total_of $guest more)
	between 94000 $((more - less)) 102000
	between 62000 $((free - $(free_kib))) 68000
	enso mem-set $guest 128 -w -t 400
	enso mem-max $guest 160
	json mem-max $guest 193m
	[ "$(of_json max_memory_kib)" = 197632 ]
	answers $guest ballooned
}

case_balloon() {
	memory_of life
}

case_rename() {
	enso rename life other
	runs other
	gone life
	within 30 sh -c 'enso logs other | grep -q ^GUEST-READY'
	answers other renamed
	json rename other life
	[ "$(of_json old_name)" = other ]
	within 30 sh -c 'enso logs life | grep -q ^renamed-42'
	answers life back
	exits 2 enso rename life 42
}

case_formats() {
	enso dumpxml life >/tmp/life.xml
	json dumpxml life
	[ "$(of_json kept)" = true ]
	enso check /tmp/life.xml
	json check /tmp/life.xml
	[ "$(of_json acceptable)" = true ]
	enso convert /tmp/life.xml --to xl >/tmp/life.cfg
	enso convert /tmp/life.cfg --to xml >/tmp/life2.xml
	sed -i "1s/ id='[0-9]*'//" /tmp/life.xml
	cmp /tmp/life.xml /tmp/life2.xml
	json convert /tmp/life.xml --to xml
	enso convert /tmp/life.cfg --to json >/tmp/life.json
	enso convert /tmp/life.xml --to json >/tmp/life2.json
	cmp /tmp/life.json /tmp/life2.json
	exits 4 enso create /tmp/life.xml
}

# On a restart the console goes on with the guest that follows.
case_own_reboot() {
	local looking first

	first=$(id_of life)
	mkfifo /tmp/keys2
	enso console -w life </tmp/keys2 >/tmp/console 2>/tmp/told &
	looking=$!
	exec 7>/tmp/keys2
	within 20 grep -q 'attached to' /tmp/told
	printf 'reboot -f\r' >&7
	within 600 grep -q '^GUEST-READY' /tmp/console
	[ "$(id_of life)" != "$first" ]
	printf '\035' >&7
	wait $looking
	exec 7>&-
	json reboot life -w -t 600
	within 600 said_times life '^GUEST-READY' 3
	enso reboot life
	within 600 said_times life '^GUEST-READY' 4
}

# What a guest does with its vCPUs and memory, and its own reboot, with a newer kernel in it.
case_newer_kernel() {
	local first

	create newer kernel=/boot/vmlinuz-6.12 on_reboot=restart
	up newer
	said newer '^GUEST-READY kernel 6.12'
	vcpus_of newer
	memory_of newer
	first=$(id_of newer)
	types newer 'reboot -f'
	within 600 said_times newer '^GUEST-READY' 2
	[ "$(id_of newer)" != "$first" ]
	enso destroy newer
}

# A stream that sees a guest live and die, and one of JSON.
case_events() {
	local plain documents

	enso events -t 120 -n 6 brief >/tmp/events &
	plain=$!
	enso events -t 120 -n 6 brief --json >/tmp/events.json &
	documents=$!
	sleep 2
	create brief -p
	enso unpause brief
	up brief
	enso pause brief
	sleep 3
	enso unpause brief
	sleep 3
	types brief 'poweroff -f'
	wait $plain
	wait $documents
	cat /tmp/events
	for event in started suspended resumed shutdown stopped; do
		grep -q " $event  *[a-z-]*  *brief$" /tmp/events
		grep -q "\"event\":\"$event\"" /tmp/events.json
	done
	[ "$(grep -c '"schema":"enso.events.1"' /tmp/events.json)" = 6 ]
}

case_own_poweroff() {
	types life 'poweroff -f'
	in_state life absent 60
	gone life
}

# What was dumped of a guest makes it again.
case_create_from_dump() {
	json create /tmp/life.xml --paused --timing
	[ "$(of_json state)" = paused ]
	enso dumpxml life | sed "1s/ id='[0-9]*'//" | cmp - /tmp/life.xml
	json destroy life
	gone life
}

# A guest's end by panic: each action is what it says.
case_crash_actions() {
	local id

	create phoenix on_crash=restart kernel=/boot/vmlinuz-6.12
	create twin on_crash=rename-restart
	create kept on_crash=preserve extra='console=hvc0 quiet cryptomgr.notests enso.run=echo~c>/proc/sysrq-trigger'
	create passing on_crash=destroy extra='console=hvc0 quiet cryptomgr.notests enso.run=echo~c>/proc/sysrq-trigger'
	in_state kept crashed 600
	said kept 'Kernel panic'
	# It is down: there is nobody to ask.
	json shutdown kept --wait -t 5
	[ "$(of_json asked)" = false ]
	[ "$(of_json down)" = true ]
	within 600 said passing 'Kernel panic'
	in_state passing absent 60
	up phoenix
	up twin
	id=$(id_of twin)
	types phoenix 'echo c >/proc/sysrq-trigger'
	types twin 'echo c >/proc/sysrq-trigger'
	within 600 said_times phoenix '^GUEST-READY' 2
	within 600 said twin '^GUEST-READY'
	in_state "twin-$id" crashed 60
	enso list "twin-$id" | grep -q " $id "
	enso logs "twin-$id" | grep -q 'Kernel panic'
	refused said twin 'Kernel panic'
	[ "$(id_of twin)" != "$id" ]
	enso shutdown phoenix --wait -t 60
	enso destroy twin "twin-$id" kept
}

# A guest's end by a watchdog that it does not kick.
case_watchdog() {
	local name first kept

	for name in restart preserve; do
		cat >/tmp/bitten.cfg <<-END
			name = "bitten-$name"
			kernel = "/boot/micro/short_life.elf"
			cmdline = "life=watchdog"
			memory = 16
			on_watchdog = "$name"
			on_crash = "destroy"
			on_poweroff = "destroy"
		END
		enso create -p /tmp/bitten.cfg
	done
	first=$(id_of bitten-restart)
	kept=$(id_of bitten-preserve)
	enso unpause bitten-restart bitten-preserve
	in_state bitten-preserve crashed 60
	enso dmesg | grep -q "domain $kept: its watchdog ran out"
	within 60 other_id bitten-restart "$first"
	enso dmesg | grep -q "domain $first: its watchdog ran out"
	[ "$(id_of bitten-preserve)" = "$kept" ]
	enso destroy bitten-restart bitten-preserve
}

# speaker NAME LIFE [KEY=VALUE]...: a guest that speaks at its start and before its end, paused.
speaker() {
	local name=$1 life=$2
	shift 2

	cat >/tmp/speaker.cfg <<-END
		name = "$name"
		kernel = "/boot/micro/short_life.elf"
		cmdline = "say life=$life"
		memory = 16
		on_crash = "destroy"
	END
	enso create -p /tmp/speaker.cfg "$@"
}

with_consoles() {
	rm -f /tmp/enso-consoled.hold
	within 60 alive consoled
}

# without_consoles: the console daemon is dead, and stays away until with_consoles.
without_consoles() {
	with_consoles
	touch /tmp/enso-consoled.hold
	kill -9 "$(cat /run/enso/consoled.pid)"
}

# consoles_in SECONDS: the daemon comes back by then, whatever this shell is at.
consoles_in() {
	(sleep "$1"; rm /tmp/enso-consoled.hold) &
}

has_terminal() {
	[ -n "$(xenstore-read "/local/domain/$(id_of "$1")/console/tty")" ]
}

# How often ensod has said so.
unanswered() {
	grep -c 'enso-consoled does not answer' /var/log/enso/ensod.daemon || true
}

# What guests write before their end, of each kind, is in their logs, though the console
# daemon has never seen them, is dead at that moment, and only then comes back.
case_last_words() {
	local told

	told=$(unanswered)
	without_consoles
	for life in stay poweroff crash fault; do
		speaker "early-$life" $life
		[ $life != stay ] || enso unpause early-stay
	done
	consoles_in 2
	enso unpause early-poweroff early-crash early-fault
	enso destroy early-stay
	gone early-stay
	said_times early-stay '^its first words' 1
	for life in poweroff crash fault; do
		in_state "early-$life" absent 20
		said_times "early-$life" '^its last words' 1
	done
	[ "$(unanswered)" = "$told" ]
	with_consoles
}

# The same when it has their rings in its hands, stands still, and is killed then.
case_last_words_in_hand() {
	with_consoles
	speaker held poweroff
	within 20 has_terminal held
	kill -STOP "$(cat /run/enso/consoled.pid)"
	(sleep 2; kill -9 "$(cat /run/enso/consoled.pid)") &
	enso unpause held
	in_state held absent 20
	wait $!
	within 60 said_times held '^its last words' 1
	said_times held '^its first words' 1
	with_consoles
}

# A dead guest that is kept takes its log along, with all that it wrote.
case_last_words_renamed() {
	local id

	with_consoles
	speaker moved obey on_poweroff=rename-restart
	enso unpause moved
	id=$(id_of moved)
	within 20 said moved '^its first words'
	without_consoles
	consoles_in 3
	enso shutdown moved
	within 60 said "moved-$id" '^its last words'
	said_times "moved-$id" '^its first words' 1
	within 60 said_times moved '^its first words' 1
	refused said moved '^its last words'
	enso destroy moved "moved-$id"
	with_consoles
}

# A daemon that does not come back is waited for five seconds, once for all, and that is told.
case_last_words_lost() {
	local start told

	with_consoles
	told=$(unanswered)
	for name in heard lost-1 lost-2 lost-3; do
		speaker $name poweroff
	done
	speaker lost-4 stay
	enso unpause heard
	in_state heard absent 20
	[ "$(unanswered)" = "$told" ]
	without_consoles
	start=$(cut -d. -f1 /proc/uptime)
	enso unpause lost-1 lost-2 lost-3
	for name in lost-1 lost-2 lost-3; do
		in_state $name absent 30
	done
	between 4 $(($(cut -d. -f1 /proc/uptime) - start)) 14
	[ "$(unanswered)" = $((told + 3)) ]
	start=$(cut -d. -f1 /proc/uptime)
	enso destroy lost-4 2>/tmp/told
	between 4 $(($(cut -d. -f1 /proc/uptime) - start)) 14
	grep -q '^enso: domain .*enso-consoled does not answer' /tmp/told
	gone lost-4
	with_consoles
}

# other_id GUEST ID: it runs, as another domain.
other_id() {
	local now

	now=$(id_of "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

case_trigger_nmi() {
	create struck kernel=/boot/vmlinuz-6.12
	up struck
	types struck 'echo 1 >/proc/sys/kernel/unknown_nmi_panic'
	answers struck fragile
	json trigger struck nmi 1
	within 60 said struck 'Kernel panic'
	in_state struck absent 60
	exits 3 enso trigger struck nmi
}

# One that takes no notice: what is said, the exit code, and what one can do then.
case_deaf() {
	create deaf extra='console=hvc0 quiet cryptomgr.notests enso.name=deaf enso.deaf=1' vcpus=1
	up deaf
	exits 6 enso shutdown deaf --wait -t 7
	grep -q 'deaf: not down after 5 s; it has begun to shut down' /tmp/refusal
	grep -q 'it is not down after 7 s; .*enso destroy' /tmp/refusal
	runs deaf
	# At a terminal what takes long is seen.
	script -qc 'enso shutdown deaf --wait -t 3' /tmp/terminal >/tmp/seen || true
	grep -q 'waiting for it to shut down ... 2 s' /tmp/terminal
	enso pause deaf
	exits 6 enso shutdown deaf --wait -t 1
	grep -q 'is paused and cannot answer' /tmp/refusal
	enso unpause deaf
	enso trigger deaf nmi
	json shutdown deaf --wait -t 2 --destroy
	[ "$(of_json destroyed)" = true ]
	gone deaf
}

# GRUB's PV image, a kernel that nobody here wrote, up to its prompt.
case_grub() {
	cat >/tmp/grub.cfg <<-'END'
		name = "grub"
		kernel = "/usr/lib/grub-xen/grub-x86_64-xen.bin"
		memory = 32
		on_reboot = "destroy"
	END
	enso create /tmp/grub.cfg
	within 120 said grub 'grub>'
	types grub 'set word=42'
	types grub 'echo grub-$word'
	within 60 said grub 'grub-42'
	types grub 'halt'
	in_state grub absent 60
}

case_shares() {
	enso sched life -w 512 -c 150
	enso sched life | grep -q '^life                              *[0-9]*    512  150$'
	json sched life -w 256 --cap 0
	[ "$(of_json cap)" = 0 ]
	enso sched --ratelimit 300
	enso sched | grep -q '^Cpupool Pool-0: ratelimit=300us$'
	refused enso sched --ratelimit 99
	json sched --ratelimit 1000
	[ "$(of_json ratelimit_us)" = 1000 ]
	enso vcpu-pin life all $last_cpu
	enso vcpu-list life | tail -n 1 | grep -q " $last_cpu_listed / all"
	json vcpu-pin life 0 all 0
	answers life pinned
	enso vcpu-pin life all all all
}

# What dom0 had of that CPU.
percent_beside() {
	if [ $last_cpu = 0 ]; then percent_of Domain-0; else echo 0; fi
}

# Guests of weights 1:2:4 that spin on one CPU get 1/7, 2/7 and 4/7 of what dom0 leaves of it,
# each within 2 % of its share.
case_weights() {
	local part sum

	enso vcpu-pin Domain-0 all 0
	enso pause life
	for part in 1 2 4; do
		spin "spin$part"
		enso sched "spin$part" -w $((part * 128))
		enso vcpu-pin "spin$part" 0 $last_cpu
	done
	enso sched spin4 | grep -q '512 *0$'
	enso vcpu-list spin1 | tail -n 1 | grep -q " $last_cpu_listed / all"
	json top -n 1 -d 28
	sum="($(percent_of spin1) + $(percent_of spin2) + $(percent_of spin4))"
	near "$sum + $(percent_beside)" 100 2
	for part in 1 2 4; do
		near "$(percent_of "spin$part") / $sum" "($part / 7)" 2
	done
	enso destroy spin1 spin2 spin4
	enso vcpu-pin Domain-0 all all
	enso unpause life
}

# The most vCPUs a guest can have.
case_many_vcpus() {
	create wide -p vcpus=64 maxvcpus=64 memory=256 maxmem=256
	[ "$(enso vcpu-list wide | grep -c '^wide ')" = 64 ]
	json vcpu-list wide
	[ "$(tr '{' '\n' </tmp/json | grep -c '"vcpu": *[0-9]')" = 64 ]
	enso destroy wide
}

# Files of /etc/enso/autostart, in the order of their names, once a boot.
case_autostart() {
	mkdir -p /etc/enso/autostart
	sed 's/life/second/' /tmp/guest.cfg >/etc/enso/autostart/20-second.cfg
	sed 's/life/first/; s/vcpus = 2/vcpus = 1/' /tmp/guest.cfg >/etc/enso/autostart/10-first.cfg
	echo 'nonsense' >/etc/enso/autostart/15-broken.cfg
	again ensod
	up first
	up second
	[ "$(id_of first)" -lt "$(id_of second)" ]
	grep -q '15-broken' /var/log/enso/ensod.daemon
	enso destroy second
	again ensod
	sleep 2
	gone second
	answers first goes-on
}

# A guest that dies while there is no ensod: the next one sees to it.
case_resumption() {
	touch /tmp/ensod.hold
	kill -9 "$(cat /run/enso/ensod.pid)"
	types first 'reboot -f'
	in_state first shutoff 60
	sleep 1
	in_state first shutoff 1
	rm /tmp/ensod.hold
	within 600 said_times first '^GUEST-READY' 2
}

# All guests down with the host: asked at once, waited for, and destroyed when deaf; even what
# should restart stays down.
case_stop_guests() {
	local stopped

	create deaf2 extra='console=hvc0 quiet cryptomgr.notests enso.name=deaf2 enso.deaf=1' vcpus=1
	create polite on_poweroff=restart
	up deaf2
	up polite
	again ensod --stop-guests --stop-timeout 30
	touch /tmp/ensod.hold
	stopped=$(cut -d. -f1 /proc/uptime)
	kill "$(cat /run/enso/ensod.pid)"
	in_state first absent 25
	in_state polite absent 25
	[ $(($(cut -d. -f1 /proc/uptime) - stopped)) -lt 30 ]
	runs deaf2
	in_state deaf2 absent 120
	within 30 refused alive ensod
	grep -q 'has not powered off in time; destroyed' /var/log/enso/ensod.daemon
	rm /tmp/ensod.hold /tmp/ensod.options
	within 60 alive ensod
	[ "$(enso list --names)" = "" ]
}

case_every_command() {
	# tests/scenario/devices has those of devices.
	all_exercised "$(command_names | grep -v '^block-\|^network')"
}

run_cases lifecycle ${cases:-create-console console usage look dmesg-clear about store pause sysrq \
	vcpu-hotplug balloon shares weights many-vcpus rename formats own-reboot events own-poweroff create-from-dump \
	newer-kernel crash-actions watchdog last-words last-words-in-hand \
	last-words-renamed last-words-lost trigger-nmi deaf grub autostart resumption stop-guests every-command nothing-left}
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
