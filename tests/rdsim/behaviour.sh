#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How rdsim itself behaves, with the fake provider behind it. behaviour.sh RDSIM FAKE-LIBRARY CASE
# Every case is bounded, waits only for processes of its own, and removes what it wrote.

set -u

rdsim=$1 fake=$2 case=$3
clsid="{5d5e1f60-0c5f-4d0e-9b0a-52445346414b}"
state=$(mktemp -d "${TMPDIR:-/tmp}/rdsim-test.XXXXXX") || exit 1
service=
finish() {
	[[ -n $service ]] && kill -KILL "$service" 2>/dev/null
	rm -rf "$state"
}
trap finish EXIT
export RDSIM_FAKE_USER=fake RDSIM_FAKE_PASSWORD=secret RDSIM_FAKE_STAY_MS=60000 RDSIM_FAKE_CLIENTS=1

fail() {
	echo "FAIL: $*"
	[[ -s $state/log ]] && tail -n 30 "$state/log"
	[[ -s $state/out ]] && cat "$state/out"
	exit 1
}

# expect CODE TEXT ARGUMENT...: exit code, one line on standard error that holds TEXT
expect() {
	local code=$1 text=$2
	shift 2
	timeout 20 "$rdsim" "$@" >"$state/out" 2>"$state/log" </dev/null
	local got=$?
	[[ $got -eq $code ]] || fail "'$*' ended with $got, not $code"
	[[ $(wc -l <"$state/log") -eq 1 ]] || fail "'$*' printed not one line"
	grep -q -- "$text" "$state/log" || fail "'$*' did not say '$text'"
}

start() {
	"$rdsim" --library "$fake" --clsid "$clsid" --user fake:secret --control "$state/control" "$@" \
		>"$state/out" 2>"$state/log" </dev/null &
	service=$!
	for ((i = 0; i < 200; i++)); do
		timeout 20 "$rdsim" --control "$state/control" --send status >/dev/null 2>&1 && return
		sleep 0.02
	done
	fail "it does not answer"
}

# ask COMMAND: the answer
ask() { timeout 20 "$rdsim" --control "$state/control" --send "$1" 2>&1; }

# eventually PATTERN: `list` comes to hold it
eventually() {
	for ((i = 0; i < 200; i++)); do
		ask list | grep -q -- "$1" && return
		sleep 0.02
	done
	ask list
	fail "never '$1' in the list"
}

# ended CODE: the service ends by itself within 3 s
ended() {
	local begin=$SECONDS
	wait "$service"
	local code=$?
	service=
	[[ $code -eq $1 ]] || fail "ended with $code, not $1"
	((SECONDS - begin <= 3)) || fail "took $((SECONDS - begin)) s to end"
}

case_options() {
	timeout 5 "$rdsim" --help | grep -q '^rdsim: ' || fail "--help"
	timeout 5 "$rdsim" --list-rules | grep -q '^no-call-after-close ' || fail "--list-rules"
	expect 2 "--nonsense" --nonsense x
	expect 2 "stray" stray
	expect 2 "--user" --user
	expect 2 "--run-seconds -1" --library x --run-seconds -1
	expect 2 "--clsid {12}" --clsid "{12}"
	expect 2 "--desktop sofa" --desktop sofa
	expect 2 "--redirector maybe" --redirector maybe
	expect 2 "--connected-delay soon" --connected-delay soon
	expect 2 "--connected-fails 0x00000001" --connected-fails 0x00000001
	expect 2 "--connected-fails no" --connected-fails no
	expect 2 "--expect-broken nothing" --expect-broken nothing
	expect 2 "--control" --send list
	expect 2 "--user" --user nocolon-hunter2
	grep -q hunter2 "$state/log" && fail "a part of an account was printed"
	expect 2 "--user-file" --user-file "$state/none"
	printf '# accounts\n\nfake secret\n' >"$state/users"
	expect 2 "--user-file" --user-file "$state/users"
	expect 1 "no such file" --library "$state/none.so"
	expect 1 "no such class" --library "$fake" --clsid "{01234567-0123-0123-0123-0123456789ab}"
	expect 1 "control pipe" --control "$state/none" --send list
}

