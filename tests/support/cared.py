"""A hub's folder with people whose rows are written into it by hand: consents signed by their keys, windows, asks, scores.

Nothing here stands for a part of the hub: the tables hold what `hub run` and `hub score` write there, signed and encrypted
as they do.
"""

import atexit
import contextlib
import functools
import math
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select

from agent.model import CodedValue
from agent.wire import codec, codes, schema
from agent.wire.consent import ConsentRecord, grant_items
from agent.wire.context import DAY_S, OFFSET_ZERO
from agent.wire.keys import SignKey, kid
from agent.wire.message import (
    FIRST_PURPOSES,
    AskMessage,
    ClockOffset,
    ContextMessage,
    Grant,
    NotedAnswer,
    Plaintext,
    SummaryMessage,
)
from agent.wire.plaintext import encode_plaintext
from agent.wire.score import Score
from hub import site
from hub.care import picture as pictures
from hub.care.alert_words import AlertWords
from hub.care.alert_words import encode as encode_alert
from hub.care.projecting import project
from hub.database_users import make_users
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.keys.people import put_label
from hub.keys.tables import DEVICE as ADMITTED
from hub.keys.tables import LABEL, mark_changed
from hub.scoring.digest import DayReadings, Digest
from hub.store.care_rows import CareReads
from hub.store.derived import Derived, KeptScore, score_words
from hub.store.kept import place_of
from hub.store.roles import Role
from hub.store.shown import KeptPicture, Shown
from hub.store.store import Store
from hub.store.tables import CONSENT, CONTACT, FEATURES, ROW
from hub.store.team_alerts import KeptAlert, TeamAlerts
from tests.support.world import owner_url

OPERATOR = "Test service"
NOW_UTC_S = 1_796_000_000
TODAY = NOW_UTC_S // DAY_S
YEAR_S = 365 * DAY_S
ALL = ("context", "heart", "index")


@functools.cache
def _original() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="wardbeat-cared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    site.init(folder / "hub", site.Site("test-site", OPERATOR, "127.0.0.1", 8883, synthetic=True))
    return folder / "hub"


@contextlib.contextmanager
def cared_hub(folder: Path) -> Iterator["CaredHub"]:
    """A new hub, its store opened with every right."""
    shutil.copytree(_original(), folder, dirs_exist_ok=True)
    with contextlib.closing(site.open_keys(folder)) as keys, Store(folder, keys, Role.ALERTS) as store:
        yield CaredHub(folder, keys, store)


@contextlib.contextmanager
def cared_hub_with_roles(folder: Path, database: str) -> Iterator["CaredHub"]:
    """The same on PostgreSQL, where each process connects as its own user; this one's store is the owner's."""
    site.init(folder, site.Site("test-site", OPERATOR, "127.0.0.1", 8883, synthetic=True, database=database))
    make_users(folder, database)
    with contextlib.closing(site.open_keys(folder)) as keys, Store(folder, keys, owner=owner_url(database)) as store:
        yield CaredHub(folder, keys, store)


@dataclass
class CaredHub:
    """The hub."""

    folder: Path
    keys: KeyStore
    store: Store
    people: list["Cared"] = field(default_factory=list)

    def person(self, label: str = "", seed: int | None = None) -> "Cared":
        """An admitted device."""
        n = len(self.people) + 1 if seed is None else seed
        key = SignKey.of(n.to_bytes(32, "big"))
        name = f"d{n:07d}{kid(key.public).hex()[:8]}"
        with self.keys._engine.begin() as db:
            row = {"kid": kid(key.public), "device": name, "sign_public": key.public, "receive_public": bytes(1216)}
            db.execute(insert(ADMITTED), {**row, "consent_public": key.public})
            if label:
                db.execute(delete(LABEL).where(LABEL.c.device == row["kid"]))
                db.execute(
                    insert(LABEL), {"device": row["kid"], "label": label}
                )  # unchecked: what an attacker may write
            mark_changed(db)
        self.keys.refresh()
        self.people.append(Cared(self, key, name))
        return self.people[-1]

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.store.checked() as db:
            yield db

    def project_all(self, now_utc_s: int = NOW_UTC_S) -> None:
        """As `hub alerts` does, for everybody."""
        with self.writing() as db:
            for person in self.people:
                shown, made = Shown(db, self.keys), project(CareReads(db, self.keys), person.device, now_utc_s)
                shown.delete(person.kid)
                if made is not None:
                    shown.put(person.kid, KeptPicture(made.serial, made.made_utc_s, pictures.encode(made)))


