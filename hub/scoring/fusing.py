"""`hub fusion`: heart, face and check-ins of many people to the probability of a person's own answer.

The table is made of the digests of people who consented to a score; a digest holds the whole weeks of 103 days. What
comes out is one card of coefficients and of how well they did on people left out, or the reason why there is none.
Nobody is named in it, and no person is asked about.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.scoring.answers import Answer, Person, table_of
from agent.scoring.cross_fit import fit
from agent.scoring.daily import WEEK_DAYS
from agent.scoring.fusion import Abstained, Fusion
from agent.scoring.observations import Record
from agent.scoring.person_weeks import Table, Target
from agent.scoring.week_rows import is_week_end, weeks_side_by_side
from agent.scoring.weeks import Log
from agent.wire import codes
from hub.keys.keystore import KeyStore
from hub.scoring.digest import decode_digest
from hub.scoring.fold import day_of
from hub.scoring.noted import Noted
from hub.scoring.person import ended_serial
from hub.scoring.weeks import record_of
from hub.site import open_keys
from hub.store import Role, Store

_PEOPLE = 256


def fused(folder: Path, wanted: Target) -> tuple[Fusion | Abstained, Table]:
    """A fusion of everyone who is scored here, or why there is none; and what it was fitted to.

    Args:
        folder: The hub's.
        wanted: The answer that is predicted.

    Raises:
        Missing: The database does not respond.
    """
    with closing(open_keys(folder)) as keys, Store(folder, keys, Role.SCORE) as store:
        people = list(_people(keys, store, wanted))
    table = table_of(people, wanted)
    return fit(table), table


def _people(keys: KeyStore, store: Store, wanted: Target) -> Iterator[Person]:
    """People with a digest under a consent that holds; each has a number for a name."""
    devices = [device for device in keys.devices.all() if not device.revoked]
    for first in range(0, len(devices), _PEOPLE):
        some = devices[first : first + _PEOPLE]
        with store.derived() as read:
            found = read.digests([device.kid for device in some])
        digests = [(device, decode_digest(found[device.kid])) for device in some if device.kid in found]
        held = [digest for device, digest in digests if digest is not None and digest.serial > ended_serial(device)]
        logs = weeks_side_by_side([_whole_weeks(record_of(digest)) for digest in held])
        for n, (digest, weeks) in enumerate(zip(held, logs, strict=True), start=first):
            yield Person(str(n), Log(weeks, None, (), None), answers_of(Noted(digest.statements), wanted))


def _whole_weeks(record: Record) -> tuple[Record, tuple[int, ...]]:
    last_days = range(WEEK_DAYS - 1, record.days)
    return record, tuple(day for day in last_days if is_week_end(record.first_day + day))


def answers_of(noted: Noted, wanted: Target) -> tuple[Answer, ...]:
    """What a person answered to the scale that is wanted."""
    name = f"{wanted.instrument} {wanted.scale}"
    scales = codes.scales()
    return tuple(
        Answer(day_of(noted, answer.at_utc_s), wanted.scale, float(scales[answer.scale].value(answer.v)))
        for answer in noted.answers
        if scales[answer.scale].name == name
    )
