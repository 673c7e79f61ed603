#!/bin/sh
# Says whether the PowerShell lane can run here, and installs what Debian has of it. Quick when nothing is missing.
#   provision.sh           installs what is missing, where apt-get has it (root)
#   provision.sh --check   prints what is missing
# Exit 1, and the reason on stdout, when something is missing still.
#
# The lane needs the .NET SDK 10.0, which installs pwsh and builds a host on its SDK (both from NuGet: provision.ts).
# Debian itself has no package of it; Microsoft's own repository for Debian has dotnet-sdk-10.0. Without it the lane is
# skipped and says so, except on a build machine (CI), where nothing may be skipped.
set -eu

has_sdk() {
	command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.0\.'
}

has_sdk && exit 0

why="no .NET SDK 10.0"
if [ "${1-}" = "--check" ]; then
	echo "dotnet-sdk-10.0"
	exit 1
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y -q --no-install-recommends dotnet-sdk-10.0 >/dev/null 2>&1 ||
		{ apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends dotnet-sdk-10.0 >/dev/null 2>&1; } ||
		why="$why, and apt-get has no dotnet-sdk-10.0: add Microsoft's repository, or install it from dot.net"
fi
has_sdk && exit 0
echo "$why"
exit 1
