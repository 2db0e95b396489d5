"""A hub with a care team and people in every state of consent, without their machines; rows of pages that show canaries."""

import contextlib
import datetime as dt
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from sqlalchemy import insert

from agent.wire import codec
from agent.wire.consent import ConsentRecord, grant_items
from agent.wire.keys import SignKey, kid
from agent.wire.message import FIRST_PURPOSES, Grant
from hub import site
from hub.care.consented import consented
from hub.care.looks import may_be_seen
from hub.care.rows import CareAction, CarePage, Made, Opened, Seen, TeamRole
from hub.keys.certificates import certify
from hub.keys.keystore import KeyStore
from hub.keys.staff import CERTIFICATE, Member
from hub.keys.staff_certificates import STEM, make_certificate
from hub.keys.tables import DEVICE as ADMITTED
from hub.keys.tables import mark_changed
from hub.store import Store
from hub.store.followed import forget_followed
from hub.store.tables import CONSENT, DEVICE, FEATURES

OPERATOR = "Test service"
PASSPHRASE = "correct horse battery"
DAY_S = 86_400
ALL = frozenset(TeamRole)
WRITERS = frozenset({TeamRole.LEAD, TeamRole.MEMBER})


@dataclass
class Person:
    """One admitted device and its person's key."""

    key: SignKey
    name: str
    serial: int = 0

    @property
    def kid(self) -> bytes:
        return kid(self.key.public)

    @property
    def canary(self) -> str:
        """Stands for a value of this person."""
        return f"value-of-{self.name}"


