# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A Wine of our own in $WINEPREFIX, for scripts/test and scripts/demo.

export WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='

# With address randomisation, about one start in some hundred fails on recent kernels: the heap comes to lie where Wine
# needs a fixed page (0x7ffe0000). Children inherit the personality.
wine=(wine)
setarch -R true 2>/dev/null && wine=(setarch -R wine)

# wine_begin LOG: makes the prefix and keeps its server until wine_end. A prefix that came out short is made again.
wine_begin() {
	local log=$1 try
	for try in 1 2 3; do
		"${wine[@]}" wineboot -i >>"$log" 2>&1 </dev/null && wineserver -w >>"$log" 2>&1 &&
			[[ $(grep -c . "$WINEPREFIX/system.reg" 2>/dev/null) -gt 10000 ]] && break
		echo "the prefix is not whole (try $try)" >>"$log"
		wineserver -k >>"$log" 2>&1
		rm -rf "$WINEPREFIX"
		[[ $try -lt 3 ]] || return 1
	done
	# Wine's own background processes inherit what the first program prints to: let that be the log, not a test's pipe
	wineserver -p >>"$log" 2>&1 </dev/null
	"${wine[@]}" cmd /c exit >>"$log" 2>&1 </dev/null
}

wine_end() {
	wineserver -k 2>/dev/null
	wineserver -w 2>/dev/null
}
