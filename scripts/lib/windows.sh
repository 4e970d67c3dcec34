# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# scripts/demo --windows: the Windows binaries under a Wine of their own, registered as on Windows (regsvr32, values of a listener
# key), serving a Wine desktop with Notepad. Sets `service`. Uses state, bin, port, size, security, desktop, users, sam.

# shellcheck source=scripts/lib/wine.sh
. "$root/scripts/lib/wine.sh"

windows_key='HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDSPROV'
windows_children=()

# windows_path UNIXPATH: as Wine's drive Z: sees it
windows_path() { echo "Z:${1//\//\\}"; }

# windows_value NAME TYPE DATA
windows_value() {
	"${wine[@]}" reg add "$windows_key" /v "$1" /t "$2" /d "$3" /f >>"$state/wine.log" 2>&1 </dev/null ||
		die "the listener's value $1 cannot be set; see $state/wine.log"
}

windows_start() {
	local what=pattern arguments=() number
	export WINEPREFIX=$state/wine
	unset DISPLAY
	if [[ $desktop == x11 ]]; then
		what=gdi
		arguments=(--session-arg --join --session-arg rdsprov)
		size=${size:-1280x800} # a Wine desktop cannot change its size
		mkfifo "$state/display"
		Xvfb -displayfd 3 -screen 0 "${size}x24" -nolisten tcp -noreset \
			3>"$state/display" >"$state/xvfb.log" 2>&1 </dev/null &
		windows_children+=($!)
		read -r -t 20 number <"$state/display" || die "Xvfb does not start; see $state/xvfb.log"
		export DISPLAY=:$number
	fi
	say "starting Wine"
	wine_begin "$state/wine.log" || die "Wine does not start; see $state/wine.log"
	if [[ $what == gdi ]]; then
		"${wine[@]}" explorer "/desktop=rdsprov,$size" notepad.exe >>"$state/wine.log" 2>&1 </dev/null &
		windows_children+=($!)
	fi
	"${wine[@]}" regsvr32 /s "$(windows_path "$bin/rdsprov.dll")" >>"$state/wine.log" 2>&1 </dev/null || die "regsvr32 failed"
	windows_value PortNumber REG_DWORD "$port"
	windows_value address REG_SZ 127.0.0.1
	windows_value security-layer REG_SZ "$security"
	windows_value certificate REG_SZ "$(windows_path "$state/certificate.pem")"
	windows_value key REG_SZ "$(windows_path "$state/key.pem")"
	windows_value sam-file REG_SZ "$(windows_path "$sam")"
	windows_value desktop-size REG_SZ "${size:-client}"
	windows_value launcher REG_SZ rdsprov-demo
	windows_value log-level REG_SZ "$([[ -n $verbose ]] && echo debug || echo info)"
	"${wine[@]}" "$(windows_path "$bin/rdsim.exe")" --listener RDSPROV --require-listen --launcher rdsprov-demo \
		--control rdsprov-demo-control --desktop "$what" "${arguments[@]}" --user-file "$(windows_path "$users")" \
		${verbose:+--verbose} >"$state/service.out" 2>"$state/service.log" </dev/null &
	service=$!
}

# A signal does not reach a Windows program in an orderly way: ask, then end the whole Wine.
windows_stop() {
	timeout 2 "${wine[@]}" "$(windows_path "$bin/rdsim.exe")" --control rdsprov-demo-control --send stop \
		>/dev/null 2>&1 </dev/null
}

windows_finish() {
	wineserver -k 2>/dev/null
	[[ ${#windows_children[@]} -gt 0 ]] && kill "${windows_children[@]}" 2>/dev/null
	wineserver -w 2>/dev/null
}