case_control() {
	start
	eventually "connection 1 active session 2 user fake"
	ask list | grep -q '^session 2 active user fake connection 1' || fail "list"
	ask counts | grep -Eq '^handles [0-9]+ threads [0-9]+ resident_kib [0-9]+ children 0$' || fail "counts"
	ask "message 1 Hello" | grep -qx ok || fail "message"
	ask "drain on" | grep -qx ok || fail "drain"
	ask status | grep -q 'draining 1' || fail "status after drain"
	ask "drain off" | grep -qx ok || fail "drain off"
	for wrong in nonsense "disconnect x" "disconnect 1 x" "disconnect 1 2 3" "close" "logoff 99" "disconnect 99" "kill-session 2" "message 99 x"; do
		ask "$wrong" | tail -n 1 | grep -q '^error: ' || fail "'$wrong' was not refused"
		ask "$wrong" >/dev/null && fail "'$wrong' ended with 0"
	done
	ask "disconnect 1 3" | grep -qx ok || fail "disconnect"
	ask list | grep -q '^session 2 disconnected user fake connection 0' || fail "the session went with its connection"
	ask "logoff 2" | grep -qx ok || fail "logoff"
	[[ $(ask list) == ok ]] || fail "something is left after logoff"
	ask stop | grep -qx ok || fail "stop"
	ended 0
	grep -q '^rules: .* 0 broken, 0 advised' "$state/out" || fail "rules"
	[[ -e $state/control ]] && fail "the control socket is left"
}

# a Close without any notice, and a logoff with a client there
case_close() {
	RDSIM_FAKE_CLIENTS=2 start
	eventually "connection . active"
	id=$(ask list | sed -n 's/^connection \([0-9]*\) active.*/\1/p' | head -n 1)
	ask "close $id" | grep -qx ok || fail "close"
	ask stop >/dev/null
	ended 0
	grep -q ', closed$' "$state/log" || fail "it was not closed"
}

case_logoff() {
	start
	eventually "connection 1 active"
	ask "logoff 2" | grep -qx ok || fail "logoff"
	[[ $(ask list) == ok ]] || fail "something is left"
	ask stop >/dev/null
	ended 0
	grep -q 'logged off$' "$state/log" || fail "it was not logged off"
}

case_signal() {
	local signal
	for signal in TERM INT HUP; do
		RDSIM_FAKE_CLIENTS=20 start
		eventually "connection .* active"
		kill -"$signal" "$service"
		ended 0
		[[ -e $state/control ]] && fail "the control socket is left after SIG$signal"
	done
}

# many connections of one user at once: each takes the session from the one before, one is left
case_crowd() {
	RDSIM_FAKE_CLIENTS=60 start
	for ((i = 0; i < 200; i++)); do
		ask status | grep -q '^connections 1 total 60 ended 59' && break
		sleep 0.05
	done
	ask status | grep -q '^connections 1 total 60 ended 59' || { ask list; fail "not one connection is left"; }
	[[ $(ask list | grep -c '^session ') -eq 1 ]] || fail "not one session is left"
	ask stop >/dev/null
	ended 0
	grep -q 'another connection took the session' "$state/log" || fail "nobody took the session"
}

# a user who comes back finds the old session
case_reconnect() {
	RDSIM_FAKE_STAY_MS=300 RDSIM_FAKE_CLIENTS=2 start --verbose
	for ((i = 0; i < 200; i++)); do
		ask status | grep -q '^connections 0 total 2 ended 2' && break
		sleep 0.05
	done
	[[ $(ask list | grep -c '^session .* disconnected user fake') -eq 1 ]] || fail "there is not one session of the user"
	ask stop >/dev/null
	ended 0
	grep -q 'to session . of the same user' "$state/log" || fail "nobody moved"
}

