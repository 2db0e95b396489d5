#!/bin/sh
# `make offline-kit-check`: the kit installs without a network, computes, and refuses a byte that was changed (root).
set -eu
kit=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unshare -n sh "$kit/install.sh" "$work/wardbeat" "$2"
awk 'BEGIN { for (n = 0; n < 700; n++) print 860 + 40 * (n * 7919 % 101 - 50) / 50 }' >"$work/rr.txt"
unshare -n "$work/wardbeat/bin/wardbeat" analyze "$work/rr.txt" --json | grep -q rmssd_ms
echo "ok   installed without a network, and computes"
cp -R "$kit" "$work/kit"
victim=$(find "$work/kit/wheels" -name 'numpy-*' | head -n 1)
printf x >>"$victim"
if unshare -n sh "$work/kit/install.sh" "$work/other" "$2" 2>"$work/said"; then
    echo "FAIL a changed file was installed" >&2
    exit 1
fi
grep -q "not as it was packed" "$work/said" && [ ! -e "$work/other" ]
echo "ok   a changed file is named, and nothing is installed"
