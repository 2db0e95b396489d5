"""What only the person may do: the PIN is asked on a terminal, never taken from argument, pipe or environment."""

import datetime as dt
import difflib
import getpass
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO, cast

from agent import asked, control, host, identity, scan
from agent.config import Settings
from agent.control import Command, Reply
from agent.errors import KeysMissing, NoTerminal, NotRunning, PolicyDenied, WrongPin, WrongUse
from agent.features import FEATURES
from agent.history import History, Told
from agent.outbox import Outbox, Sealing, consents, ledger, quiet
from agent.privacy import consent
from agent.privacy.policy import Profile
from agent.privacy.vault import Vault, existing_vault, open_vault
from agent.scoring import instruments
from agent.sources import SOURCES
from agent.wire import erasure
from agent.wire.consent import ConsentRecord, Grant
from agent.wire.message import ConsentMessage

_CODE = """\
Write it down, and keep it away from this machine. If this machine is lost, whoever has the code can have
erased what the hub holds about you ('wardbeat recovery erase', on any machine), and can do nothing else."""


def ask_pin(question: str, *, twice: bool = False) -> str:
    """Ask on the terminal itself, without echo.

    Raises:
        NoTerminal: There is none.
        WrongPin: The two entries differ.
    """
    with _terminal("w"):  # getpass would fall back to a pipe; so see first that there is a terminal
        pin = getpass.getpass(question)
        if twice and getpass.getpass("Repeat the PIN: ") != pin:
            raise WrongPin("the two PINs are different", remedy="Start again.")
    return pin


def ask_words(question: str) -> str:
    """Ask for words on the terminal itself, one line.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(question)
    with _terminal("r") as answer:
        return answer.readline().strip()


def show_code(code: bytes) -> None:
    """Show a recovery code on the terminal itself: not where output is kept.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(f"\nYour recovery code:\n\n    {erasure.in_words(code)}\n\n{_CODE}\n\n")


def show_words(words: str) -> None:
    """Show words on the terminal itself.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(f"{words}\n")


def confirm(words: str, question: str) -> bool:
    """Show words on the terminal and wait for a typed yes; nothing is pre-ticked.

    Raises:
        NoTerminal: There is none.
    """
    return ask_words(f"{words}\n\n{question} Type yes: ").lower() == "yes"


def grants(profile: Profile, operator: str, signals: Sequence[str] = ()) -> tuple[Grant, ...]:
    """What a yes would cover: every releasable signal, or those named, for each purpose."""
    chosen = signals or consent.releasable_signals(profile)
    return tuple(Grant(signal, purpose, operator) for purpose in sorted(profile.purposes) for signal in chosen)


def signals(settings: Settings, named: Sequence[str] = ()) -> tuple[str, ...]:
    """What a yes is asked for: what was named, else every signal, but for a camera's that is not switched on."""
    if named:
        known = {spec.signal for spec in SOURCES.values()} | {spec.signal for spec in FEATURES.values()}
        for one in named:
            if one not in known:
                near = difflib.get_close_matches(one, known, n=1)
                raise WrongUse(
                    f"there is no signal {one!r}",
                    remedy=f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(known))}.",
                )
        return tuple(named)
    on = {name for name, spec in SOURCES.items() if name in settings.sources or not spec.needs_consent}
    return tuple(sorted({SOURCES[name].signal for name in on}))


def begin_enrollment(settings: Settings, bundle: bytes, pin: str, *, replace_old: bool) -> bytes:
    """Make this machine's keys; the request for the hub. What older keys sealed is retired first.

    Raises:
        AlreadyRunning: Stop the agent first: it holds the old keys.
        WrongUse: Enrolled already and not told to replace.
    """
    folder = host.private_dir(settings.state_dir)
    with host.only_one(folder / "agent.lock"):
        vault = open_vault(folder, settings.key_store)
        identity.check(folder, bundle, pin, replace_old=replace_old)  # before anything old is touched
        if replace_old and (folder / "outbox.db").exists():
            with Outbox(folder / "outbox.db", vault, None) as outbox:
                consents.retire(outbox, int(time.time()))
        return identity.begin(folder, vault, bundle, pin, replace_old=replace_old)


