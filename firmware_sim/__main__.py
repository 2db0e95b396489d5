"""Simulated straps for other programs.

    python -m firmware_sim --bus                      a private D-Bus with org.bluez on it
    python -m firmware_sim --system-bus               org.bluez on the machine's own system bus, where no daemon has it
    python -m firmware_sim --hci 9900                 a dongle as an HCI (H4) port on loopback
    python -m firmware_sim --bus --straps 3 --script rest:600,mental_load:300 --faults FILE
    python -m firmware_sim --bus --replay rr.txt
    python -m firmware_sim --bus --as h10,verity,needs_bond         as met in the field, see `profiles`

The first line on stdout is a JSON object that says where everything is; it runs until it is ended.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from firmware_sim import bluetoothd, control, recording
from firmware_sim.central import Central
from firmware_sim.clock import StrapClock
from firmware_sim.faults import timeline
from firmware_sim.physiology import Physiology, phases
from firmware_sim.private_bus import private_bus
from firmware_sim.profiles import STRAP_PROFILES
from firmware_sim.spec import StrapSpec
from firmware_sim.strap import Strap
from firmware_sim.virtual_radio import VirtualRadio, open_virtual_radio


def main() -> int:
    """Parse, run, and say in one line what was wrong with the words given."""
    asked = _parser().parse_args()
    try:
        asyncio.run(_run(asked))
    except (ValueError, OSError) as error:
        print(f"firmware_sim: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description="Simulated heart-rate straps.")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--bus", action="store_true", help="serve org.bluez on a private D-Bus")
    way.add_argument("--system-bus", action="store_true", help="serve org.bluez on the machine's own system bus")
    way.add_argument("--hci", type=int, metavar="PORT", help="serve the dongle on this loopback port")
    parser.add_argument(
        "--straps", type=int, choices=range(1, 65), default=1, metavar="N", help="number of straps (default 1)"
    )
    parser.add_argument(
        "--as",
        dest="profiles",
        default="plain",
        metavar="NAMES",
        help=f"strap models, in turn, from {', '.join(STRAP_PROFILES)}",
    )
    parser.add_argument("--script", default="rest", help="activity of the bodies, such as rest:300,exercise:120")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="play a recording instead; it starts at the first subscription"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the first body; the others count up")
    parser.add_argument("--speed", type=float, default=1.0, help="strap seconds per real second, 1 to 10")
    parser.add_argument("--notify-hz", type=float, default=1.0, help="packets per second")
    parser.add_argument("--stamped", action="store_true", help="send sequence and time instead of beats")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a timeline of faults, in YAML")
    return parser


async def _run(asked: argparse.Namespace) -> None:
    if not 0.1 <= asked.notify_hz <= 1000:
        raise ValueError(f"--notify-hz {asked.notify_hz:g} is outside 0.1 to 1000")
    clock, loop = StrapClock(asked.speed), asyncio.get_running_loop()
    count = max(asked.straps, asked.profiles.count(",") + 1)
    straps = [_strap(asked, number, clock) for number in range(count)]
    faults = timeline(asked.faults) if asked.faults else ()
    async with AsyncExitStack() as stack:
        virtual_radio = await stack.enter_async_context(open_virtual_radio(straps, clock, faults))
        said: dict[str, object] = {"control": await stack.enter_async_context(control.serve(virtual_radio))}
        said |= await _way_in(asked, virtual_radio, stack)
        ended = asyncio.Event()
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(ended.set))  # the bus goes with us
        print(json.dumps(said | {"straps": [strap.spec.address for strap in straps]}), flush=True)
        await ended.wait()


def _strap(asked: argparse.Namespace, number: int, clock: StrapClock) -> Strap:
    if asked.replay:
        body = iter(recording.beats(asked.replay))
    else:
        body = Physiology(phases(asked.script), asked.seed + number).beats()
    names = asked.profiles.split(",")
    name = names[number % len(names)]
    if name not in STRAP_PROFILES:
        raise ValueError(f"there is no strap model {name!r}; choose from {', '.join(STRAP_PROFILES)}")
    more = STRAP_PROFILES[name] | {"from_first": asked.replay is not None, "stamped": asked.stamped}
    spec = StrapSpec.numbered(number, notify_hz=asked.notify_hz, **more)
    return Strap(spec, body, clock)


async def _way_in(asked: argparse.Namespace, virtual_radio: VirtualRadio, stack: AsyncExitStack) -> dict[str, object]:
    if asked.hci is not None:
        from bumble.transport.tcp_server import open_tcp_server_transport

        transport = await open_tcp_server_transport(f"127.0.0.1:{asked.hci}")
        stack.push_async_callback(transport.close)
        virtual_radio.dongle.set_packet_sink(transport.sink)
        transport.source.set_packet_sink(virtual_radio.dongle)
        return {"hci": asked.hci}
    central = Central(virtual_radio.dongle)
    await central.power_on()
    if asked.system_bus:
        bus = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
    else:
        bus = await stack.enter_async_context(private_bus())
    await stack.enter_async_context(bluetoothd.serve(central, bus))
    return {"bus": bus}


if __name__ == "__main__":
    sys.exit(main())
