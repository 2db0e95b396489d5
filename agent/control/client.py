"""What a command does through the running agent or, when none runs, on its files."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from agent.config import Settings
from agent.control import arousal_words, ask_words, camera_offline, camera_words, channel, marks
from agent.control.channel import Command, Reply
from agent.control.consent_words import encode_yes
from agent.control.words import erased
from agent.days.store import DayStore
from agent.enrollment import identity
from agent.enrollment.consent_key import signed_yes
from agent.enrollment.enrolled import Identity
from agent.enrollment.known_time import REMEDY, Papers
from agent.errors import AgentBusy, AlreadyRunning, KeysMissing, NotRunning, PolicyDenied, WrongUse
from agent.outbox import Outbox, Sealing, arousal_choice, asks, consents, pauses
from agent.outbox.asks import Wish
from agent.privacy.consent import CARE, FOR_TEAM, releasable
from agent.privacy.vault import Vault, existing_vault, open_vault
from agent.system import host, state_files
from agent.system.clock import count_now
from agent.tables.profiles import Profile, profile_named
from agent.windows.history import History
from agent.wire.message import Grant

_MARK_S: Final = 0.7  # an agent that has not answered by then finds a mark
_OBEYED_S: Final = 3.0  # how long the command waits to see the mark obeyed
_LOOK_S: Final = 0.05
_DONE: Final = {"pause": "Paused", "withdraw": "Withdrawn", "erase": "Erased here"}


def consent_in_force(settings: Settings, profile: Profile) -> str:
    """The record in force, as a sentence."""
    file = settings.state_dir / "outbox.db"
    given = None
    if file.exists():
        with Outbox(file, existing_vault(settings.state_dir, settings.key_store), None) as outbox:
            given = consents.stands_at(outbox, profile.name, int(time.time()))
    if given is None:
        return "In force: nothing."
    until = dt.datetime.fromtimestamp(given.record.until_utc_s, dt.UTC)
    names = ", ".join(spec.name for spec in given.releasable(profile))
    if not names:
        changed = "In force: a consent to a text that has changed since. Nothing leaves."
        return f"{changed} Read the text above, and consent again."
    covered = f"In force: record {given.record.serial}, until {until:%Y-%m-%d %H:%M} UTC. It names: {names}."
    team = [one.signal for one in given.grants if one.purpose == CARE and one.signal in FOR_TEAM]
    covered += f" The care team sees: {', '.join(team)}." if team else ""
    more = [spec.name for spec in releasable(profile) if spec.feature_id not in given.feature_ids]
    return f"{covered} It does not name: {', '.join(more)}." if more else covered


def switched_sensors(settings: Settings) -> dict[str, bool]:
    """Sensors that the person switched on or off at the page; the settings decide about the others."""
    file = settings.state_dir / "outbox.db"
    if not file.exists():
        return {}
    with Outbox(file, existing_vault(settings.state_dir, settings.key_store), None) as outbox:
        return pauses.switches(outbox)


def give_consent(
    settings: Settings, profile: Profile, wanted: Sequence[Grant], pin: str, from_utc_s: int | None = None
) -> Reply:
    """Sign a yes with the person's key, and hand it to the running agent or into the outbox.

    Raises:
        KeysMissing, WrongPin, PolicyDenied: Nothing was given.
    """
    folder = settings.state_dir
    with suppress(AlreadyRunning):  # a running agent does it itself
        _carry_out_left(settings)
    vault = existing_vault(folder, settings.key_store)
    enrolled = identity.load_enrolled(folder, vault)
    if not wanted:
        raise PolicyDenied(
            f"nothing can leave under the profile {profile.name!r}", remedy="Set another profile in your settings."
        )
    if from_utc_s is None:
        if fault := Papers.of(enrolled, folder).fault(None):
            raise WrongUse(fault, remedy=f"{REMEDY} Then give consent again.")
        from_utc_s = _agents_utc_s(folder)
    with Outbox(folder / "outbox.db", vault, None) as looking:
        serial = consents.next_serial(looking, from_utc_s)
    yes = signed_yes(settings, profile, enrolled, serial, wanted, pin, from_utc_s)
    handed = encode_yes(yes)
    try:
        return channel.ask(folder, Command("consent", handed))
    except NotRunning:
        with offline_outbox(folder, vault, enrolled) as outbox:
            consents.give(outbox, yes, from_utc_s)
        return Reply(words="Consent is given; it is sent to the hub when the agent runs.")


def _agents_utc_s(folder: Path) -> int:
    """The running agent's session time (a replayed recording is a little ahead), else the wall clock."""
    try:
        return int(json.loads(channel.ask(folder, Command("status")).body)["utc_s"])
    except NotRunning:
        return int(time.time())


