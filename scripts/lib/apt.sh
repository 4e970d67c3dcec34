# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Debian packages by set, from third_party/packages.

# apt_packages SET...: the names, for this release of Debian.
apt_packages() {
	local release set package only wanted
	release=$(. /etc/os-release && echo "${VERSION_ID:-}")
	wanted=" $* "
	while read -r set package only; do
		case $set in '' | '#'*) continue ;; esac
		[[ $wanted == *" $set "* ]] || continue
		[[ -z $only || $only == "$release" ]] && echo "$package"
	done <"$root/third_party/packages" | sort -u
}

# apt_install SET...: install what is missing; says nothing when nothing is.
apt_install() {
	local package missing=() as_root=()
	for package in $(apt_packages "$@"); do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
			missing+=("$package")
	done
	[[ ${#missing[@]} -eq 0 ]] && return 0

	if [[ $(id -u) -ne 0 ]]; then
		command -v sudo >/dev/null ||
			die "these packages are missing, and installing them needs root: ${missing[*]}"
		as_root=(sudo)
	fi
	say "installing: ${missing[*]}"
	mkdir -p "$cache/log"
	{
		"${as_root[@]}" apt-get update &&
			"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
				apt-get install -y --no-install-recommends "${missing[@]}"
	} >"$cache/log/apt.log" 2>&1 </dev/null || {
		tail -n 15 "$cache/log/apt.log" >&2
		die "apt-get failed; all of it: $cache/log/apt.log"
	}
}
