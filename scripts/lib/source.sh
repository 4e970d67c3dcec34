# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Debian source packages of one release, whatever release this machine runs.
#
# apt does the fetching and the checking: it gets a private configuration whose
# sources are this machine's own Debian entries with the release's name
# changed. So the mirror is the one the machine already trusts, and the
# checksums come from an index that the archive signed.

source_release=trixie

# One-line entries for the wanted release, from both formats that apt reads.
source_entries() {
	local codename
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	local files=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list)
	local stanzas=(/etc/apt/sources.list.d/*.sources)
	{
		# deb [options] URI SUITE COMPONENT...  ->  keyring|URI|SUITE|COMPONENTS
		cat "${files[@]}" 2>/dev/null | awk '
			$1 != "deb" && $1 != "deb-src" { next }
			{
				key = ""; i = 2
				if ($2 ~ /^\[/) {
					for (; i <= NF; i++) {
						field = $i; gsub(/[\[\]]/, "", field)
						if (field ~ /^signed-by=/) key = substr(field, 11)
						if ($i ~ /\]$/) { i++; break }
					}
				}
				components = ""
				for (j = i + 2; j <= NF; j++) components = components " " $j
				print key "|" $i "|" $(i + 1) "|" components
			}'
		cat /dev/null "${stanzas[@]}" 2>/dev/null | awk '
			function flush(   n, m, u, s, uris, suites) {
				if (enabled && types ~ /deb/) {
					n = split(uri, uris, " "); m = split(suite, suites, " ")
					for (u = 1; u <= n; u++)
						for (s = 1; s <= m; s++)
							print key "|" uris[u] "|" suites[s] "|" components
				}
				types = uri = suite = components = key = ""; enabled = 1
			}
			function value() { sub(/^[^:]*:[ \t]*/, ""); return $0 }
			BEGIN { enabled = 1 }
			/^[ \t]*$/ { flush(); next }
			tolower($1) == "types:" { types = value() }
			tolower($1) == "uris:" { uri = value() }
			tolower($1) == "suites:" { suite = value() }
			tolower($1) == "components:" { components = value() }
			tolower($1) == "signed-by:" { key = value() }
			tolower($1) == "enabled:" { enabled = (tolower($2) != "no") }
			END { flush() }'
	} | while IFS='|' read -r key uri suite components; do
		[[ -n $codename && " $components " == *" main "* ]] || continue
		case $suite in
		"$codename" | "$codename-updates" | "$codename-security" | stable | stable-updates | stable-security) ;;
		*) continue ;;
		esac
		suite=$source_release${suite#"${suite%%-*}"}
		[[ $key == /* ]] || key=/usr/share/keyrings/debian-archive-keyring.gpg
		[[ -r $key ]] && key="[signed-by=$key] " || key=
		echo "deb-src $key$uri $suite main"
	done | sort -u
}

source_apt_setup() {
	source_apt=$cache/apt
	mkdir -p "$source_apt"/lists/partial "$source_apt"/archives/partial "$cache/sources"
	source_entries >"$source_apt/sources.list"
	[[ -s $source_apt/sources.list ]] ||
		die "no Debian archive in /etc/apt/sources.list*; use --freerdp-source"
	# Hooks of the machine's apt are not meant for this private one.
	cat >"$source_apt/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$source_apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State::lists "$source_apt/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$source_apt";
		Dir::Cache::archives "archives";
		Dir::Cache::pkgcache "";
		Dir::Cache::srcpkgcache "";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::Retries "2";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOF
}

# source_download FILE URI SHA256: into the cache, unless it is there.
source_download() {
	local file=$cache/sources/$1
	if ! echo "$3  $file" | sha256sum --check --status 2>/dev/null; then
		rm -f "$file" "$file.part"
		/usr/lib/apt/apt-helper -c "$source_apt/apt.conf" \
			download-file "$2" "$file.part" "SHA256:$3" || return 1
		mv "$file.part" "$file"
	fi
}

# Lines as apt-get source --print-uris gives them, on standard input.
source_download_all() {
	local uri file size sum
	while read -r uri file size sum; do
		source_download "$file" "$uri" "${sum#SHA256:}" || return 1
	done
}

# source_matches VERSION UPSTREAM
source_matches() {
	local version=${1#*:}
	# shellcheck disable=SC2053 # a glob is meant
	[[ $version == $2-* || $version == $2+dfsg-* ]]
}

# source_fetch PACKAGE UPSTREAM: bring the newest revision of that upstream
# version (a glob) into the cache. A mirror may list a revision before it has
# the files, so older ones are tried too. Writes sources/PACKAGE.files: version,
# then checksum and name of the two archives.
source_fetch() {
	local package=$1 upstream=$2 version lines
	local record=$cache/sources/$package.files
	source_apt_setup

	# An entry that does not answer is no loss while another one does.
	apt-get -c "$source_apt/apt.conf" update
	for version in $(apt-cache -c "$source_apt/apt.conf" showsrc --only-source "$package" |
		sed -n 's/^Version: //p' | sort -rVu); do
		source_matches "$version" "$upstream" || continue
		lines=$(apt-get -c "$source_apt/apt.conf" source --print-uris --only-source \
			"$package=$version" | sed -n "s/^'\([^']*\)' /\1 /p" |
			grep -E ' [^ ]*\.(orig|debian)\.tar\.[a-z0-9]+ ') || continue
		if source_download_all <<<"$lines"; then
			{
				echo "$version"
				awk '{ sub(/^SHA256:/, "", $4); print $4 "  " $2 }' <<<"$lines"
			} >"$record.part"
			mv "$record.part" "$record"
			return 0
		fi
		echo "$package $version: not complete on the mirror, trying an older revision"
	done

	# Without a network, what was verified before will do.
	if [[ -s $record ]] && source_matches "$(source_version "$package")" "$upstream" &&
		(cd "$cache/sources" && tail -n +2 "$record" | sha256sum --check --status); then
		echo "$package: not in reach; using $(source_version "$package"), fetched before"
		return 0
	fi
	echo "E: $package $upstream is neither in the archive nor in the cache"
	return 1
}

source_version() { head -n 1 "$cache/sources/$1.files"; }

# source_unpack PACKAGE DIRECTORY: upstream's files with Debian's patches.
source_unpack() {
	local archive patch
	mkdir "$2"
	archive=$(awk 'FNR > 1 && $2 ~ /\.orig\.tar\./ { print $2 }' "$cache/sources/$1.files")
	tar -xf "$cache/sources/$archive" -C "$2" --strip-components=1 || return 1
	archive=$(awk 'FNR > 1 && $2 ~ /\.debian\.tar\./ { print $2 }' "$cache/sources/$1.files")
	tar -xf "$cache/sources/$archive" -C "$2" || return 1
	while read -r patch _; do
		case $patch in '' | '#'*) continue ;; esac
		patch -d "$2" -p1 --force --no-backup-if-mismatch <"$2/debian/patches/$patch" || return 1
	done <"$2/debian/patches/series"
}