@dataclass
class CareSite:
    """The hub's folder, opened for writing as `hub run` does."""

    folder: Path
    keys: KeyStore
    store: Store
    people: list[Person] = field(default_factory=list)

    def person(self) -> Person:
        n = len(self.people) + 1
        key = SignKey.of(n.to_bytes(32, "big"))
        made = Person(key, f"d{n:07d}{kid(key.public).hex()[:8]}")
        with self.keys._engine.begin() as db:
            row = {"kid": made.kid, "device": made.name, "sign_public": key.public, "receive_public": bytes(1216)}
            db.execute(insert(ADMITTED), {**row, "consent_public": key.public})
            mark_changed(db)
        self.keys.refresh()
        with self.store.checked() as db:
            db.execute(insert(DEVICE), {"device": made.kid, "withdrawn_serial": 0, "erased_serial": -1})
        self.people.append(made)
        return made

    def consents(
        self,
        person: Person,
        purpose: str = "care",
        recipient: str = OPERATOR,
        from_s: int = -DAY_S,
        until_s: int = DAY_S,
    ) -> Person:
        """A signed consent, as `hub run` stores it; times from now."""
        now_utc_s = int(time.time())
        grants = (Grant("heart", purpose, recipient),)
        first = tuple(one for one in grants if one.purpose in FIRST_PURPOSES) or (Grant("nothing", "care", recipient),)
        person.serial = max(person.serial + 1, now_utc_s - 10)
        times = now_utc_s + from_s, now_utc_s + until_s
        record = ConsentRecord(person.serial, "give", person.name, "care", bytes(32), *times, first)
        stated = tuple(one for one in grants if one.purpose not in FIRST_PURPOSES)
        yes = record.signed_yes(person.key, self.keys.site, [1, 2], stated)
        with self.store.checked() as db:
            values = {"device": person.kid, "serial": record.serial, "hash": record.hash, "from_utc_s": times[0]}
            db.execute(insert(CONSENT), {**values, "record": yes.record.record, "signature": yes.record.signature})
            said = {"device": person.kid, "hash": record.hash, "feature_ids": codec.encode([1, 2])}
            listed = codec.encode(grant_items(yes.features.grants)) if stated else None
            db.execute(insert(FEATURES), {**said, "grants": listed, "signature": yes.features.signature})
        return person

    def withdraws(self, person: Person) -> None:
        """As `hub run` does: in the key store, and what followed in the database."""
        self.keys.devices.withdraw(person.kid, person.serial)
        with self.store.checked() as db:
            forget_followed(db, person.kid)

    def erases(self, person: Person) -> None:
        self.keys.devices.erase(person.kid, person.serial)

    def member(self, name: str, role: str, *, days: int = 30) -> "Badge":
        made = make_certificate(self.folder, name, days, PASSPHRASE)
        now_utc_s = int(time.time())
        self.keys.staff.add(Member(made.fingerprint, CERTIFICATE, name, role, now_utc_s, made.until_utc_s))
        return Badge.written(self.folder / f"badge-{made.fingerprint[:8]}.pem", made.p12, made.fingerprint)

    def expired(self, name: str) -> "Badge":
        """A member whose certificate has ended, by its own dates too."""
        with certify_at(dt.timedelta(days=-40)):
            made = make_certificate(self.folder, name, 30, PASSPHRASE)
        self.keys.staff.add(Member(made.fingerprint, CERTIFICATE, name, "lead", 1, made.until_utc_s))
        return Badge.written(self.folder / f"badge-{made.fingerprint[:8]}.pem", made.p12, made.fingerprint)

    def stranger(self, stem: str = STEM) -> "Badge":
        """A certificate of one of the hub's CAs that was not added to the team."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Badge.of(
            self.folder / f"stranger-{stem}.pem",
            key,
            certify(self.folder, "x", key.public_key(), server=None, stem=stem),
        )


@contextlib.contextmanager
def certify_at(shift: dt.timedelta) -> Iterator[None]:
    """Certificates are made as if it were another time."""
    import time_machine

    with time_machine.travel(dt.datetime.now(dt.UTC) + shift, tick=True):
        yield


@dataclass(frozen=True)
class Badge:
    """A client certificate as files and as the server sees it."""

    pem: Path
    der: bytes
    fingerprint: str

    @classmethod
    def written(cls, pem: Path, p12: bytes, fingerprint: str) -> "Badge":
        key, certificate, _ = pkcs12.load_key_and_certificates(p12, PASSPHRASE.encode())
        made = cls.of(pem, key, certificate)
        assert made.fingerprint == fingerprint
        return made

    @classmethod
    def of(cls, pem: Path, key, certificate: x509.Certificate) -> "Badge":
        encoding = serialization.Encoding.PEM
        private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        pem.write_bytes(private + certificate.public_bytes(encoding))
        pem.chmod(0o600)
        return cls(
            pem, certificate.public_bytes(serialization.Encoding.DER), certificate.fingerprint(hashes.SHA256()).hex()
        )


@contextlib.contextmanager
def care_site(folder: Path, database: str = "") -> Iterator[CareSite]:
    """A new site."""
    site.init(folder, site.Site("test-site", OPERATOR, "127.0.0.1", 1883, True, database))
    with contextlib.closing(site.open_keys(folder)) as keys, Store(folder, keys) as store:
        yield CareSite(folder, keys, store)


# ---- rows of pages


def visible(opened: Opened) -> list:
    """Devices of people whose consent to this team is in force."""
    found = []
    for device in opened.keys.devices.all():
        records = opened.store.records(device)
        if consented(device, records, opened.keys.operator, opened.now_utc_s) is not None:
            found.append(device)
    return found


def people(opened: Opened, _: Mapping[str, str]) -> Made:
    listed = visible(opened)
    html = "".join(f"<li>value-of-{device.device}" for device in listed)
    form = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
    return Made(f"<!doctype html><ul>{html}</ul>{form}", tuple(Seen(device.kid, "list") for device in listed))


def person(view: str):
    def make(opened: Opened, asked: Mapping[str, str]) -> Made:
        if not may_be_seen(opened, asked["device"]):
            return Made("not here", status=404)
        device = opened.keys.devices.named(asked["device"])
        form = f'<form method="post" action="/people/{device.device}/note"><input name="words"></form>'
        return Made(f"<p>value-of-{device.device}</p>{form}", (Seen(device.kid, view),))

    return make


def note(opened: Opened, asked: Mapping[str, str]) -> str:
    DONE.append((opened.viewer.name, asked["device"], asked.get("words", "")))
    return f"/people/{asked['device']}"


def settings(_: Opened, __: Mapping[str, str]) -> Made:
    return Made("<p>for the lead</p>")


def lead_does(opened: Opened, _: Mapping[str, str]) -> str:
    DONE.append((opened.viewer.name, "", "lead"))
    return "/"


DONE: list[tuple[str, str, str]] = []
PAGES = (
    CarePage("/", "People", ALL, people),
    CarePage("/people/{device}", "", ALL, person("person")),
    CarePage("/people/{device}/print", "", WRITERS, person("print")),
    CarePage("/lead", "Lead", frozenset({TeamRole.LEAD}), settings),
)
ACTIONS = (
    CareAction("/people/{device}/note", WRITERS, note),
    CareAction("/lead/do", frozenset({TeamRole.LEAD}), lead_does),
)


def client_context(folder: Path, badge: Badge | None) -> ssl.SSLContext:
    """A browser that trusts the hub's CA."""
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    if badge is not None:
        context.load_cert_chain(badge.pem)
    return context
