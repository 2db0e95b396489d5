# The guest's second script: bus, radio, daemon; then the scenarios. $1: the repository, $2: where the kernel lies.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$1" RADIO_ROOT="$1"
for module in sha512_generic hmac ctr aes_generic drbg cmac ecb ecdh_generic bluetooth hci_uart hci_vhci uhid; do modprobe -d "$2/kernel" "$module" 2>/dev/null; done
mkdir -p /run/dbus /run/lock
rm -rf /var/lib/bluetooth
mkdir -m 700 /var/lib/bluetooth
dbus-daemon --system --fork
stty -F /dev/ttyS2 raw -echo
"$1/.venv/bin/python" -m tests.radio.in_guest /dev/ttyS2
poweroff -f 2>/dev/null || echo o > /proc/sysrq-trigger
