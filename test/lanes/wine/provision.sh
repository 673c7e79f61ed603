#!/bin/sh
# Installs the Debian packages the Wine lane needs. Nothing to do, and quick, when they are there.
#   provision.sh           installs what is missing (root)
#   provision.sh --check   prints what is missing, one package a line; exit 1 when something is
set -eu

missing() {
	command -v wine >/dev/null && command -v wineserver >/dev/null || echo wine
	[ -x /usr/lib/wine/wine64 ] || echo wine64
	command -v makensis >/dev/null || echo nsis
	# The -win32 half is enough: a C compiler for one small program; the -posix half adds 200 MB.
	command -v x86_64-w64-mingw32-gcc >/dev/null || echo gcc-mingw-w64-x86-64-win32
}

packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "${1-}" = "--check" ]; then
	echo "$packages"
	exit 1
fi
if ! command -v apt-get >/dev/null; then
	echo "The Wine lane needs Debian's packages" $packages "and this system has no apt-get." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "The Wine lane needs root, once, for: apt-get install --no-install-recommends" $packages >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# A fresh image has no package lists, an old one has lists whose files are gone: fetch them when they do not serve.
# shellcheck disable=SC2086  # one word a package
apt-get install -y -q --no-install-recommends $packages ||
	{ apt-get update -q && apt-get install -y -q --no-install-recommends $packages; }

left=$(missing)
[ -z "$left" ] || { echo "Still missing after apt-get:" $left >&2; exit 1; }