case_refused() {
	RDSIM_FAKE_STAY_MS=2000 RDSIM_FAKE_PASSWORD=wrong timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" \
		--user fake:secret --run-connections 1 --verbose >"$state/out" 2>"$state/log" || fail "exit $?"
	grep -q 'wrong user name or password' "$state/log" || fail "not refused"
	grep -q 'Connection.SetErrorInfo' "$state/log" || fail "no reason was set"
	RDSIM_FAKE_USER='' timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --user fake:secret --run-connections 1 \
		>"$state/out" 2>"$state/log" || fail "exit $?"
	grep -q 'no credentials' "$state/log" || fail "nobody was let in"
	RDSIM_FAKE_STAY_MS=200 RDSIM_FAKE_USER='' timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --user '*' \
		--run-connections 1 >"$state/out" 2>"$state/log" || fail "exit $?"
	grep -q 'is guest in session 2' "$state/log" || fail "a guest was not let in"
	grep -qe secret -e wrong: "$state/log" && fail "a password was logged"
	return 0
}

case_users() {
	printf '# accounts\n\nother:thing\nfake:secret:S-1-5-21-9\n' >"$state/users"
	RDSIM_FAKE_STAY_MS=200 timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --user-file "$state/users" \
		--run-connections 1 >"$state/out" 2>"$state/log" || fail "exit $?"
	grep -q 'is fake in session 2' "$state/log" || fail "an account of the file was not let in"
}

case_rounds() {
	RDSIM_FAKE_CLIENTS=2 RDSIM_FAKE_STAY_MS=100 timeout 40 "$rdsim" --library "$fake" --clsid "$clsid" --user fake:secret \
		--rounds 10 --run-connections 2 --rules >"$state/out" 2>"$state/log" || fail "exit $?"
	grep -q '^connections: 20$' "$state/out" || fail "not 20 connections"
	grep -Eq '^rule unloaded +kept +10 kept' "$state/out" || fail "not unloaded 10 times"
}

case_redirector() {
	local when
	for when in after late inside never; do
		RDSIM_FAKE_STAY_MS=800 timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --user fake:secret \
			--run-connections 1 --redirector "$when" >"$state/out" 2>"$state/log" || fail "$when: exit $?"
		grep -q ' 0 broken, 0 advised' "$state/out" || fail "$when: rules"
		grep -q 'is fake in session' "$state/log" || fail "$when: nobody logged on"
	done
}

# a service that is slow in OnConnected, or fails: nothing is broken, and nobody is let in where it fails
case_connected() {
	local family
	for family in iwrds iwts; do
		RDSIM_FAKE_STAY_MS=200 timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --family $family --user fake:secret \
			--run-connections 1 --connected-delay 300 --verbose >"$state/out" 2>"$state/log" || fail "$family, slow: exit $?"
		grep -q ' 0 broken, 0 advised' "$state/out" || fail "$family, slow: rules"
		grep -q 'is fake in session' "$state/log" || fail "$family, slow: nobody logged on"
		RDSIM_FAKE_CLIENTS=5 RDSIM_FAKE_STAY_MS=200 timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --family $family \
			--user fake:secret --run-connections 5 --connected-delay 20 --connected-fails 0x80070005 \
			>"$state/out" 2>"$state/log" || fail "$family, failing: exit $?"
		grep -q ' 0 broken, 0 advised' "$state/out" || fail "$family, failing: rules"
		[[ $(grep -c 'a connection was refused: 0x80070005' "$state/log") -eq 5 ]] || fail "$family: not five were refused"
		grep -q '^connections: 0$' "$state/out" || fail "$family, failing: a connection"
	done
}

# wrong TEXT LINE...: a scenario of these lines is refused with one line that holds TEXT
wrong() {
	local text=$1
	shift
	printf '%s\n' 'scenario "x"' 'source "y"' "$@" >"$state/scenario.txt"
	timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --client self --scenario "$state/scenario.txt" \
		>"$state/out" 2>"$state/log" </dev/null
	[[ $? -eq 1 ]] || fail "'$*' was not refused"
	[[ $(wc -l <"$state/log") -eq 1 ]] || fail "'$*' printed not one line"
	grep -q -- "$text" "$state/log" || fail "'$*' did not say '$text'"
}