@contextmanager
def offline_outbox(folder: Path, vault: Vault, enrolled: Identity | None) -> Iterator[Outbox]:
    """The outbox of an agent that is not running, held so that none starts meanwhile.

    Raises:
        AlreadyRunning: An agent holds it after all.
    """
    sealing = None if enrolled is None else Sealing.to(enrolled.sender(), enrolled.directory().directory)
    with host.only_one(folder / "agent.lock"), Outbox(folder / "outbox.db", vault, sealing) as outbox:
        yield outbox


def carry_out(settings: Settings, name: str, argument: str = "") -> Reply:
    """Pause, resume, withdraw, erase or ask: through the running agent, or on its files when none runs. What takes away
    and is not answered soon is left as a mark in the state folder, which the agent obeys.

    Raises:
        KeysMissing: There is nothing to withdraw from.
        AgentBusy: An agent runs, and did not answer: nothing else is changed here, for it holds the files.
    """
    try:
        with _marked_when_slow(settings.state_dir, name, argument):
            try:
                return channel.ask(settings.state_dir, Command(name, argument))
            except NotRunning:
                return _offline(settings, name, argument)
    except (
        AgentBusy,
        AlreadyRunning,
    ) as error:  # one that begins or ends just now holds the folder and does not listen
        if name not in marks.DECISIONS:
            raise
        return _left(settings.state_dir, name, argument, error)


@contextmanager
def _marked_when_slow(folder: Path, name: str, argument: str) -> Iterator[None]:
    """Leave a mark when what is inside takes long; an answer takes it away again."""
    if name not in marks.DECISIONS or not folder.exists():
        yield
        return
    answered, lock = threading.Event(), threading.Lock()

    def leave() -> None:
        with lock:
            if not answered.is_set():
                marks.leave(folder, name, argument)

    timer = threading.Timer(_MARK_S, leave)
    timer.start()
    try:
        yield
        with lock:
            answered.set()
            for mark in marks.left(folder):
                if mark.name == name:
                    mark.file.unlink(missing_ok=True)
    finally:
        answered.set()
        timer.cancel()


def _left(folder: Path, name: str, argument: str, error: AgentBusy | AlreadyRunning) -> Reply:
    """Leave a mark, and look whether it is obeyed.

    Raises:
        AgentBusy: Not yet.
    """
    file = marks.leave(folder, name, argument)
    until_s = time.monotonic() + _OBEYED_S
    while file.exists():
        if time.monotonic() > until_s:
            raise AgentBusy(
                f"{error}; your decision was kept ({file.name}): the agent carries it out when it can, or when it "
                "starts next",
                remedy="'wardbeat status' shows whether it is done. If it stays busy, end the agent, and start it.",
            ) from error
        time.sleep(_LOOK_S)
    return Reply(words=f"{_DONE[name]}. The agent was busy, and found your decision in the state folder.")


def _offline(settings: Settings, name: str, argument: str) -> Reply:
    _carry_out_left(settings)
    return _on_files(settings, name, argument)


