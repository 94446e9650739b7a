# SPDX-License-Identifier: MIT
#
# What scenarios share that have every command of `enso` tried (lifecycle.sh, devices.sh):
# notes of what `enso` was used for, its documents, and whether a command was forgotten.

# Whatever the cases have `enso` do successfully is noted, for the last of them.
enso() {
	local status=0

	command enso "$@" || status=$?
	[ $status != 0 ] || echo "$*" >>/tmp/exercised
	return $status
}

# json COMMAND...: its document, in /tmp/json, is of the schema it should be.
json() {
	local schema=$1

	case $1 in store | network) schema=$1.$2 ;; esac
	enso "$@" --json >/tmp/json
	grep -q "\"schema\": *\"enso\.$schema\.1\"" /tmp/json
}

# of_json FIELD: the first number or word of that name in /tmp/json.
of_json() {
	tr ',{}[]' '\n\n\n\n\n' </tmp/json | sed -n "s/^ *\"$1\": *\"*\([^\"]*\)\"*$/\1/p" | head -n 1
}

command_names() {
	command enso help --json | awk '/"name":/ { name = $0 } /"arguments":/ { print name }' |
		sed 's/.*"name": *"\(.*\)".*/\1/'
}

# all_exercised NAMES: each command of these lines succeeded once with --json and once without.
all_exercised() {
	local name missing=

	[ "$(echo "$1" | wc -l)" -ge 10 ]
	echo "$1" >/tmp/commands
	while read -r name; do
		grep "^$name\( \|$\)" /tmp/exercised | grep -vq -- --json || missing="$missing $name"
		# What it prints is no document but a text.
		[ "$name" != completion ] || continue
		grep "^$name " /tmp/exercised | grep -q -- --json || missing="$missing $name(--json)"
	done </tmp/commands
	[ -z "$missing" ] || { echo "not exercised:$missing"; return 1; }
}
