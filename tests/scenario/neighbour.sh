# SPDX-License-Identifier: MIT
#
# What tests/scenario/neighbour has dom0 do: beside a victim, which counts its
# work on its console (tests/guest/victim.c), one attack after the other runs for
# a while.  /etc/enso-plan has a line for each:
#
#	VICTIM NAME SECONDS-BEFORE SECONDS-MEASURED IMAGE:ATTACK...

wrong() {
	tail -n 5 /var/log/enso/*.daemon /var/log/enso/attacker*.log
	echo "NEIGHBOUR something is wrong: $*" # and nobody listens any more
	exit 1
}

# devices NAME IMAGE: those of a guest that attacks their backends, or works with them.
devices() {
	case $2:$1 in
	hostile_block:* | victim:disk)
		truncate -s 4M "/tmp/$1.img"
		echo "disk = [ '/tmp/$1.img,raw,xvda,rw' ]"
		;;
	hostile_network:* | victim:network) echo "vif = [ 'bridge=guests' ]" ;;
	esac
}

# create NAME IMAGE WORDS: a guest of one vCPU with these words for its kernel.
create() {
	cat >/tmp/$1.cfg <<-END
		name = "$1"
		kernel = "/boot/micro/$2.elf"
		cmdline = "$3"
		memory = 16
		on_reboot = "destroy"
		on_crash = "destroy"
		$(devices "$1" "$2")
	END
	enso create /tmp/$1.cfg >/tmp/create.out 2>&1 || wrong "$1: $(tail -n 1 /tmp/create.out)"
}

# memory NAME...: KiB of the daemons' own memory, then of the store's journal.
memory() {
	for daemon; do
		awk '/^RssAnon/ { print $2 }' "/proc/$(cat /run/enso/$daemon.pid)/status"
	done | tr '\n' ' '
	du -k -c /run/enso/stored.journal* | awk 'END { printf "%d", $1 }'
}

# backends: KiB of their own memory.
backends() {
	local pid

	for pid in $(pidof enso-blkback enso-netback); do
		cat "/proc/$pid/status"
	done | awk '/^RssAnon/ { sum += $2 } END { printf "%d", sum }'
}

# The one attacker's backend is connected (4), or has let go of it (6).
was_connected() {
	local tries=50 id

	id=$(xl domid attacker1)
	until for class in enso-vbd enso-vif; do
		xenstore-ls "/local/domain/0/backend/$class/$id" 2>/dev/null
	done | grep -q '^  *state = "[46]"'; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# A plan's line.  While the attackers run this domain does nothing but what it is
# made to do; what the victim has said by then is told.
attack() {
	local victim=$1 name=$2 before=$3 measured=$4 count=0 first
	shift 4

	for attacker; do
		count=$((count + 1))
		create "attacker$count" "${attacker%:*}" "attack=${attacker#*:}"
	done
	sleep "$before"
	first=$(backends)
	sleep "$measured"
	rm -f /tmp/words /tmp/words.1
	mv "/var/log/enso/$victim.log.1" /tmp/words.1 2>/dev/null
	cp "/var/log/enso/$victim.log" /tmp/words
	[ "$(enso list --names | grep -c '^attacker')" = $count ] || wrong "$name: one has ended"
	case $name in
	block-* | network-*) was_connected || wrong "$name: it never reached its backend" ;;
	esac
	echo "NEIGHBOUR $victim $name $(memory stored consoled ensod) $first $(backends)"
	cat /tmp/words.1 /tmp/words 2>/dev/null | grep -a '^work ' | tail -n 30
	while [ $count -gt 0 ]; do
		enso destroy "attacker$count" >/dev/null || wrong "$name: not destroyed"
		count=$((count - 1))
	done
}

modprobe -a bridge tun
ip link add guests type bridge
ip addr add 10.9.0.1/24 dev guests
ip link set guests up
victim=
while read -r who rest; do
	if [ "$who" != "$victim" ]; then
		[ -z "$victim" ] || enso destroy "$victim" >/dev/null || wrong "$victim: not destroyed"
		victim=$who
		create "$who" victim "work=$who"
	fi
	attack "$who" $rest </dev/null
done </etc/enso-plan
echo "NEIGHBOUR end"
