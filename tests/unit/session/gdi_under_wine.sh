#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs unit-session-gdi.exe under Wine: an Xvfb and a Wine prefix of its own, one virtual desktop with Notepad.
# usage: gdi_under_wine.sh PROGRAM.exe [test ...]
set -u
program=$1
shift
scratch=$(mktemp -d) || exit 1
export WINEPREFIX="$scratch/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=" RDSPROV_TEST_DESKTOP=rdsunit
xvfb='' explorer=''

finish() {
    wineserver -k 2>/dev/null
    wineserver -w 2>/dev/null
    [ -n "$explorer" ] && kill "$explorer" 2>/dev/null
    [ -n "$xvfb" ] && kill "$xvfb" 2>/dev/null && wait "$xvfb" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

number=135
while [ -e "/tmp/.X$number-lock" ] && [ "$number" -lt 139 ]; do
    number=$((number + 1))
done
export DISPLAY=":$number"
Xvfb "$DISPLAY" -screen 0 1024x768x24 -nolisten tcp -noreset >/dev/null 2>&1 &
xvfb=$!
tries=0
while [ ! -S "/tmp/.X11-unix/X$number" ]; do
    tries=$((tries + 1))
    [ "$tries" -gt 100 ] && { echo "no Xvfb on $DISPLAY" >&2; exit 1; }
    sleep 0.1
done
wine wineboot -i >/dev/null 2>&1
wine explorer /desktop=rdsunit,1024x768 notepad.exe >/dev/null 2>&1 &
explorer=$!
wine "$program" "$@"
