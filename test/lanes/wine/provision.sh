#!/bin/sh
# Makes what the Wine lane needs and this machine does not have. Quick when nothing is missing.
#   provision.sh          installs Debian's packages (root), and fetches Wine 10
#   provision.sh --check  prints what is missing, one a line
#   provision.sh --wine   prints the folder of Wine 10; in its bin are wine and wineserver
# Exit 1, and the reason on stdout, when something is missing still.
#
# Debian 12 has Wine 8, on which the Node that cfm ships does not start and no listener has a process. Wine 10 is in
# Debian 13: its packages are unpacked into a folder, which any account can do, and nothing is installed. The folder is
# kept between runs, beside other programs' caches (180 MB to download, 1 GB on the disk, about 25 s).
set -eu

release=trixie
# With another recipe, another name: what an older one made is not used.
wine=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cfm-tests/wine-10-$release

missing() {
	command -v makensis >/dev/null || echo nsis
	# For C the -win32 half is enough; the -posix half adds 200 MB.
	command -v x86_64-w64-mingw32-gcc >/dev/null || echo gcc-mingw-w64-x86-64-win32
	command -v x86_64-w64-mingw32-g++ >/dev/null || echo g++-mingw-w64-x86-64
}

no() {
	echo "$*"
	exit 1
}

# The mirrors from which apt gets this Debian, one a line: known without its lists, which a fresh image does not have.
mirrors() {
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	apt-get update --print-uris 2>/dev/null | sed -n "s#^'\(.*\)/dists/$suite/InRelease' .*#\1#p"
}

# apt-get, of another Debian: no list, cache or state of this machine's is read or written.
other_apt() {
	apt-get -q -o "Dir::State=$work" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work" \
		-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User= -o APT::Update::Error-Mode=any \
		"$@"
}

# Downloads wine64 and all that it needs (libc-bin: the locale in which names are UTF-8), checked by apt as ever, from the mirror given.
download() {
	rm -rf "$work"
	mkdir -p "$work/lists/partial" "$work/archives/partial"
	: >"$work/status"
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$key] $1 $release main" >"$work/sources.list"
	other_apt update && other_apt install -y --no-install-recommends --download-only wine64 libc-bin
}

# A program of that Wine sees this machine as it is, but for /usr, which is the other Debian's: no shell is in that.
starter() {
	cat >"$made/bin/$1" <<-END
		#!/bin/sh
		export WINELOADER=/usr/lib/wine/wine64 WINESERVER=/usr/lib/wine/wineserver64
		own=
		[ "\$(id -u)" = 0 ] || own="--map-current-user --keep-caps"
		exec unshare \$own --mount --propagation private sh -c 'mount --bind "\$0" /usr && exec "\$@"' \\
			'$wine/usr' /usr/lib/wine/$2 "\$@"
	END
	chmod 755 "$made/bin/$1"
}

fetch_wine() {
	work=$wine.apt
	made=$wine.new
	found=
	for mirror in $(mirrors); do
		download "$mirror" && found=yes && break
	done
	[ -n "$found" ] || return 1
	rm -rf "$made"
	mkdir -p "$made/bin"
	for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$made" || return 1; done
	# What the package's own script does when it is installed: marks the foreign zlib as one of Wine's.
	zlib=$made/usr/x86_64-w64-mingw32/lib/zlib1.dll
	{
		head -c 64 "$zlib"
		printf 'Wine builtin DLL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		tail -c +97 "$zlib"
	} >"$made/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/zlib1.dll"
	rm -rf "$work" "$made/usr/share/doc" "$made/usr/share/locale" "$made/var" "$made/etc"
	starter wine wine64
	starter wineserver wineserver64
	mv "$made" "$wine"
}

has_wine() {
	[ -x "$wine/bin/wine" ]
}

case ${1-} in
--wine)
	echo "$wine"
	exit 0
	;;
--check)
	missing
	has_wine || echo "Wine 10"
	[ -z "$(missing)" ] && has_wine
	exit
	;;
esac

packages=$(missing)
if [ -n "$packages" ]; then
	command -v apt-get >/dev/null || no "The Wine lane needs Debian's packages" $packages "and this system has no apt-get."
	[ "$(id -u)" = 0 ] || no "The Wine lane needs root, once, for: apt-get install --no-install-recommends" $packages
	export DEBIAN_FRONTEND=noninteractive
	# A fresh image has no package lists, an old one has lists whose files are gone: fetch them when they do not serve.
	# shellcheck disable=SC2086  # one word a package
	apt-get install -y -q --no-install-recommends $packages >&2 ||
		{ apt-get update -q >&2 && apt-get install -y -q --no-install-recommends $packages >&2; } ||
		no "apt-get could not install" $packages
fi

mkdir -p "$(dirname "$wine")"
# Two runs at once: the second waits, and finds it made.
exec 9>"$wine.lock"
flock 9
if ! has_wine; then
	command -v apt-get >/dev/null || no "The Wine lane gets Wine 10 by apt-get, which this system does not have."
	fetch_wine >&2 || no "Wine 10 could not be fetched from Debian's mirror ($release)."
fi
WINEDEBUG=-all "$wine/bin/wine" --version >/dev/null 2>&1 ||
	no "Wine 10 does not start here: it needs a file system of its own (unshare --mount), as root or by user namespaces."
