"""A hub whose alerts are followed: a clock that a test sets, what the person received, and what the team has."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from agent.wire import codes
from agent.wire.alert import Alert, decode_alert, is_signed
from agent.wire.message import AskMessage, ContextMessage, NotedShift
from agent.wire.receipt import AlertMessage
from hub.alerts.follower import Follower
from hub.care.alert_words import AlertWords, decode
from hub.store.followed import note_changed
from hub.store.posts import Post
from hub.store.rides import waiting_rides
from hub.store.tables import CHANGED, POST, RIDE
from hub.store.team_alerts import KeptAlert, TeamAlerts
from tests.support.cared import NOW_UTC_S, Cared, CaredHub, cared_hub

DAY_S = 86_400
HOUR_S = 3600
CHANNELS = """
channels:
  ward: {mail: {server: mail.example, sender: wardbeat@example.org, to: [team@example.org]}, a_day: 2}
  boss: {mail: {server: mail.example, sender: wardbeat@example.org, to: [lead@example.org]}, lead: true}
"""


@dataclass
class Alerted:
    """The hub, its process and the clock."""

    hub: CaredHub
    follower: Follower
    now_utc_s: int = NOW_UTC_S

    def later(self, seconds: float) -> None:
        """Time passes, and the process works."""
        self.now_utc_s += round(seconds)
        self.work()

    def work(self) -> None:
        """Until nobody is left to look at."""
        while self.follower.follow_once():
            pass

    def changed(self, *people: Cared) -> None:
        """As whoever stores something notes it."""
        with self.hub.writing() as db:
            note_changed(db, [one.kid for one in people])
        self.work()

    def riding(self, person: Cared) -> list[Alert]:
        """What waits for the person, checked as a device checks it."""
        with self.hub.store.connected() as db:
            rides = waiting_rides(db, self.hub.keys, [person.kid]).get(person.kid, [])
        public = self.hub.keys.sign_key("score").public
        for ride in rides:
            assert isinstance(ride.answer, AlertMessage)
            assert is_signed(ride.answer, public, self.hub.keys.site)
        found = [decode_alert(ride.answer.body) for ride in rides]
        assert [(ride.riding.number, ride.riding.revision) for ride in rides] == [
            (one.number, one.revision) for one in found
        ]
        return found

    def hand_over(self, person: Cared) -> list[Alert]:
        """The broker acknowledged the person's next answer."""
        found = self.riding(person)
        with self.hub.writing() as db:
            db.execute(delete(RIDE).where(RIDE.c.device == person.kid, RIDE.c.kind == "alert"))
        self.changed(person)
        return found

    def kept(self, person: Cared | None = None) -> list[tuple[KeptAlert, AlertWords]]:
        """The rows of ALERT."""
        with self.hub.store.connected() as db:
            rows = TeamAlerts(db, self.hub.keys).every(None if person is None else [person.kid])
        return [(row, decode(row.words)) for row in rows]

    def states(self, person: Cared) -> dict[str, str]:
        """State of the newest alert of each rule."""
        return {words.rule: row.state for row, words in self.kept(person)}

    def posts(self) -> list[Post]:
        """What waits for the team's channels."""
        with self.hub.store.connected() as db:
            rows = db.execute(select(POST).order_by(POST.c.number)).all()
        return [Post(r.number, r.channel, r.made_utc_s, r.due_utc_s, r.tries, r.count) for r in rows]

    def notes(self) -> int:
        """How many people wait to be looked at."""
        with self.hub.store.connected() as db:
            return len(db.execute(select(CHANGED)).all())

    def acknowledge(self, number: int, who: str = "Ada") -> None:
        """As the care view does."""
        with self.hub.writing() as db:
            assert TeamAlerts(db, self.hub.keys).acknowledge(number, who, self.now_utc_s)
        self.work()


@contextlib.contextmanager
def alerted_hub(folder: Path, rules: str = CHANNELS) -> Iterator[Alerted]:
    """A new hub with alerts."""
    with cared_hub(folder) as hub:
        if rules:
            (folder / "alerts.yaml").write_text(rules)
        made = Alerted(hub, Follower(folder, now=lambda: made.now_utc_s))
        with contextlib.closing(made.follower):
            yield made


def holds(person: Cared, number: int, at_utc_s: int) -> None:
    """The person holds an alert back."""
    what = codes.codes("asks")["hold"]
    person.says(AskMessage(person.consent_hash, at_utc_s, what, number), kind="ask")


def works(person: Cared, start_utc_s: int, end_utc_s: int) -> None:
    """A shift, as the person shared it."""
    shift = (NotedShift(start_utc_s, end_utc_s, codes.codes("shifts")["day"]),)
    day = start_utc_s // DAY_S
    person.says(ContextMessage("care", person.consent_hash, day, shift, (), (), ()), kind="context")
