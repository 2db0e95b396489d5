#!/bin/sh
# Bring what `command -v` does not find. Root on Debian: install; otherwise: say what is missing.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
PATH="$PATH:/usr/sbin:/sbin:/usr/libexec/bluetooth"
for bin in /usr/lib/postgresql/*/bin; do PATH="$PATH:$bin"; done # Debian keeps the server off the path
need mosquitto mosquitto
need strace strace
need dbus-daemon dbus-daemon
need node nodejs
need setpriv util-linux
need initdb postgresql
need chromium chromium
need firefox-esr firefox-esr
need dunst dunst
need Xvfb xvfb
need desktop-file-validate desktop-file-utils
need Rscript r-base-core
need rabbitmq-server rabbitmq-server
need prometheus prometheus
need nagios4 nagios4-core
if [ "${1:-}" = radio ]; then # an emulator, a static shell, the daemon; the kernel comes by `apt-get download`
    need qemu-system-x86_64 qemu-system-x86
    need busybox busybox-static
    need bluetoothd bluez
    need btattach bluez
    need cpio cpio
    need depmod kmod
fi
if [ "${1:-}" = packages ]; then # roots of Debian, containers with a systemd of their own, checks of packages
    need mmdebstrap mmdebstrap
    need systemd-nspawn systemd-container
    need lintian lintian
    need reprepro reprepro
    need gpg gpg
    need gpgv gpgv
    need minisign minisign
    need xz xz-utils
fi
if [ "${1:-}" = emulation ]; then # roots of another processor
    need mmdebstrap mmdebstrap
    need systemd-nspawn systemd-container
    need qemu-aarch64-static qemu-user-static
    need update-binfmts binfmt-support
fi
if [ "${1:-}" = windows ]; then # an installer for Windows, and a root of Debian that wine runs in
    need wixl wixl
    need msibuild msitools
    need mmdebstrap mmdebstrap
    need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32
fi
[ -z "$missing" ] && command -v npm >/dev/null 2>&1 && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    command -v npm >/dev/null 2>&1 || missing="$missing npm"
    echo "Missing:$missing. Install them (Debian: apt-get install$missing); tests that need them are skipped by name." >&2
    exit 0
fi
# Nothing that is installed here may start a service of its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
[ -z "$missing" ] || apt-get install -y -qq --no-install-recommends $missing >/dev/null
# Some nodejs packages bring npm and conflict with Debian's: look again before asking for it.
command -v npm >/dev/null 2>&1 || apt-get install -y -qq --no-install-recommends npm >/dev/null