def finish_enrollment(settings: Settings, answer: bytes) -> identity.Identity:
    """Take the hub's answer over.

    Raises:
        AlreadyRunning: Stop the agent first; it starts with the new keys.
        KeysMissing, WireRefused: As `identity.finish`.
    """
    vault = existing_vault(settings.state_dir, settings.key_store)
    with host.only_one(settings.state_dir / "agent.lock"):
        return identity.finish(settings.state_dir, vault, answer)


def consent_in_force(settings: Settings, profile: Profile) -> str:
    """The record in force, as a sentence."""
    file = settings.state_dir / "outbox.db"
    record = None
    if file.exists():
        with Outbox(file, existing_vault(settings.state_dir, settings.key_store), None) as outbox:
            record = consents.stands_at(outbox, profile.name, int(time.time()))
    if record is None:
        return "In force: nothing."
    until = dt.datetime.fromtimestamp(record.until_utc_s, dt.UTC)
    named = " and ".join(sorted({grant.signal for grant in record.grants}))
    return f"In force: record {record.serial}, for {named}, until {until:%Y-%m-%d %H:%M} UTC"


def give_consent(
    settings: Settings, profile: Profile, wanted: Sequence[Grant], pin: str, from_utc_s: int | None = None
) -> Reply:
    """Sign a yes with the person's key, and hand it to the running agent or into the outbox.

    Raises:
        KeysMissing, WrongPin, PolicyDenied: Nothing was given.
    """
    folder = settings.state_dir
    vault = existing_vault(folder, settings.key_store)
    enrolled = identity.load_enrolled(folder, vault)
    if not wanted:
        raise PolicyDenied(
            f"nothing can leave under the profile {profile.name!r}", remedy="Set another profile in your settings."
        )
    from_utc_s = _agents_utc_s(folder) if from_utc_s is None else from_utc_s
    with Outbox(folder / "outbox.db", vault, None) as looking:
        serial = consents.next_serial(looking, from_utc_s)
    message = signed_yes(settings, profile, enrolled, serial, wanted, pin, from_utc_s)
    handed = json.dumps({"record": message.record.hex(), "signature": message.signature.hex()})
    try:
        return control.ask(folder, Command("consent", handed))
    except NotRunning:
        with offline_outbox(folder, vault, enrolled) as outbox:
            consents.give(outbox, message, from_utc_s)
        return Reply(words="Consent is given; it is sent to the hub when the agent runs.")


def signed_yes(
    settings: Settings,
    profile: Profile,
    enrolled: identity.Identity,
    serial: int,
    wanted: Sequence[Grant],
    pin: str,
    from_utc_s: int,
) -> ConsentMessage:
    """A consent record, signed by the key that the PIN opens.

    Raises:
        WrongPin, PolicyDenied: Nothing was signed.
    """
    record = consent.give(profile, enrolled.device, serial, wanted, from_utc_s, settings.consent_days)
    return record.signed(identity.consent_key(settings.state_dir, pin), enrolled.site)


def _agents_utc_s(folder: Path) -> int:
    """The running agent's session time (a replayed recording is a little ahead), else the wall clock."""
    try:
        return int(json.loads(control.ask(folder, Command("status")).body)["utc_s"])
    except NotRunning:
        return int(time.time())


@contextmanager
def offline_outbox(folder: Path, vault: Vault, enrolled: identity.Identity | None) -> Iterator[Outbox]:
    """The outbox of an agent that is not running, held so that none starts meanwhile.

    Raises:
        AlreadyRunning: An agent holds it after all.
    """
    sealing = None if enrolled is None else Sealing.to(enrolled.sender(), enrolled.directory().directory)
    with host.only_one(folder / "agent.lock"), Outbox(folder / "outbox.db", vault, sealing) as outbox:
        yield outbox


def _as_json(record: ConsentRecord) -> dict[str, object]:
    return {
        "serial": record.serial,
        "until_utc_s": record.until_utc_s,
        "grants": [asdict(grant) for grant in record.grants],
    }


