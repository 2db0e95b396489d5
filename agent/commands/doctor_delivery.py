"""What `wardbeat doctor` says of enrollment, clock, broker, hub, consent and the outbox."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.commands.doctor_agent import RECEIPTS_LATE_S, Said
from agent.commands.doctor_rows import Check
from agent.config import Settings
from agent.enrollment import identity, known_time
from agent.enrollment.enrolled import Identity
from agent.enrollment.known_time import Heard, Papers
from agent.errors import WardbeatError, WireRefused
from agent.outbox import Outbox, consents, ledger
from agent.outbox.rows import HUB_HEARD
from agent.privacy.vault import Vault
from agent.publisher import probe
from agent.tables.profiles import Profile
from agent.wire.directory import fingerprint_words

_DAY_S: Final = 86_400
CERTIFICATE_LATE_S: Final = 14 * _DAY_S
_FULL_01: Final = 0.9
_PROBE_S: Final = 2.0
_REVOKED: Final = "revoked this machine"
_ASK: Final = "Ask the hub's operator."


def checks(settings: Settings, profile: Profile, vault: Vault, said: Said) -> Iterator[Check]:
    """Every check that needs the data key."""
    folder, enrolled = settings.state_dir, None
    if not profile.recipients:
        yield Check("enrolled", None, "nothing leaves under this profile")
    else:
        try:
            enrolled = identity.load_enrolled(folder, vault)
            root = fingerprint_words(enrolled.bundle.root_public)
            yield Check("enrolled", ok=True, words=f"at {enrolled.bundle.operator} ({enrolled.site}), root {root}")
        except (WardbeatError, OSError) as error:
            remedy = error.remedy if isinstance(error, WardbeatError) else ""
            yield Check("enrolled", ok=False, words=str(error), remedy=remedy or identity.ENROLL)
    yield _clock(enrolled, folder, vault, said)
    if enrolled is not None:
        yield from _papers(enrolled, folder)
        yield _tls(folder, vault)
        yield from _hub(enrolled, settings, vault, said)
    if (folder / "outbox.db").exists():
        yield from _outbox(settings, profile, vault, enrolled)
    else:
        yield Check("outbox", None, "empty; the agent has not run yet")


# ---- what ends by the calendar


def _clock(enrolled: Identity | None, folder: Path, vault: Vault, said: Said) -> Check:
    words = Papers.of(enrolled, folder).fault(_heard(folder, vault))
    agents = said.part("clock")
    if not words and agents.get("level") == "trouble":
        words = agents["words"]
    right = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; nothing speaks against it"
    return Check("clock", not words, words or right, known_time.REMEDY)


def _heard(folder: Path, vault: Vault) -> Heard | None:
    with suppress(WardbeatError):
        if (folder / "outbox.db").exists():
            with Outbox(folder / "outbox.db", vault, None, writes=False) as outbox:
                return Heard.decode(outbox.meta(HUB_HEARD))
    return None


def _papers(enrolled: Identity, folder: Path) -> Iterator[Check]:
    now_s = time.time()
    try:
        first_s, last_s = known_time.certificate_ends(folder)
        yield _valid(
            "certificate", now_s, first_s, last_s, CERTIFICATE_LATE_S, "Ask the hub's operator, or enroll again."
        )
    except (OSError, WireRefused) as error:
        words = f"this machine's certificate cannot be read ({type(error).__name__})"
        yield Check("certificate", ok=False, words=words, remedy="Restore the state folder, or enroll again.")
    try:
        seen = enrolled.directory().directory
    except WireRefused as error:
        yield Check("directory", ok=False, words=f"the hub's key directory cannot be used ({error})", remedy=_ASK)
        return
    remedy = "Ask the hub's operator; rows are still sealed."
    check = _valid("directory", now_s, seen.issued_utc_s, seen.expires_utc_s, 0, remedy)
    yield Check(check.check_id, check.ok, f"version {seen.version}, {check.words}", check.remedy)


def _valid(check_id: str, now_s: float, first_s: int, last_s: int, late_s: int, remedy: str) -> Check:
    """A paper's both ends."""
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" for at in (first_s, last_s))
    if now_s < first_s - known_time.SLACK_S:
        return Check(check_id, ok=False, words=f"not valid before {first}", remedy=f"Check the clock. {remedy}")
    if now_s >= last_s:
        return Check(check_id, ok=False, words=f"ended at {last}", remedy=remedy)
    left = f"valid from {first} to {last}, {(last_s - now_s) / _DAY_S:.0f} days more"
    return Check(check_id, last_s - now_s > late_s, left, remedy)


