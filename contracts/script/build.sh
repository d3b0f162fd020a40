#!/bin/sh
# Builds and tests the contracts, then writes the snapshots that Go embeds.
#
#   build.sh           install, build, test, write snapshots
#   build.sh --check   the same, but fail when a committed snapshot differs
#   build.sh --tools   only install the tools
#
# Needs Node 20 or later. The tools are the exact ones in package-lock.json and
# land in contracts/node_modules; nothing else is downloaded. The lock has forge
# for Linux on x86-64 and macOS on ARM; elsewhere install forge 1.7.1 and name it
# in FORGE.
set -eu
cd "$(dirname "$0")/.."

mode=${1:-write}
case $mode in
write | --check | --tools) ;;
*)
	echo "build.sh: unknown argument $mode; use --check, --tools or nothing" >&2
	exit 2
	;;
esac

# The stamp is written after npm has finished, so an install that was cut off
# is done again. No package script runs: none is needed.
stamp=node_modules/.installed-lock
if ! cmp -s package-lock.json "$stamp"; then
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cp package-lock.json "$stamp"
fi
[ "$mode" = --tools ] && exit 0

forge=${FORGE:-node_modules/.bin/forge}
if ! command -v "$forge" >/dev/null; then
	echo "build.sh: no forge for this machine in package-lock.json;" \
		"install forge 1.7.1 and set FORGE to its path" >&2
	exit 1
fi
"$forge" fmt --check
"$forge" build
"$forge" test

if [ "$mode" = --check ]; then
	node script/snapshots.js --check
	echo "snapshots are those of the sources"
else
	node script/snapshots.js
fi
