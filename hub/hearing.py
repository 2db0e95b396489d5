"""What each worker says about its way in: when it last received, and what keeps it from receiving.

Each running worker writes ``hearing.N.json`` in the hub's folder; `hub show` reads them. A worker that ended by itself
removes its file; one that was killed leaves it, and it grows old.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from agent.system.host import write_durable
from hub.database import mode_in

STALE_S: Final = 60
# What keeps a worker from receiving, in words, and what to do about it.
TROUBLES: Final[dict[str, tuple[str, str]]] = {
    "": ("messages arrive", ""),
    "starting": ("it has just started", ""),
    "unreachable": (
        "the broker does not answer",
        "Check that the broker runs at the host and port of 'hub init', and that its certificate is valid.",
    ),
    "version": (
        "the broker does not speak MQTT 5",
        "Start the hub with --mqtt 3, and set mqtt.version to 3 in each agent's configuration.",
    ),
    "closed": (
        "the broker ends the connection without an answer",
        "Read its log: it refuses the hub's certificate, or it does not speak MQTT 5 (then use --mqtt 3).",
    ),
    "refused": (
        "the broker refuses the hub's connection",
        "Check the broker's log: the hub's certificate must be allowed, and its name must be the user name.",
    ),
    "subscription": (
        "the broker refuses the hub's subscription",
        "The broker's access list must let the hub read wardbeat/v1/SITE/up/+ (see docs/hub.md).",
    ),
    "shared": (
        "the broker has no shared subscriptions, so a second worker would receive nothing",
        "Run one worker, or use a broker with shared subscriptions ($share).",
    ),
    "probe": (
        "the broker does not let the hub publish its own probe",
        "The broker's access list must let the hub write wardbeat/v1/SITE/up/hub (see docs/hub.md).",
    ),
    "deaf": (
        "the broker accepted the subscription and delivers nothing, not even what the hub sends to itself",
        "Check the broker's access list and its shared subscriptions; run one worker, or use another broker.",
    ),
    "silent": (
        "the worker wrote no sign of life for a minute",
        "Start it again: 'wardbeat hub run'. If it runs, look at its log and its disk.",
    ),
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """One worker's way in.

    Attributes:
        worker: Its number.
        started_utc_s, written_utc_s: When it started, and when this was written.
        received_utc_s: When anything last arrived; 0: nothing since it started.
        trouble: A key of TROUBLES; empty when messages arrive.
        shared: Whether it subscribed together with other workers.
    """

    worker: int
    started_utc_s: int
    written_utc_s: int
    received_utc_s: int = 0
    trouble: str = "starting"
    shared: bool = False

    def now(self, now_utc_s: int) -> str:
        """The trouble as of now: a file that grew old is ``silent``."""
        return "silent" if now_utc_s - self.written_utc_s > STALE_S else self.trouble


def write(folder: Path, hearing: Hearing) -> None:
    """Write a worker's file.

    Raises:
        StorageFull: The disk is full or read-only.
    """
    write_durable(_file(folder, hearing.worker), json.dumps(asdict(hearing)).encode(), mode_in(folder))


def remove(folder: Path, worker: int) -> None:
    """The worker ended by itself."""
    _file(folder, worker).unlink(missing_ok=True)


def read_all(folder: Path) -> list[Hearing]:
    """What the workers wrote, by number; a file that cannot be read is left out."""
    found = []
    for file in folder.glob("hearing.*.json"):
        try:
            hearing = Hearing(**json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError):
            continue
        if hearing.trouble in TROUBLES:
            found.append(hearing)
    return sorted(found, key=lambda hearing: hearing.worker)


def _file(folder: Path, worker: int) -> Path:
    return folder / f"hearing.{worker}.json"