@dataclass
class Cared:
    """One person's machine."""

    hub: CaredHub
    key: SignKey
    name: str
    consent_hash: bytes = b""
    serial: int = 0
    index: int = 0

    @property
    def kid(self) -> bytes:
        return kid(self.key.public)

    @property
    def device(self) -> Device:
        found = self.hub.keys.devices.of(self.kid)
        assert found is not None
        return found

    def consents(
        self,
        care: Sequence[str] = ALL,
        *,
        score: bool = True,
        recipient: str = OPERATOR,
        more: Sequence[Grant] = (),
        from_utc_s: int = NOW_UTC_S - YEAR_S // 2,
        until_utc_s: int = NOW_UTC_S + YEAR_S // 2,
    ) -> "Cared":
        """A signed consent, as `hub run` stores it."""
        grants = [Grant(signal, "care", recipient) for signal in care] + list(more)
        grants += [Grant("heart", "score", recipient)] if score else []
        first = tuple(sorted(one for one in grants if one.purpose in FIRST_PURPOSES))
        first = first or (Grant("nothing", "care", recipient),)
        stated = tuple(one for one in grants if one.purpose not in FIRST_PURPOSES)
        self.serial = max(self.serial + 1, from_utc_s)
        args = self.serial, "give", self.name, "care", bytes(32), from_utc_s, until_utc_s, first
        record = ConsentRecord(*args)
        yes = record.signed_yes(self.key, self.hub.keys.site, [1, 2], stated)
        self.consent_hash = record.hash
        with self.hub.writing() as db:
            values = {"device": self.kid, "serial": record.serial, "hash": record.hash, "from_utc_s": from_utc_s}
            db.execute(insert(CONSENT), {**values, "record": yes.record.record, "signature": yes.record.signature})
            said = yes.features
            values = {"device": self.kid, "hash": record.hash, "feature_ids": codec.encode(list(said.feature_ids))}
            listed = codec.encode(grant_items(said.grants)) if said.grants else None
            db.execute(insert(FEATURES), {**values, "grants": listed, "signature": said.signature})
        return self

    def withdraws(self) -> None:
        """By the key store alone, as `hub run` notes it."""
        self.hub.keys.devices.withdraw(self.kid, self.serial)

    def says(self, *messages, kind: str) -> None:
        """One stored row."""
        with self.hub.writing() as db:
            self.rows(db, [(kind, messages)])

    def rows(self, db: Connection, rows) -> None:
        """Stored rows."""
        key = self.hub.keys.data_keys.of(self.kid, self.serial)
        arrival = int(db.execute(select(func.max(ROW.c.arrival))).scalar() or 0)
        values = []
        for kind, messages in rows:
            self.index, arrival = self.index + 1, arrival + 1
            words = encode_plaintext(Plaintext(bytes(16), 0, self.index, bytes(32), tuple(messages)))
            at = self.kid, b"s" * 16, self.index
            head = {"device": at[0], "stream": at[1], "seq": at[2], "kind": kind, "serial": self.serial}
            sealed = {
                "data_key": key.name,
                "words": key.seal(place_of(at), words),
                "said": self.index.to_bytes(16, "big"),
            }
            values.append({**head, **sealed, "arrival": arrival})
        db.execute(insert(ROW), values)

    def asks(self, words: str = "", what: str = "see", at_utc_s: int = NOW_UTC_S - 3600) -> None:
        """To be seen, or no more."""
        message = AskMessage(self.consent_hash, at_utc_s, codes.codes("asks")[what], 0, words if what == "see" else "")
        self.says(message, kind="ask")

    def window(self, start_utc_s: int, *, worn: bool = True, purpose: str = "care") -> SummaryMessage:
        """A summary of five minutes; not worn: its values are withheld."""
        rows = [(schema.features()[one], value) for one, value in ((1, 64.0), (2, 40.0))]
        coded = tuple(
            CodedValue(row.feature_id, row.code(value) if worn else 0, 300, 990, 3, 0, 0) for row, value in rows
        )
        return SummaryMessage(purpose, self.consent_hash, start_utc_s, start_utc_s + 300, coded)

    def wears(self, hours_by_day: dict[int, float], purpose: str = "care") -> None:
        """So many hours of some days, from six in the morning."""
        rows = []
        for day, hours in hours_by_day.items():
            starts = range(day * DAY_S + 6 * 3600, day * DAY_S + 6 * 3600 + round(hours * 3600), 300)
            rows += [("summary", (self.window(start, purpose=purpose),)) for start in starts]
        with self.hub.writing() as db:
            self.rows(db, rows)

    def answers(self, *answers: tuple[int, str, float], purpose: str = "care") -> None:
        """Check-ins of (UTC s, scale, value), by day."""
        by_name = {scale.name: scale for scale in codes.scales().values()}
        days = {}
        for at_utc_s, name, value in answers:
            days.setdefault(at_utc_s // DAY_S, []).append(
                NotedAnswer(at_utc_s, by_name[name].code, by_name[name].v(value))
            )
        for day, noted in days.items():
            offset = (ClockOffset(day * DAY_S, OFFSET_ZERO + 60),)
            rows = tuple(sorted(noted, key=lambda one: (one.at_utc_s, one.scale, one.v)))
            self.says(ContextMessage(purpose, self.consent_hash, day, (), (), offset, rows), kind="context")

    def scored(self, weeks: int = 26, *, seed: int = 1, drift: float = 0.0, learning: int = 3) -> None:
        """Scores of so many weeks, and a digest with readings of 100 days."""
        dice = random.Random(seed)
        sunday = max(day for day in range(TODAY - 6, TODAY + 1) if (day + 3) % 7 == 6)
        with self.hub.store.deriving() as write:
            for place in range(weeks):
                day = sunday - 7 * (weeks - 1 - place)
                head = self.name, self.serial, day, 1, 1, NOW_UTC_S - 60, "wardbeat weeks 2"
                if place < learning:
                    score = Score(*head, reason="learning")
                else:
                    index = min(max(dice.gauss(50 + drift * max(0, place - weeks + 6), 6), 3), 97)
                    heart, rate = 0.6 * (index - 50), 0.4 * (index - 50)
                    points = (("ln_rmssd", round(heart, 2)), ("hr_bpm", round(rate, 2)))
                    score = Score(
                        *head,
                        0,
                        round(index, 2),
                        max(0, round(index - 14, 2)),
                        min(100, round(index + 14, 2)),
                        "",
                        points,
                    )
                signed = score.signed(self.hub.keys.sign_key("score"), self.hub.keys.site)
                _put_score(write, self.kid, KeptScore(day, 1, score_words(signed)))
            write.put_digest(self.kid, self._digest(dice, drift).encode(), {}, 0)

    def _digest(self, dice: random.Random, drift: float) -> Digest:
        days = {}
        for day in range(TODAY - 100, TODAY + 1):
            if dice.random() < 0.12 or TODAY - 41 < day < TODAY - 35:
                continue
            fall = drift * max(0, day - TODAY + 30) / 300
            blocks = {day * 8 + place: dice.gauss(math.log(42) - fall, 0.25) for place in (2, 3, 5)}
            rates = {day * 8 + place: dice.gauss(62 + 8 * fall, 4) for place in (2, 3, 5)}
            days[day] = DayReadings({"ln_rmssd": blocks, "hr_bpm": rates}, 8.0, 7.5)
        return Digest(days, {}, 1, self.serial, NOW_UTC_S - 3600)

    def heard(self, day: int = TODAY) -> None:
        """The day of the last contact."""
        with self.hub.writing() as db:
            db.execute(delete(CONTACT).where(CONTACT.c.device == self.kid))
            db.execute(insert(CONTACT), {"device": self.kid, "day": day})


