#!/bin/sh
# On the hub's server: a bundle for each person of a list, and a list that says whose each is.
#
#   invite_people.sh SITE PEOPLE INTO
#
# PEOPLE: one person a line, LABEL,ACCOUNT,HOST, such as P07,anna,ward-3-desk-1. Lines that begin with # do not count.
# INTO is a new folder: bundles, cards.html and handout.csv (BUNDLE,ACCOUNT,HOST). Whoever has a bundle can ask to be enrolled
# in the person's place: hand them out, compare the words of each request, and delete the folder.
set -eu
umask 077
[ $# -eq 3 ] || { echo "usage: invite_people.sh SITE PEOPLE INTO" >&2; exit 2; }
site=$1
people=$2
into=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -e 's/\r$//' -e '/^#/d' -e '/^[[:space:]]*$/d' "$people" >"$work/rows"
awk -F, 'NF != 3 || $1 == "" || $2 !~ /^[a-z_][a-z0-9._-]*$/ || $3 !~ /^[A-Za-z0-9.-]+$/ {
    print "line " NR ": write LABEL,ACCOUNT,HOST" > "/dev/stderr"; wrong = 1 } END { exit wrong }' "$work/rows" || exit 2
cut -d, -f1 "$work/rows" >"$work/labels"
wardbeat hub invite "$site" --labels "$work/labels" --into "$into"
# the bundles are numbered in the order of the labels
(cd "$into" && ls | grep '\.bundle$' | sort) >"$work/bundles"
[ "$(wc -l <"$work/bundles")" -eq "$(wc -l <"$work/rows")" ] || { echo "not one bundle a person" >&2; exit 1; }
cut -d, -f2,3 "$work/rows" | paste -d, "$work/bundles" - >"$into/handout.csv"
echo "Next: ansible-playbook -i inventory.ini hand_out.yaml -e handout=$into/handout.csv, or hand_out.sh on this machine." >&2