case_scenario() {
	wrong "line 3: 'nonsense' is neither a client" nonsense
	wrong "line 3: 'Fly' is no call of the service" "service Fly"
	wrong "line 4: 'Fly' is no call of a connection" "client a" "a Fly"
	wrong "line 4: Close takes no '3'" "client a" "a Close 3"
	wrong "line 4: 'S_MAYBE' is no result" "client a" "a Close = S_MAYBE"
	wrong "line 4: what is 'b'" "client a" "a leaves b"
	wrong "line 3: a quotation mark is missing" 'client a says "x'
	wrong "line 3: a client needs a name" "client Close"
	wrong "line 3: \`end\` of nothing" end
	wrong "line 4: \`end\` is missing" "together" "1: wait 5ms"
	wrong "begins with its thread" "together" "wait 5ms" "end"
	wrong "no block inside" "together" "1: repeat 3" "end" "end"
	wrong "repeat how often" "repeat 0" end
	wrong "wait how long" "wait 5"
	wrong "too long" "wait 90s"
	wrong "too often" "client a" "a Close x99999"
	wrong "is no event" "on a OnFire: Close"
	wrong "is no family" "families all"
	wrong "only OnConnected fails" "on a OnReady fails E_FAIL"
	wrong "listeners 1 to" "service StopListen 0"
	wrong "listeners 1 to" "client a at 99"
	wrong "goes where" "client a" "a goes away"
	wrong "that is no failure" "on a OnConnected fails S_OK"
	wrong "'often' is no result" "on a OnConnected fails often"
	wrong "'0x8007' is no result" "client a" "a Close = 0x8007"
	expect 1 "no title" --library "$fake" --clsid "$clsid" --client self --scenario /dev/null
	expect 1 "cannot be read" --library "$fake" --clsid "$clsid" --client self --scenario "$state/none.txt"
	printf '%s\n' 'scenario "x"' 'source "y"' 'families iwts' >"$state/scenario.txt"
	expect 1 "not for the family iwrds" --library "$fake" --clsid "$clsid" --client self --scenario "$state/scenario.txt"
	# what is expected and does not happen ends it, with the place and the scenario's source
	printf '%s\n' 'scenario "x"' 'source "of mine"' 'service begin' 'client a' 'a AcceptConnection = E_FAIL' 'wait 50s' \
		>"$state/scenario.txt"
	timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --client self --scenario "$state/scenario.txt" \
		>"$state/out" 2>"$state/log" </dev/null
	[[ $? -eq 3 ]] || fail "an expectation that was not met did not end with 3"
	grep -q 'scenario.txt:5: AcceptConnection of a returned 0x00000000 (of mine)' "$state/log" || fail "no place"
	# two clients that come by themselves are told apart, and events run on the provider's thread
	printf '%s\n' 'scenario "x"' 'source "y"' 'on b OnConnected: GetClientData = S_OK' 'service begin' 'client a' 'client b' \
		'b awaits events' 'together' '1: a GetProtocolStatus x50' '2: b Close = S_OK' 'end' >"$state/scenario.txt"
	RDSIM_FAKE_CLIENTS=2 timeout 20 "$rdsim" --library "$fake" --clsid "$clsid" --client self --scenario "$state/scenario.txt" \
		>"$state/out" 2>"$state/log" </dev/null || fail "two clients"
	grep -q '^connections: 2$' "$state/out" || fail "not two connections"
}

# the page for authors of providers knows every option of a scenario's language, and every scenario that it names exists
case_docs() {
	local here page word
	here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
	page=$here/../../docs/rdsim.md
	for word in $(sed -n 's/^ *{"\([A-Za-z0-9]*\)", \(step_\|SERVICE_\).*/\1/p' "$here/steps.c" "$here/scenario_lines.c"); do
		grep -q "\`$word[ \`]" "$page" || fail "$word is not in docs/rdsim.md"
	done
	for word in $(sed -n '/^## Which scenarios/,/^With clients/p' "$page" | grep '^| ' | grep -o '`[a-z0-9-]*`' | tr -d '`'); do
		[[ -e $here/scenarios/$word.txt ]] || fail "there is no scenario $word"
	done
}

declare -F "case_$case" >/dev/null || fail "no case $case"
"case_$case"
echo "ok $case"
