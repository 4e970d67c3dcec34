#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Plays one scenario on our provider with a peer that needs no FreeRDP. scenario.sh BIN FILE FAMILY [rdsim argument...]
# With rdsim.exe in BIN it is played under Wine. Bounded, waits only for processes of its own, removes what it wrote. An
# advice counts here, too, but for the time of a notification, which is the machine's matter as much as ours.

set -u

bin=$1 file=$2 family=$3
shift 3
state=$(mktemp -d "${TMPDIR:-/tmp}/rdsim-scenario.XXXXXX") || exit 1
listener=RDSPROV
wine=(wine)
setarch -R true 2>/dev/null && wine=(setarch -R wine)

finish() {
	if [[ -e $bin/rdsim.exe ]]; then
		printf 'REGEDIT4\n\n[-%s\\%s]\n[-%s\\%s-2]\n' "$key" "$listener" "$key" "$listener" >"$state/remove.reg"
		"${wine[@]}" regedit /S "$(windows "$state/remove.reg")" >/dev/null 2>&1
	fi
	rm -rf "$state"
}
trap finish EXIT

# As Wine's drive Z: shows it.
windows() { echo "Z:${1//\//\\}"; }

key='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations'
if [[ -e $bin/rdsim.exe ]]; then
	listener=RDSIM-$$
	peer=$(windows "$bin/fake-peer.exe")
	{
		printf 'REGEDIT4\n\n'
		for name in "$listener" "$listener-2"; do # the second one for scenarios with two
			printf '[%s\\%s]\n' "$key" "$name"
			printf '"PortNumber"=dword:0\n"address"="127.0.0.1"\n"peer-program"="%s"\n"launcher"="%s"\n"log-level"="debug"\n\n' \
				"${peer//\\/\\\\}" "$listener"
		done
	} >"$state/add.reg"
	export WINEDEBUG=${WINEDEBUG:--all}
	"${wine[@]}" regedit /S "$(windows "$state/add.reg")" >"$state/log" 2>&1 || {
		echo "FAIL: regedit ended with $?"
		cat "$state/log"
		exit 1
	}
	play=("${wine[@]}" "$bin/rdsim.exe" --library "$(windows "$bin/rdsprov.dll")")
	file=$(windows "$file")
else
	for name in "$listener" "$listener-2"; do
		printf '[%s]\nport = 0\naddress = 127.0.0.1\npeer-program = %s\nlauncher = %s\nlog-level = debug\n' \
			"$name" "$bin/fake-peer" "$state/launcher"
	done >"$state/rdsprov.ini"
	export RDSPROV_CONFIG=$state/rdsprov.ini
	play=("$bin/rdsim" --library "$bin/librdsprov.so")
fi
timeout 110 "${play[@]}" --listener "$listener" --family "$family" --scenario "$file" --verbose "$@" \
	>"$state/out" 2>"$state/log" </dev/null
code=$?
advised=$(grep '^rule .* advice ' "$state/out" | grep -v '^rule notify-time ')
# a Wine whose server crashes ends programs with 0, and without a word
if [[ $code -ne 0 || -n $advised ]] || grep -q Sanitizer "$state/log" || ! grep '^scenario: ' "$state/out"; then
	tail -n 60 "$state/log"
	cat "$state/out"
	echo "FAIL: exit $code"
	exit 1
fi
