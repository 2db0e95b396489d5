#!/bin/sh
# On a machine on which several people have accounts, as root: puts each bundle into its person's home, for them alone to read.
#
#   hand_out.sh FOLDER      the folder that invite_people.sh made
#
# Written as the person, so that nothing in their home can lead root elsewhere. A bundle that is there already stays.
set -eu
[ $# -eq 1 ] || { echo "usage: hand_out.sh FOLDER" >&2; exit 2; }
failed=0
while IFS=, read -r bundle account _; do
    home=$(getent passwd "$account" | cut -d: -f6)
    if [ -z "$home" ] || [ "$(id -u "$account")" -eq 0 ]; then
        echo "$account: no such person here" >&2
        failed=1
        continue
    fi
    # shellcheck disable=SC2016
    if setpriv --reuid="$account" --regid="$(id -g "$account")" --init-groups env -i HOME="$home" PATH=/usr/bin:/bin \
        sh -c 'set -eC; umask 077; cat >"$HOME/wardbeat.bundle"' <"$1/$bundle" 2>/dev/null; then
        echo "$account: ~/wardbeat.bundle"
    else
        echo "$account: a bundle is there already, or the home cannot be written" >&2
        failed=1
    fi
done <"$1/handout.csv"
exit "$failed"