def _put_score(write: Derived, kid: bytes, score: KeptScore) -> None:
    write.put_score(kid, score, replaces=None)


def relabel(hub: CaredHub, person: Cared, label: str) -> None:
    """As the operator does."""
    with hub.keys._engine.begin() as db:
        put_label(db, person.kid, label)
        mark_changed(db)
    hub.keys.refresh()


WISHES = (
    "Please look at my weeks. I slept badly since the change of the rota, and I would like to talk before Friday.",
    "",
)


def filled(hub: CaredHub, many: int = 12, seed: int = 1) -> CaredHub:
    """People of every kind, and the pictures that `hub alerts` makes of them."""
    dice = random.Random(seed)
    for n in range(many):
        person = hub.person(f"P{n + 1:02d}" if n % 5 != 4 else "")
        care = (ALL, ("heart",), ("heart", "index"), ALL, ALL, ("context",))[n % 6]
        until_utc_s = NOW_UTC_S + (9 if n % 7 == 3 else 200) * DAY_S
        person.consents(care, until_utc_s=until_utc_s, from_utc_s=NOW_UTC_S - (12 if n % 9 == 8 else 180) * DAY_S)
        silent = {2: 6, 7: 12}.get(n % 10, 0)
        days = [day for day in range(TODAY - 27, TODAY + 1 - silent) if dice.random() > 0.2]
        person.wears({day: round(dice.uniform(3, 11)) for day in days})
        person.heard(TODAY - silent)
        person.scored(seed=n + 1, drift=(0.0, 0.0, -4.0, 4.5, 0.0, 2.5)[n % 6])
        for ago in range(150, 0, -14):
            at_utc_s = NOW_UTC_S - ago * DAY_S
            person.answers(
                (at_utc_s, "cbi work", 35.0 + (160 - ago) / 6 + n), (at_utc_s + 60, "single level", 2 + (ago < 30))
            )
            person.answers((at_utc_s + 3 * DAY_S, "tired tired_0_10", dice.randint(2, 8)))
        if n % 6 == 3:
            person.asks(WISHES[n // 6 % 2], at_utc_s=NOW_UTC_S - (n + 1) * 20_000)
    hub.project_all()
    return hub


def alert(
    person: Cared, number: int, rule: str, state: str = "with_team", *, closed_utc_s: int = 0, by: str | None = None
) -> None:
    """An alert, as `hub alerts` keeps it."""
    made_utc_s = NOW_UTC_S - (3 + number) * DAY_S
    words = AlertWords(rule, made_utc_s // DAY_S - 1, made_utc_s, "talk", closed_utc_s)
    team_utc_s, at = made_utc_s + 86_400, NOW_UTC_S - 7200 if by else None
    kept = KeptAlert(number, person.kid, person.serial, state, 2, team_utc_s, by, at, encode_alert(words))
    with person.hub.writing() as db:
        TeamAlerts(db, person.hub.keys).put(kept)
