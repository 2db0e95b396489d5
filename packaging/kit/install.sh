#!/bin/sh
# Install Wardbeat into FOLDER from the files beside this script. No network is used, and nothing is started.
#
#   sh install.sh FOLDER [PYTHON]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: sh install.sh FOLDER [PYTHON]" >&2; exit 2; }
target=$1
python=${2:-python3}

command -v "$python" >/dev/null 2>&1 || { echo "$python is missing: install Python 3.11 or newer." >&2; exit 3; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "$("$python" --version) is too old: Wardbeat needs Python 3.11 or newer." >&2; exit 3; }
[ ! -e "$target" ] || { echo "$target is there already: choose another folder." >&2; exit 2; }

if [ -f "$here/SHA256SUMS.asc" ]; then
    gpg --verify "$here/SHA256SUMS.asc" "$here/SHA256SUMS" || { echo "The signature is not valid: nothing was installed." >&2; exit 1; }
fi
(cd "$here" && sha256sum --quiet --strict --check SHA256SUMS) ||
    { echo "A file is not as it was packed: nothing was installed." >&2; exit 1; }

"$python" -m venv "$target"
locks=""
for lock in "$here"/*.lock; do locks="$locks -r $lock"; done
# shellcheck disable=SC2086
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels" \
    --no-deps --require-hashes $locks
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$here"/wheels/wardbeat-*.whl
if [ -d "$here/models" ]; then
    mkdir -p "$target/share/wardbeat"
    cp -R "$here/models" "$target/share/wardbeat/models"
fi
"$target/bin/wardbeat" --version
echo "Installed. Next: $target/bin/wardbeat doctor, and $target/bin/wardbeat service install"
