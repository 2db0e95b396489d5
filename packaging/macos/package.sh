#!/bin/sh
# Make the package from the folder beside this script, on a Mac: sh package.sh [SIGNING-IDENTITY]
# The identity is that of your own "Developer ID Installer" certificate; without it the package is not signed.
set -eu
cd "$(dirname "$0")"
if [ "$(uname -s)" != Darwin ]; then
    echo "package.sh: pkgbuild and productbuild are parts of macOS. Carry this folder to a Mac, and run it there." >&2
    exit 3
fi
version=$(sed -n 's/.*<title>Wardbeat \(.*\)<\/title>.*/\1/p' distribution.xml)
# the files of a downloaded folder carry a mark that would go into the package
xattr -cr root scripts
pkgbuild --root root --scripts scripts --identifier org.wardbeat.agent --version "$version" --install-location / \
    --component-plist components.plist --ownership recommended component.pkg
if [ $# -gt 0 ]; then
    productbuild --distribution distribution.xml --package-path . --sign "$1" "wardbeat-$version-arm64.pkg"
else
    productbuild --distribution distribution.xml --package-path . "wardbeat-$version-arm64.pkg"
fi
rm component.pkg
pkgutil --check-signature "wardbeat-$version-arm64.pkg" || true
