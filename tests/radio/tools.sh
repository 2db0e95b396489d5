# What `make test-radio` needs besides: an emulator, a static shell, bluetoothd, and Debian's generic kernel by `apt-get download`.
missing=""
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/usr/libexec/bluetooth/$1" ]; }
have qemu-system-x86_64 || missing="$missing qemu-system-x86"
have busybox || missing="$missing busybox-static"
have bluetoothd || missing="$missing bluez"
have dbus-daemon || missing="$missing dbus"
have cpio || missing="$missing cpio"
have depmod || missing="$missing kmod"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "test-radio: these packages are missing:$missing" >&2
    exit 1
fi
apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