def _terminal(mode: str) -> TextIO:
    names = {"r": "CONIN$", "w": "CONOUT$"} if sys.platform == "win32" else {"r": "/dev/tty", "w": "/dev/tty"}
    try:
        return cast("TextIO", Path(names[mode]).open(mode, encoding="utf-8"))
    except OSError as error:
        raise NoTerminal(
            "your PIN is needed, but there is no terminal to enter it",
            remedy="Run this command yourself in a terminal (over ssh too); a PIN is never read from a pipe.",
        ) from error


def say(settings: Settings, name: str, argument: str = "") -> Reply:
    """Pause, resume, withdraw or erase: through the running agent, or on its files when none runs.

    Raises:
        KeysMissing: There is nothing to withdraw from.
    """
    try:
        return control.ask(settings.state_dir, Command(name, argument))
    except NotRunning:
        pass
    now_utc_s = int(time.time())
    folder = settings.state_dir
    if name in ("pause", "resume"):
        vault = open_vault(host.private_dir(folder), settings.key_store)
        with host.only_one(folder / "agent.lock"), Outbox(folder / "outbox.db", vault, None) as outbox:
            if name == "resume":
                quiet.resume(outbox, now_utc_s)
                return Reply(words="The pause is over.")
            until = quiet.length_until(argument, now_utc_s)
            quiet.pause_until(outbox, until, now_utc_s)
        return Reply(words=f"Paused{quiet.ends_words(until)}; the pause continues when the agent starts.")
    vault = existing_vault(folder, settings.key_store)
    if name == "withdraw":
        enrolled = identity.load_enrolled(folder, vault)
        with offline_outbox(folder, vault, enrolled) as outbox:
            consents.withdraw(outbox, enrolled.sign, enrolled.site, now_utc_s)
        return Reply(words="Withdrawn; the hub is informed when the agent runs next.")
    return _erase_offline(folder, vault, now_utc_s)


def _erase_offline(folder: Path, vault: Vault, now_utc_s: int) -> Reply:
    try:
        enrolled = identity.load_enrolled(folder, vault)
    except KeysMissing:
        enrolled = None
    with offline_outbox(folder, vault, enrolled) as outbox:
        history = History(folder / "history.db", vault)
        windows = history.erase()
        history.close()
        sign, site = (None, "") if enrolled is None else (enrolled.sign, enrolled.site)
        consents.erase(outbox, sign, site, now_utc_s)
    return Reply(words=asked.erased(windows, asks_hub=enrolled is not None))


def history_held(settings: Settings, vault: Vault) -> dict[str, object]:
    """What the history holds about the person, as JSON can say it."""
    history = History(settings.state_dir / "history.db", vault)
    try:
        return {
            "summaries": [asdict(summary) for summary in history.summaries()],
            "told": [_told(one) for one in history.told()],
        }
    finally:
        history.close()


def _told(told: Told) -> dict[str, object]:
    """What was said, in words beside the places of answers."""
    made = asdict(told) | {"at": dt.datetime.fromtimestamp(told.at_utc_s, dt.UTC).isoformat()}
    asked = instruments.instruments().get(told.name)
    if told.what == "check-in" and asked is not None:
        items = {item.item_id: item for item in asked.items}
        made["answers"] = [
            {"question": items[name].text, "answer": items[name].answers[place]}
            for name, place in told.numbers.items()
            if name in items and place < len(items[name].answers)
        ]
    return made


def everything_held(settings: Settings, outbox: Outbox) -> dict[str, object]:
    """All that this machine holds about the person, as JSON can say it."""
    record = consents.in_force(outbox)
    return {
        **history_held(settings, outbox.vault),
        "ledger": [ledger.as_json(row) for row in ledger.rows(outbox)],
        "consent": None if record is None else _as_json(record),
        "pauses": [asdict(interval) for interval in consents.pauses(outbox)],
        "private_hours": [asdict(one) for one in quiet.hours(outbox)],
        "pause_ends_utc_s": quiet.ends_utc_s(outbox),
        "switched_sensors": quiet.switches(outbox),
        "strap": scan.bound_strap(settings.state_dir),
        "news": [{"at_utc_s": at_utc_s, "words": words} for at_utc_s, words in outbox.news()],
    }