def _tls(folder: Path, vault: Vault) -> Check:
    try:
        probe.tls_context(folder, identity.tls_password(vault))
    except (OSError, ValueError) as error:  # of ssl, too
        words = f"the TLS keys cannot be used ({type(error).__name__})"
        return Check("keys", ok=False, words=words, remedy="Restore the state folder, or enroll again.")
    return Check("keys", ok=True, words="key and certificate belong together")


# ---- broker and hub


def _hub(enrolled: Identity, settings: Settings, vault: Vault, said: Said) -> Iterator[Check]:
    hub = said.part("hub")
    broker = _broker(enrolled, settings, vault, said)
    revoked = next((words for words in (hub.get("words", ""), broker.words) if _REVOKED in words), "")
    yield Check("revoked", not revoked, revoked or "not that this machine knows", _ASK)
    if hub.get("level") == "trouble" and _REVOKED not in hub["words"]:
        yield Check("hub", ok=False, words=hub["words"], remedy=hub["remedy"])
    yield broker
    if said.body:
        age_s = said.body.get("receipt_age_s") or 0
        words = f"the last one, or the agent's start, is {age_s // 60} minutes ago"
        remedy = "Look at 'broker' above; if it is well, tell the hub's operator. Rows wait until then."
        yield Check("receipts", age_s < RECEIPTS_LATE_S, words, remedy)
    else:
        yield Check("receipts", None, "no agent runs that could receive one")


def _broker(enrolled: Identity, settings: Settings, vault: Vault, said: Said) -> Check:
    state = said.part("broker")
    if state:
        return Check("broker", state["level"] == "ok", state["words"], state["remedy"])
    if said.runs:  # it has just started, or is busy: a second client would not help
        return Check("broker", None, "the running agent has not reached it yet")
    password = identity.tls_password(vault)
    try:
        why = probe.look(enrolled, settings.state_dir, password, settings.mqtt.version, timeout_s=_PROBE_S)
    except ValueError as error:
        return Check("broker", ok=False, words=f"the TLS keys cannot be used ({type(error).__name__})", remedy=_ASK)
    if why is None:
        return Check("broker", ok=True, words=f"answers in MQTT {'5' if settings.mqtt.version == 5 else '3.1.1'}")
    return Check("broker", ok=False, words=why.words, remedy=why.remedy)


# ---- the outbox


def _outbox(settings: Settings, profile: Profile, vault: Vault, enrolled: Identity | None) -> Iterator[Check]:
    file = settings.state_dir / "outbox.db"
    try:
        with Outbox(file, vault, None, writes=False) as outbox:
            yield from _rows(outbox, settings)
            if enrolled is not None:
                why_not = consents.why_not(outbox, profile.name, int(time.time()))
                words = f"{why_not}: only covers are sent" if why_not else "given"
                yield Check("consent", None if why_not else True, words, "wardbeat consent give")
            yield _ledger(outbox, enrolled)
            for _, words in outbox.notices():
                yield Check("news", None, words)
    except WardbeatError as error:
        yield Check("outbox", ok=False, words=str(error), remedy=error.remedy or "Keep the file, and ask for help.")


def _rows(outbox: Outbox, settings: Settings) -> Iterator[Check]:
    counts = outbox.counts()
    words = ", ".join(f"{n} {state}" for state, n in counts.items()) or "empty"
    full = outbox.unsettled() > _FULL_01 * settings.outbox.limits().rows
    yield Check("outbox", not full, words, "The oldest rows will be dropped soon: look at 'broker' and 'receipts'.")


def _ledger(outbox: Outbox, enrolled: Identity | None) -> Check:
    try:
        proven = ledger.verify(outbox, None if enrolled is None else enrolled.open_answers)
    except (WardbeatError, WireRefused) as error:
        return Check("ledger", ok=False, words=str(error), remedy=error.remedy or "Keep the file, and ask for help.")
    breaks = [f"known break: {words}" for words in proven.breaks]
    return Check("ledger", ok=True, words="; ".join([proven.words, *breaks]))
