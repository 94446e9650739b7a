# SPDX-License-Identifier: MIT
#
# What the scenarios that run in dom0's shell share (tests/scenario/tools.sh,
# lifecycle.sh): verdicts, waiting, and questions about guests.  It stands before
# the scenario's own script, in one file (dom0_image.py).  Busybox's shell.

failed=0

# run_cases SCENARIO NAME...: runs case_NAME (- is _ there) for each, and prints a verdict;
# the first command that fails is the reason.
run_cases() {
	local scenario=$1 name function start took
	shift

	for name; do
		start=$(cut -d. -f1 /proc/uptime)
		function=case_$(echo "$name" | tr - _)
		# Not as a condition: there a shell does not stop at what fails.
		(set -ex; $function) >/tmp/case.log 2>&1
		if [ $? = 0 ]; then
			took=$(($(cut -d. -f1 /proc/uptime) - start))
			echo "PASS $scenario.$name ($took s)"
		else
			echo "FAIL $scenario.$name: $(case_reason)"
			sed 's/^/case: /' /tmp/case.log | tail -n 12
			state_of_guests 2>&1 | sed 's/^/case: /'
			failed=1
		fi
	done
}

# The last that a case did, and what was said of it, in one line.
case_reason() {
	grep . /tmp/case.log | grep -v '^+* return [0-9]*$' | tail -n 3 | tr '\n' ';' | cut -c1-300
}

# Who had the CPUs in two seconds, what each guest said last; registers go to the machine's log.
state_of_guests() {
	timeout 5 enso vcpu-list
	timeout 5 xl debug-keys r
	sleep 2
	timeout 5 enso vcpu-list
	tail -n 3 /var/log/enso/*.log
}

# within SECONDS COMMAND...: waits until it succeeds.  The clock is read without a program's
# help: while a machine waits, its CPUs are for what it waits for.
within() {
	local end what now _

	read -r now _ </proc/uptime
	end=$((${now%.*} + $1 * ${time_scale:-1}))
	shift

	what=$*
	until "$@" >/dev/null 2>&1; do
		read -r now _ </proc/uptime
		if [ "${now%.*}" -ge $end ]; then
			echo "not so in time: $what"
			return 1
		fi
		sleep 0.2
	done
}

# said GUEST PATTERN: its log has such a line.
said() {
	grep -q "$2" "/var/log/enso/$1.log"
}

# said_times GUEST PATTERN N: so many lines.
said_times() {
	[ "$(grep -c "$2" "/var/log/enso/$1.log")" = "$3" ]
}

# lives PID: there is such a process, and it has not ended.  `kill -0 ""` would succeed.
lives() {
	[ -n "$1" ] && [ -e "/proc/$1/exe" ]
}

# alive DAEMON ("stored")
alive() {
	lives "$(cat "/run/enso/$1.pid")"
}

# is_another OLD PID: it is not OLD, and lives.  Without the store no number may be found.
is_another() {
	[ "$2" != "$1" ] && lives "$2"
}

# other_lives FILE PID: the process whose number stands in the file is another, and there.
other_lives() {
	is_another "$2" "$(cat "$1")"
}

id_of() {
	enso list "$1" | awk -v name="$1" '$1 == name { print $2 } $2 == name { print $1 }' |
		grep '^[0-9][0-9]*$'
}

runs() {
	enso list --names | grep -qx "$1"
}

gone() {
	! runs "$1"
}

refused() {
	! "$@" || { echo "was not refused: $*"; return 1; }
}

free_pages() {
	xl info free_memory
}

# types GUEST LINE: at its terminal.
types() {
	local tty

	tty=$(xenstore-read "/local/domain/$(id_of "$1")/console/tty")
	echo "$2" >"$tty"
}

# answers GUEST WORD: a line typed at its terminal, and its answer in its log.
answers() {
	types "$1" "echo $2-\$((6*7))"
	within 60 said "$1" "^$2-42"
}
