# SPDX-License-Identifier: MIT
#
# What tests/scenario/kill has dom0 do: each program is killed as it enters a system
# call, at $most of the calls that it makes for one piece of work, as far apart as each
# other; the work is then done again or was done, nothing is lost and nothing is left
# over.  $offset says with which call they begin.
# tools_shell.sh is in front of it.

work=/kill

configure() {
	cat >"$work/$1.cfg" <<-END
		name = "$1"
		kernel = "/boot/micro/short_life.elf"
		cmdline = "life=$1"
		memory = 16
		on_crash = "destroy"
		on_reboot = "destroy"
	END
}

# soon SECONDS COMMAND...: as within, but looks more often.
soon() {
	local end what now _

	read -r now _ </proc/uptime
	end=$((${now%.*} + $1))
	shift

	what=$*
	until "$@" >/dev/null 2>&1; do
		read -r now _ </proc/uptime
		if [ "${now%.*}" -ge $end ]; then
			echo "not so in time: $what"
			return 1
		fi
		usleep 30000
	done
}

# tell WORDS: progress, on the machine's log.
tell() {
	echo "KILL $*, $(cut -d. -f1 /proc/uptime) s" >/dev/console
}

nothing_half_made() {
	for file in /run/enso/creating/*; do
		[ ! -e "$file" ] || return 1
	done
}

# ---- what was there before and must be there afterwards ---------------------

state() {
	enso info --json | tr ',{}' '\n\n\n' | grep '"free_memory'
	xenstore-ls -f -p /
	# Ports by what they are bound to: a number, or the CPU it goes to, may change.
	/usr/lib/xen-4.17/bin/lsevtchn 0 | sed 's/^.*VCPU [0-9]*: //; s/Domain 0, Port .*/Domain 0/' | sort
	find /run/enso /var/lib/enso ! -name '*.daemon' | sort
}

same_state() {
	state >$work/now
	cmp -s $work/before $work/now
}

# remember: twice, as the first may change what is found (a guest's log, a cache).
remember() {
	state >$work/before
	state >$work/before
}

as_before() {
	soon 30 same_state || {
		diff $work/before $work/now | grep '^[+-][^+-]' | head -n 8
		return 1
	}
}

# ---- the calls a program makes ----------------------------------------------

# numbered FILE: strace's lines as "CALL N", N its number among its like; what ends a
# program or begins it is left out.
numbered() {
	sed -n 's/^\([0-9]* *\)\{0,1\}\([a-z0-9_]*\)(.*/\2/p' "$1" | grep -v -e exit -e execve |
		awk '{ print $1, ++count[$1] }'
}

# chosen FILE: $most of its lines or fewer, as far apart as each other; all if $most is 0.
chosen() {
	awk -v most="$most" -v offset="$offset" '
		{ line[NR] = $0 }
		END {
			step = most ? int((NR + most - 1) / most) : 1
			for (i = 1; i <= NR; i++)
				if (i % step == offset % step)
					print line[i]
		}' "$1"
}

# list_calls NAME COMMAND...: what the command calls, in $work/NAME.calls.
list_calls() {
	local name=$1
	shift

	strace -qq -o $work/raw "$@"
	numbered $work/raw >$work/$name.calls
	tell "$name makes $(grep -c . $work/$name.calls) calls"
}

# killed_at CALL N COMMAND...: the command, killed as it enters its N-th such call.
killed_at() {
	local call=$1 number=$2
	shift 2

	strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
		"$@" >/dev/null 2>&1 || killed=$((killed + 1))
	tried=$((tried + 1))
}

# sweep NAME FUNCTION [TENTHS]: the function for each chosen call, "CALL N" its words;
# so many tenths of them must have had an effect.  A daemon that takes two events at once
# makes fewer calls than when they were listed: the last of them may not come.
sweep() {
	local call number

	killed=0 tried=0
	chosen $work/$1.calls >$work/chosen
	while read -r call number <&3; do
		$2 $call $number || { echo "after a kill at $call $number"; return 1; }
	done 3<$work/chosen
	tell "$1: $killed of $tried killed"
	[ $tried -gt 0 ]
	[ $((killed * 10)) -ge $((tried * ${3:-7})) ]
}

# ---- commands ---------------------------------------------------------------

