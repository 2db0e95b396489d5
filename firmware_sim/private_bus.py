"""A D-Bus daemon of our own, so that nothing of the machine's is touched."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_BUS_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


# As bluez installs it: a dead daemon is asked for by name, and where nothing starts it the asking fails in its own way.
_SERVICE: Final = "[D-BUS Service]\nName=org.bluez\nExec=/bin/false\nUser=root\n"


@asynccontextmanager
async def private_bus(daemon: str = "dbus-daemon") -> AsyncIterator[str]:
    """A D-Bus daemon of our own, in a folder of our own; gives its address."""
    with tempfile.TemporaryDirectory(prefix="wardbeat-bus-") as folder:
        configuration = Path(folder) / "bus.conf"
        configuration.write_text(_BUS_CONFIG.format(folder=folder))
        services = Path(folder) / "services"
        services.mkdir()
        (services / "org.bluez.service").write_text(_SERVICE)
        process = await asyncio.create_subprocess_exec(
            daemon,
            f"--config-file={configuration}",
            "--nofork",
            "--nosyslog",
            "--print-address=1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath)},
        )
        try:
            assert process.stdout is not None
            address = (await process.stdout.readline()).decode().strip()
            if not address:
                raise ValueError("dbus-daemon did not start on a private bus")
            yield address
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