def _carry_out_left(settings: Settings) -> None:
    """What was decided earlier, and not carried out before the agent ended, comes first."""
    for mark in marks.left(settings.state_dir):
        with suppress(KeysMissing):  # there is nothing to withdraw from
            _on_files(settings, mark.name, mark.argument)
        mark.file.unlink(missing_ok=True)


def _on_files(settings: Settings, name: str, argument: str) -> Reply:
    now_utc_s = int(time.time())
    folder = settings.state_dir
    if name in ("pause", "resume"):
        vault = open_vault(host.private_dir(folder), settings.key_store)
        with host.only_one(folder / "agent.lock"), Outbox(folder / "outbox.db", vault, None) as outbox:
            if name == "resume":
                pauses.resume(outbox, now_utc_s)
                return Reply(words="The pause is over.")
            until = pauses.length_until(argument, now_utc_s)
            pauses.pause_until(outbox, until, now_utc_s, count_now())
        return Reply(words=f"Paused{pauses.ends_words(until)}; stays so when the agent starts.")
    if name in ("arousal", "camera"):
        return _chosen_offline(settings, name, argument, now_utc_s)
    vault = existing_vault(folder, settings.key_store)
    if name == "withdraw":
        enrolled = identity.load_enrolled(folder, vault)
        with offline_outbox(folder, vault, enrolled) as outbox:
            consents.withdraw(outbox, enrolled.sign, enrolled.site, now_utc_s)
        return Reply(words="Withdrawn; the hub is informed when the agent runs next.")
    if name == "ask":
        return _ask_offline(settings, vault, ask_words.decode_wish(argument), now_utc_s)
    return _erase_offline(folder, vault, now_utc_s)


def _chosen_offline(settings: Settings, name: str, argument: str, now_utc_s: int) -> Reply:
    """What the person chooses for the next start; nothing is measured meanwhile."""
    folder = settings.state_dir
    vault = open_vault(host.private_dir(folder), settings.key_store)
    with host.only_one(folder / "agent.lock"), Outbox(folder / "outbox.db", vault, None) as outbox:
        if name == "camera":
            wish = camera_words.decode_camera(argument)
            return camera_offline.carried_out(wish, outbox, folder, vault, now_utc_s)
        if argument:
            arousal_choice.keep(outbox, on=argument == "on")
            return Reply(words=arousal_words.SWITCHED[argument])
        if not arousal_choice.is_on(outbox):
            return Reply(body="null")
    raise NotRunning("no agent runs, and nothing of the past is kept", remedy="Start it: 'wardbeat run'.")


def _ask_offline(settings: Settings, vault: Vault, wish: Wish, now_utc_s: int) -> Reply:
    enrolled = identity.load_enrolled(settings.state_dir, vault)
    if wish.what == "see" and (fault := Papers.of(enrolled, settings.state_dir).fault(None)):
        raise WrongUse(fault, remedy=f"{REMEDY} Then ask again.")
    with offline_outbox(settings.state_dir, vault, enrolled) as outbox:
        operator = enrolled.bundle.operator
        asks.ask(outbox, profile_named(settings.profile), operator, wish, now_utc_s)
        return Reply(words=f"{ask_words.answer(outbox, wish, operator)} The agent sends it when it runs.")


def _erase_offline(folder: Path, vault: Vault, now_utc_s: int) -> Reply:
    try:
        enrolled = identity.load_enrolled(folder, vault)
    except KeysMissing:
        enrolled = None
    with offline_outbox(folder, vault, enrolled) as outbox:
        history = History(folder / "history.db", vault)
        windows = history.erase()
        history.close()
        days = DayStore(folder / "history.db", vault)
        days.erase()
        days.close()
        sign, site = (None, "") if enrolled is None else (enrolled.sign, enrolled.site)
        consents.erase(outbox, sign, site, now_utc_s)
        copies, unknown = state_files.erase_copies(folder), state_files.unknown(folder)
    names = [path.name for path in unknown]
    return Reply(words=erased(windows, asks_hub=enrolled is not None, copies=copies, unknown=names))