# The guest is there, whole, or nothing of it is.
try_create() {
	killed_at $1 $2 enso create $work/stay.cfg
	soon 60 nothing_half_made || return
	if [ -e /run/enso/guests/* ]; then
		enso list stay >/dev/null && enso destroy stay >/dev/null || return
	fi
	as_before
}

case_create() {
	list_calls create enso create $work/stay.cfg
	enso destroy stay
	remember
	sweep create try_create
}

# It says why in one sentence, is not content, and leaves nothing; or could do without.
try_error() {
	local status=0 error

	errors=$((errors + 1))
	error=$(echo ENOMEM EIO ENOSPC | cut -d' ' -f$((errors % 3 + 1)))
	tried=$((tried + 1))
	strace -qq -o /dev/null -e "trace=$1" -e "inject=$1:error=$error:when=$2" \
		enso create $work/stay.cfg >$work/out 2>&1 || status=$?
	if [ $status = 0 ]; then
		enso list stay >/dev/null && enso destroy stay >/dev/null || return
	else
		killed=$((killed + 1))
		[ "$(grep -c '^enso: ...............' $work/out)" = 1 ] || {
			echo "$error: status $status, said: $(tail -n 3 $work/out)"
			return 1
		}
	fi
	as_before
}

case_create_error() {
	errors=0
	list_calls all enso create $work/stay.cfg
	enso destroy stay
	# Before the first of the hypervisor's is the loader's work, which an error may end in any way.
	sed -n '/^ioctl /,$p' $work/all.calls |
		grep -e '^openat ' -e '^mmap ' -e '^ioctl ' -e '^write ' -e '^fsync ' >$work/error.calls
	remember
	sweep error try_error 5
}

# Whoever asks again finds it gone or takes it away.
try_destroy() {
	enso create $work/stay.cfg >/dev/null || return
	killed_at $1 $2 enso destroy stay
	enso destroy stay >$work/out 2>&1 || ! runs stay || return
	soon 60 nothing_half_made || return
	as_before
}

case_destroy() {
	enso create $work/stay.cfg
	list_calls destroy enso destroy stay
	remember
	sweep destroy try_destroy
}

# ---- daemons ----------------------------------------------------------------

traced() {
	! grep -q '^TracerPid:.*\b0$' "/proc/$1/status"
}

# restarted DAEMON PID: another one is at work.
restarted() {
	other_lives "/run/enso/$1.pid" "$2" && xenstore-read /
}

# list_daemon_calls DAEMON COMMAND...: what it calls while the command runs.
list_daemon_calls() {
	local daemon=$1 pid tracer
	shift

	pid=$(cat /run/enso/$daemon.pid)
	strace -f -qq -o $work/raw -p $pid &
	tracer=$!
	soon 30 traced $pid
	"$@"
	kill $tracer
	wait $tracer || true
	numbered $work/raw >$work/$daemon.calls
	tell "$daemon makes $(grep -c . $work/$daemon.calls) calls"
}

# daemon_killed_at CALL N DAEMON COMMAND...: the command, while the daemon is killed as
# it enters its N-th such call from now.
daemon_killed_at() {
	local call=$1 number=$2 daemon=$3 pid tracer
	shift 3

	pid=$(cat /run/enso/$daemon.pid)
	strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
		-p $pid 2>/dev/null &
	tracer=$!
	soon 30 traced $pid || return
	"$@" || return
	tried=$((tried + 1))
	kill $tracer 2>/dev/null || true
	wait $tracer 2>/dev/null || true
	if [ ! -d /proc/$pid ] || [ "$(cat /run/enso/$daemon.pid)" != $pid ]; then
		killed=$((killed + 1))
	fi
	soon 60 restarted_or_alive $daemon $pid
}

restarted_or_alive() {
	if lives "$2"; then
		xenstore-read /
	else
		restarted "$1" "$2"
	fi
}

# What was acknowledged is there; what was not may be.
ask_store() {
	serial=$((serial + 1))
	if xenstore-write /kill/$((serial % 7)) $serial /kill/last $serial 2>/dev/null; then
		acknowledged=$serial
	fi
	xenstore-rm /kill/gone 2>/dev/null || true
}

try_stored() {
	local last

	daemon_killed_at $1 $2 stored ask_store || return
	last=$(xenstore-read /kill/last) || return
	[ "$last" -ge $acknowledged ] || { echo "wrote $acknowledged, found $last"; return 1; }
	xenstore-write /kill/gone x
}

# A guest whose ring was taken over each time still hears what the store tells it.
case_stored() {
	serial=0 acknowledged=0
	enso create $work/obey.cfg
	xenstore-write /kill/last 0 /kill/gone x
	list_daemon_calls stored ask_store
	sweep stored try_stored 4
	xenstore-rm /kill
	enso shutdown obey --wait --timeout 60
	soon 60 gone obey
}

# A guest that counts aloud; every number is in its log.
count_on() {
	sleep 1
}

try_consoled() {
	daemon_killed_at $1 $2 consoled count_on
}

# counts: the numbers in the counter's logs, in their order, also where they came twice.
counts() {
	cat /var/log/enso/counter.log* | tr -d '\r' | sed -n 's/^count \([0-9]*\)$/\1/p' | sort -n
}

# first_lost MOST: of the numbers up to there the first that is not among those that are
# read; the oldest logs may be gone, so they need not begin with 1.
first_lost() {
	sort -n -u | awk -v most="$1" '
		NR > 1 && $1 != last + 1 && last < most { print last + 1; exit }
		{ last = $1 }
		END { if (last < most) print last + 1 }' | head -n 1
}

counted_to() {
	[ "$(counts | tail -n 1)" -ge "$1" ]
}

case_consoled() {
	local last missing

	cat >$work/counter.cfg <<-'END'
		name = "counter"
		kernel = "/boot/vmlinuz-6.1"
		ramdisk = "/boot/guest-initrd.gz"
		cmdline = "console=hvc0 quiet cryptomgr.notests enso.name=counter enso.run=i=0;while~true;do~i=$((i+1));echo~count~$i;usleep~20000;done"
		memory = 128
	END
	enso create $work/counter.cfg
	within 300 said counter '^count 10' || { tail -n 5 /var/log/enso/counter.log; false; }
	list_daemon_calls consoled count_on 3
	sweep consoled try_consoled 4
	last=$(($(counts | tail -n 1) + 20))
	within 120 counted_to $last
	enso destroy counter
	missing=$(counts | first_lost $last)
	[ -z "$missing" ] || { echo "line $missing is lost"; return 1; }
	[ "$(counts | grep -vx 20 | first_lost $last)" = 20 ]
	# A ring's text may come twice, with each kill.
	[ $(($(counts | grep -c .) - $(counts | sort -u | grep -c .))) -le $(((killed + 1) * 250)) ]
}

# A guest that says something, then ends; its log is its own.
let_speak() {
	rm -f /var/log/enso/speaker.log
	enso create $work/speaker.cfg >/dev/null || return
	soon 20 no_guests || true
}

try_last_words() {
	daemon_killed_at $1 $2 consoled let_speak || return
	soon 60 no_guests || return
	said speaker '^its last words'
}

case_last_words() {
	sed 's/^name = .*/name = "speaker"/; s/life=/say life=/' $work/poweroff.cfg >$work/speaker.cfg
	list_daemon_calls consoled let_speak
	mv $work/consoled.calls $work/last_words.calls
	said speaker '^its last words'
	sweep last_words try_last_words 4
}

# A guest dies: whoever supervises then or next takes it away.
let_die() {
	enso create $work/poweroff.cfg >/dev/null || return
	soon 3 no_guests || true
}

no_guests() {
	nothing_half_made || return
	for file in /run/enso/guests/*; do
		[ ! -e "$file" ] || return 1
	done
}

try_ensod() {
	daemon_killed_at $1 $2 ensod let_die || return
	soon 60 no_guests || return
	as_before
}

case_ensod() {
	list_daemon_calls ensod let_die
	soon 60 no_guests
	remember
	sweep ensod try_ensod 4
}

# Everything at once, again and again, beside a guest that never notices.
case_all() {
	local round name

	enso create $work/obey.cfg
	for round in 1 2 3 4 5; do
		for name in stored consoled ensod; do
			kill -9 "$(cat /run/enso/$name.pid)" || true
		done
		usleep $((round * 70000))
	done
	within 60 xenstore-read /
	for name in consoled ensod; do
		within 60 alive $name
	done
	enso shutdown obey --wait --timeout 60
	soon 60 no_guests
}

# draw N: sets $drawn to 0..N-1, the same in every run.
draw() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}

# A daemon dies some time or other while a guest is made or ended.
case_random() {
	local round=0 daemon delay doer

	soon 30 no_guests
	remember
	while [ $round -lt $rounds ]; do
		round=$((round + 1))
		draw 3
		daemon=$(echo stored consoled ensod | cut -d' ' -f$((drawn + 1)))
		draw 400
		delay=$drawn
		(enso create $work/stay.cfg; enso destroy stay) >$work/out 2>&1 &
		doer=$!
		usleep $((delay * 1000))
		kill -9 "$(cat /run/enso/$daemon.pid)" || true
		wait $doer || true
		soon 60 xenstore-read /
		soon 60 alive ensod
		! runs stay || enso destroy stay
		soon 60 no_guests
		as_before || { echo "$daemon killed after $delay ms"; return 1; }
	done
	tell "random: $round rounds"
}

# What this scenario looks at shows what it looks for.
case_notices() {
	remember
	same_state
	enso create -p $work/stay.cfg
	refused same_state
	refused no_guests
	enso destroy stay
	as_before
	touch /run/enso/creating/leak
	refused nothing_half_made
	rm -f /run/enso/creating/leak
	xenstore-write /leak 1
	refused same_state
	xenstore-rm /leak
	as_before
}

mkdir -p $work
for life in poweroff obey stay; do
	configure $life
done
# What the first guest leaves for good: the unpacked kernel, rooms that grew.
enso create $work/stay.cfg
enso destroy stay
run_cases kill ${cases:-notices create create-error destroy stored consoled last-words ensod all random}
[ $failed = 0 ] || tail -n 8 /var/log/enso/*.daemon
exit $failed
