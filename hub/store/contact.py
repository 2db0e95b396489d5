"""On which day each device was last heard, and how far the order of arrival had come when each day began.

A day and no finer: every device sends at a constant rate, worn or not, so the day says that it works and nothing else.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, func, select, update

from hub.database import insert_new, rows_at
from hub.store.tables import ARRIVALS, CONTACT, DAY, SITE, STREAM

DAY_S: Final = 86_400
_LAST: Final = select(SITE.c.value).where(SITE.c.name == ARRIVALS)


def note_contact(db: Connection, kids: Collection[bytes], now_utc_s: int) -> None:
    """Note inside a storing transaction that these devices were heard; it writes at most once a day for each.

    Args:
        db: The open transaction, which holds the locks of the devices.
        kids: Of the devices.
        now_utc_s: By the hub's clock.
    """
    if not kids:
        return
    today = now_utc_s // DAY_S
    known = {row["device"]: row["day"] for row in rows_at(db, (CONTACT.c.device,), ((kid,) for kid in kids))}
    for kid in sorted(kid for kid in kids if known.get(kid) != today):
        # one of a clock that was ahead is put right
        if kid in known:
            db.execute(update(CONTACT).where(CONTACT.c.device == kid).values(day=today))
        else:
            insert_new(db, CONTACT, {"device": kid, "day": today})
    if db.execute(select(DAY.c.day).where(DAY.c.day == today)).first() is None:
        insert_new(db, DAY, {"day": today, "arrival": int(db.execute(_LAST).scalar_one())})


def contacts(db: Connection) -> dict[bytes, int]:
    """The day on which each device was last heard, by kid. Of a device that was not heard since this was noted: the day
    on which it began its last stream.
    """
    begun = select(STREAM.c.device, func.max(STREAM.c.begun_utc_s).label("utc_s")).group_by(STREAM.c.device)
    found = {row.device: row.utc_s // DAY_S for row in db.execute(begun) if row.utc_s is not None}
    return found | {row.device: row.day for row in db.execute(select(CONTACT))}


def arrival_before(db: Connection, day: int) -> int:
    """A number that every row which arrived on or after a day (UTC, days since 1970) exceeds.

    Days of a clock that was wrong make it lower than it could be, never higher.
    """
    first = db.execute(select(func.min(DAY.c.arrival)).where(DAY.c.day >= day)).scalar()
    return int(db.execute(_LAST).scalar_one() if first is None else first)
