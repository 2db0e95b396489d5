"""Which notifications the person switched on, and what was announced; both under the data key, in the outbox's file."""

import json
from collections.abc import Iterable

from agent.errors import KeysMissing
from agent.notices.decision import Memory
from agent.notices.rows import NOTICES
from agent.outbox import Outbox
from agent.outbox.rows import NOTICED, NOTICES_ON


def switched_on(outbox: Outbox) -> frozenset[str]:
    """Kinds that the person switched on; none where that cannot be read."""
    try:
        kept = json.loads(outbox.sealed_meta(NOTICES_ON) or b"[]")
        return frozenset(kind for kind in kept if kind in NOTICES)
    except (KeysMissing, ValueError, TypeError):
        return frozenset()


def keep_switched_on(outbox: Outbox, kinds: Iterable[str]) -> None:
    """Remember them.

    Raises:
        StorageFull: The disk is full.
    """
    outbox.set_sealed_meta(NOTICES_ON, json.dumps(sorted(kinds)).encode())


def memory(outbox: Outbox) -> Memory:
    """What was announced before this run; nothing where that cannot be read."""
    try:
        kept = json.loads(outbox.sealed_meta(NOTICED) or b"{}")
        return Memory(
            {kind: frozenset(map(str, causes)) for kind, causes in kept["announced"].items() if kind in NOTICES},
            {kind: int(at_utc_s) for kind, at_utc_s in kept["shown"].items() if kind in NOTICES},
            day=int(kept["day"]),
            sent=int(kept["sent"]),
        )
    except (KeysMissing, ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return Memory()


def keep_memory(outbox: Outbox, what: Memory) -> None:
    """Remember it for the next run; what stands on the screen is not part of it.

    Raises:
        StorageFull: The disk is full.
    """
    announced = {kind: sorted(causes) for kind, causes in what.announced.items()}
    kept = {"announced": announced, "shown": dict(what.shown_utc_s), "day": what.day, "sent": what.sent}
    outbox.set_sealed_meta(NOTICED, json.dumps(kept, sort_keys=True).encode())
