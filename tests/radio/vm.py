"""A Linux guest in software emulation, with Debian's generic kernel and this machine's own files, read-only.

    host: firmware_sim's dongle ──HCI, H4──▶ ttyS1 of the guest: btattach, kernel, bluetoothd, the agent's source
          the scenarios         ──JSON────▶ ttyS2: `in_guest.py`

The kernel is unpacked, never installed; the guest sees the host's root read-only under a memory overlay, has no network,
and is gone when it is switched off. Debian's cloud kernel has no Bluetooth, its generic one has it as modules.
"""

import asyncio
import contextlib
import json
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".radio"
FIRST = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /lower /upper /new
$b mount -t proc proc /proc; $b mount -t devtmpfs dev /dev
while read module; do $b insmod /modules/$module; done < /modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=524288,cache=loose hostroot /lower || $b poweroff -f
$b mount -t tmpfs upper /upper; $b mkdir /upper/u /upper/w
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/u,workdir=/upper/w overlay /new
$b mount -t proc proc /new/proc; $b mount -t sysfs sys /new/sys; $b mount -t devtmpfs dev /new/dev
$b mount -t tmpfs run /new/run
exec $b chroot /new /bin/sh {script} {root} {cache}
"""


def kernel():
    """(image, version) of Debian's generic kernel, unpacked under the cache once."""
    tree = CACHE / "kernel"
    if not tree.exists():
        package = _run("apt-cache", "depends", "linux-image-amd64")
        name = next(line.split()[1] for line in package.splitlines() if "Depends:" in line)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(CACHE / "new")
        (CACHE / "new").mkdir(parents=True)
        _run("apt-get", "download", "-q", name, cwd=CACHE / "new")
        (deb,) = (CACHE / "new").glob("*.deb")
        _run("dpkg-deb", "-x", str(deb), str(CACHE / "new/tree"))
        deb.unlink()
        (version,) = (one.name for one in (CACHE / "new/tree/lib/modules").iterdir())
        _run("depmod", "-b", str(CACHE / "new/tree"), version)
        (CACHE / "new/tree").rename(tree)
    (image,) = tree.glob("boot/vmlinuz-*")
    return image, image.name.removeprefix("vmlinuz-")


def initramfs(version):
    """What the guest begins with: busybox, the modules that reach the host's files, and the first script."""
    modules = CACHE / "kernel/lib/modules" / version
    needs = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, below = line.split(":")
        needs[Path(path).name.removesuffix(".ko")] = [*reversed(below.split()), path]
    folder = CACHE / "init"
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    (folder / "bin").mkdir(parents=True)
    (folder / "modules").mkdir()
    shutil.copy("/bin/busybox", folder / "bin/busybox")
    order = list(dict.fromkeys(path for name in FIRST for path in needs.get(name, ())))
    for path in order:
        shutil.copy(modules / path, folder / "modules")
    (folder / "modules/order").write_text("".join(f"{Path(path).name}\n" for path in order))
    script = ROOT / "tests/radio/guest.sh"
    (folder / "init").write_text(INIT.format(script=script, root=ROOT, cache=CACHE))
    (folder / "init").chmod(0o755)
    names = "\n".join(str(one.relative_to(folder)) for one in sorted(folder.rglob("*")))
    archive = CACHE / "init.cpio"
    with archive.open("wb") as file:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(), stdout=file, cwd=folder, check=True
        )
    return archive


def _run(*words, cwd=None):
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=cwd).stdout


class Guest:
    """A running guest; open with `booted`."""

    def __init__(self, process, folder, reader, writer):
        self.process, self._folder, self._reader, self._writer = process, folder, reader, writer
        self._turn = asyncio.Lock()

    async def ask(self, within_s=120.0, **asked):
        """One command to `in_guest.py`, one answer."""
        async with self._turn, asyncio.timeout(within_s):
            self._writer.write(json.dumps(asked).encode() + b"\n")
            await self._writer.drain()
            while True:
                line = await self._reader.readline()
                if not line:
                    raise AssertionError(f"the guest is gone; see {self._folder / 'console.log'}")
                if line.startswith(b"{"):
                    answer = json.loads(line)
                    if "error" in answer:
                        raise AssertionError(f"the guest could not {asked['do']}: {answer['error']}")
                    return answer

    async def freeze(self, *, on):
        """Stop the guest's processors, or let them go on: what a lid does."""
        reader, writer = await asyncio.open_unix_connection(str(self._folder / "qmp"))
        for command in ("qmp_capabilities", "stop" if on else "cont"):
            writer.write(json.dumps({"execute": command}).encode())
            await writer.drain()
            while b'"return"' not in await reader.readline():
                pass
        writer.close()


@contextlib.asynccontextmanager
async def booted(folder, hci_port):
    """Boot, and be ready when the guest says so."""
    image, version = kernel()
    first = initramfs(version)
    arrived = asyncio.Queue()

    async def connected(reader, writer):
        await arrived.put((reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 24)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "1024", "-smp", "1", "-nographic", "-no-reboot", "-nic", "none",
        "-kernel", str(image), "-initrd", str(first), "-append", "console=ttyS0 quiet panic=-1",
        "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap", "-device", "virtio-9p-pci,fsdev=root,mount_tag=hostroot",
        "-serial", f"file:{folder / 'console.log'}", "-serial", f"tcp:127.0.0.1:{hci_port}", "-serial", f"tcp:127.0.0.1:{port}",
        "-qmp", f"unix:{folder / 'qmp'},server=on,wait=off", "-monitor", "none",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            guest = Guest(process, folder, *await arrived.get())
        async with asyncio.timeout(180):
            while True:
                line = await guest._reader.readline()
                if b'"ready"' in line:
                    break
                assert line, f"the guest did not start; see {folder / 'console.log'}"
        yield guest
    finally:
        server.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
