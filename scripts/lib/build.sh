# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What scripts/demo and scripts/test share: say, die, and building a flavour of the tree.

say() { echo "$program: $*"; }
die() {
	echo "$program: $1" >&2
	exit "${2:-1}"
}

# Which prefix of third-party libraries a build preset wants.
prefix_flavour() {
	case $1 in
	linux) echo native ;;
	tsan) echo native ;; # only for the peer that its tests talk to
	*) echo "$1" ;;
	esac
}

# build_preset PRESET [CMAKE ARGUMENT...]: third-party prefix, configure, compile (all, or $build_targets). One line each on
# the screen, everything else in build/PRESET.log.
build_targets=
build_preset() {
	local preset=$1 flavour log=$root/build/$1.log
	shift
	flavour=$(prefix_flavour "$preset")
	mkdir -p "$root/build"
	"$root/scripts/deps" "$flavour" || exit 1
	say "building ($preset)"
	{
		RDSPROV_PREFIX=$("$root/scripts/deps" --prefix-of "$flavour") cmake --preset "$preset" -S "$root" "$@" &&
			cmake --build "$root/build/$preset" -j "${RDSPROV_JOBS:-$(nproc)}" ${build_targets:+--target $build_targets}
	} >"$log" 2>&1 </dev/null || {
		grep -m 10 -e '^FAILED:' -e 'error:' -e 'Error' "$log" | cut -c1-300 >&2 || tail -n 20 "$log" >&2
		die "the $preset build failed; all of it: $log"
	}
}
