"""Messages to the team that are not delivered yet, inside one transaction. They name nobody."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.store.tables import POST, POSTED

DAY_S: Final = 86_400
_MORE_BEFORE_S: Final = 60  # a message that is due sooner may be on its way: its count stays as it is
_SPENT: Final = 1 << 31  # a later day has begun already
_LAST: Final = ""  # in POSTED: the number given last


@dataclass(frozen=True, slots=True)
class Post:
    """One message.

    Attributes:
        number: Names it for good: a message that is sent again has the same number.
        channel: Name of a channel in the site's rules.
        made_utc_s, due_utc_s: When it was made, and when it is tried, or tried again.
        tries: How often it was tried.
        count: Of alerts that it stands for.
    """

    number: int
    channel: str
    made_utc_s: int
    due_utc_s: int
    tries: int
    count: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a channel has not delivered: how many messages, since when (UTC s), and most tries of one."""

    channel: str
    messages: int
    since_utc_s: int
    tries: int


class Posts:
    """Inside one transaction.

    Args:
        db: The open transaction.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, channel: str, a_day: int, now_utc_s: int, due_utc_s: int) -> bool:
        """Have a channel say that there is one alert more; returns False where that waits for the next day's budget.

        Args:
            channel: Name.
            a_day: Most messages of a day (UTC); what is over joins the first message of a later day.
            now_utc_s: The clock.
            due_utc_s: Not before: the end of quiet hours.
        """
        day = due_utc_s // DAY_S
        if self._used(channel, day) < a_day:
            self._insert(channel, now_utc_s, due_utc_s)
            self._note(channel, day)
            return True
        later = POST.c.due_utc_s >= max((day + 1) * DAY_S, now_utc_s + _MORE_BEFORE_S)
        here = (POST.c.channel == channel) & later & (POST.c.tries == 0)
        waiting = self._db.execute(select(POST.c.number).where(here).order_by(POST.c.due_utc_s).limit(1)).scalar()
        if waiting is not None:
            self._db.execute(update(POST).where(POST.c.number == waiting).values(count=POST.c.count + 1))
        else:
            due_utc_s = max((day + 1) * DAY_S, now_utc_s + _MORE_BEFORE_S)
            self._insert(channel, now_utc_s, due_utc_s)
            self._note(channel, due_utc_s // DAY_S)
        return False

    def due(self, channel: str, now_utc_s: int, most: int) -> list[Post]:
        """What a channel is to send now, oldest first."""
        query = select(POST).where(POST.c.channel == channel, POST.c.due_utc_s <= now_utc_s).order_by(POST.c.number)
        return [_post(row) for row in self._db.execute(query.limit(most))]

    def again(self, number: int, due_utc_s: int) -> None:
        """A message was not delivered: try it again then."""
        tried = {"due_utc_s": due_utc_s, "tries": POST.c.tries + 1}
        self._db.execute(update(POST).where(POST.c.number == number).values(tried))

    def delivered(self, number: int) -> None:
        """A channel took a message over."""
        self._db.execute(delete(POST).where(POST.c.number == number))

    def move(self, channel: str, to: str) -> None:
        """A channel is no longer in the site's rules: its messages go to another one."""
        self._db.execute(update(POST).where(POST.c.channel == channel).values(channel=to))

    def waiting(self) -> list[Waiting]:
        """What is not delivered, by channel."""
        since, most = func.min(POST.c.made_utc_s).label("since"), func.max(POST.c.tries).label("most")
        query = select(POST.c.channel, func.count().label("n"), since, most).group_by(POST.c.channel)
        rows = self._db.execute(query.order_by(POST.c.channel))
        return [Waiting(row.channel, row.n, row.since, row.most) for row in rows]

    def _used(self, channel: str, day: int) -> int:
        row = self._db.execute(select(POSTED).where(POSTED.c.channel == channel)).first()
        if row is None or row.day < day:
            return 0
        return int(row.n) if row.day == day else _SPENT

    def _note(self, channel: str, day: int) -> None:
        self._keep(channel, day, self._used(channel, day) + 1)

    def _keep(self, name: str, day: int, n: int) -> None:
        self._db.execute(delete(POSTED).where(POSTED.c.channel == name))
        self._db.execute(insert(POSTED), {"channel": name, "day": day, "n": n})

    def _insert(self, channel: str, now_utc_s: int, due_utc_s: int) -> None:
        last = self._db.execute(select(POSTED.c.n).where(POSTED.c.channel == _LAST)).scalar() or 0
        number = max(last + 1, now_utc_s)  # no number comes twice, not even after a restored backup
        self._keep(_LAST, 0, number)
        values = {"channel": channel, "made_utc_s": now_utc_s, "due_utc_s": due_utc_s, "tries": 0, "count": 1}
        self._db.execute(insert(POST), {"number": number, **values})


def _post(row: Any) -> Post:
    return Post(row.number, row.channel, row.made_utc_s, row.due_utc_s, row.tries, row.count)
