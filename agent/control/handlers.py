"""The commands that the running agent carries out, one row each; `pipeline` serves them on the control socket."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

from agent.control import arousal_words, ask_words, camera_words
from agent.control.channel import Command, Reply
from agent.control.consent_words import decode_yes
from agent.control.words import erased
from agent.days.journal import Journal
from agent.enrollment import known_time
from agent.errors import OutboxBroken, WireRefused, WrongUse
from agent.outbox import arousal_choice, asks, consents, pauses
from agent.session.live_view import now
from agent.session.session import Session
from agent.system import state_files
from agent.wire.consent import names_features
from agent.wire.consent import verified as verified_consent

# Between a PIN typed and the record heard; more is a replayed or forgotten record.
_SLOW_HAND_S: Final = 120
_GOES_ON: Final = "Placeholders go out as before."


OpenPage = Callable[[], Awaitable[str]]
"""Starts the page's process; the file that leads the browser in."""


async def handle(session: Session, command: Command, open_page: OpenPage | None = None) -> Reply:
    """Carry out a command.

    Args:
        session: The running session.
        command: What the person asks.
        open_page: How the page is opened; None: there is no page here.

    Raises:
        WrongUse: There is no such command.
        OutboxBroken: The person reads it, and the agent ends: the way out fails shut.
        WardbeatError: It could not be done.
    """
    if command.name == "open" and open_page is not None:
        return Reply(body=await open_page())
    if command.name == "notice-test":
        return Reply(words=f"A test notification was sent to {await session.notices.test()}.")
    if command.name not in TABLE:
        raise WrongUse(f"the running agent does not know the command {command.name!r}")
    try:
        reply = TABLE[command.name](session, command.argument)
    except OutboxBroken as broken:
        session.end_with(broken)
        raise
    if command.name not in _LOOKS:
        session.notices.decided()
    return reply


def _status(session: Session, _: str) -> Reply:
    who = session.enrolled_identity
    body = {
        "profile": session.profile.name,
        "enrolled": who and {"operator": who.bundle.operator, "device": who.device},
        "paused": session.paused,
        "pause_until_utc_s": pauses.ends_utc_s(session.outbox),
        "utc_s": session.utc_s(),
        "unheard": session.outbox.unconfirmed(),
        "rows": session.outbox.counts(),
        "states": [asdict(state) for state in session.board.states()],
        "news": [words for _, words in session.outbox.notices()],
        "sensors": {name: session.sensors.is_on(name) for name in session.sensors.switchable()},
        "camera": session.appointments.live(),
        "receipt_age_s": None if session.publisher is None else session.publisher.answers.receipt_age_s,
    }
    return Reply(body=json.dumps(body))


def _pause(session: Session, length: str) -> Reply:
    now_utc_s = session.utc_s()
    until = pauses.length_until(length, now_utc_s)
    session.set_paused(paused=True)  # before it is written down: a full disk must not keep measuring on
    pauses.pause_until(session.outbox, until, now_utc_s, session.clock.count())
    words = f"Paused{pauses.ends_words(until)}. Nothing is measured."
    return Reply(words=words if session.enrolled_identity is None else f"{words} {_GOES_ON}")


def _resume(session: Session, _: str) -> Reply:
    pauses.resume(session.outbox, session.utc_s())
    session.set_paused(paused=False)
    return Reply(words="Measuring again.")


def _consent(session: Session, argument: str) -> Reply:
    who = session.require_identity()
    if session.release_queue.clock_fault:
        raise WrongUse(session.release_queue.clock_fault, remedy=f"{known_time.REMEDY} Then give consent again.")
    try:
        yes = decode_yes(argument)
        record = verified_consent(yes.record, who.site, who.consent_public, who.sign.public)
        if yes.features.consent_hash != record.hash or not names_features(yes.features, who.site, who.consent_public):
            raise WireRefused("bad_consent")
    except (WireRefused, ValueError, KeyError, TypeError) as error:
        raise WrongUse("this consent record is not signed with the person's key") from error
    if record.action != "give" or record.device != who.device:
        raise WrongUse("this consent was not given on this machine", remedy="Run 'wardbeat consent give' again.")
    if record.from_utc_s < session.utc_s() - _SLOW_HAND_S:
        raise WrongUse("this consent would begin in the past", remedy="Run 'wardbeat consent give' again.")
    consents.give(session.outbox, yes, session.utc_s())
    session.release_queue.show_consent()
    return Reply(words="Consent is given and on its way to the hub.")


def _withdraw(session: Session, _: str) -> Reply:
    who = session.require_identity()
    gone = consents.withdraw(session.outbox, who.sign, who.site, session.utc_s())
    session.release_queue.show_consent()
    return Reply(
        words=f"Withdrawn. {gone} waiting summaries will not be sent; the hub is informed with the next envelope."
    )


def _erase(session: Session, _: str) -> Reply:
    windows = session.forget()
    who = session.enrolled_identity
    sign, site = (None, "") if who is None else (who.sign, who.site)
    consents.erase(session.outbox, sign, site, session.utc_s())
    session.release_queue.show_consent()
    copies, unknown = state_files.erase_copies(session.folder), state_files.unknown(session.folder)
    names = [path.name for path in unknown]
    return Reply(words=erased(windows, asks_hub=who is not None, copies=copies, unknown=names))


def _ask(session: Session, argument: str) -> Reply:
    wish, operator = ask_words.decode_wish(argument), session.operator
    if wish.what == "see" and session.release_queue.clock_fault:
        raise WrongUse(session.release_queue.clock_fault, remedy=f"{known_time.REMEDY} Then ask again.")
    asks.ask(session.outbox, session.profile, operator, wish, session.utc_s())
    return Reply(words=ask_words.answer(session.outbox, wish, operator))


def _arousal(session: Session, argument: str) -> Reply:
    if argument:
        return Reply(words=arousal_words.switched(session.arousal, session.profile, on=argument == "on"))
    arousal_choice.require(session.profile)
    return Reply(body=json.dumps(None if session.arousal is None else session.arousal.live()))


def _camera(session: Session, argument: str) -> Reply:
    wish, appointments = camera_words.decode_camera(argument), session.appointments
    if wish.what == "try":
        return Reply(body=json.dumps(camera_words.as_body(wish.plan, appointments.would_be(wish.plan))))
    words = ""
    if wish.what == "choose":
        appointments.choose(wish.plan)
        words = camera_words.plan_words(wish.plan)
    elif wish.what in ("skip", "rest"):
        words = camera_words.skipped_words(appointments.skip(rest=wish.what == "rest"), rest=wish.what == "rest")
    body = camera_words.as_body(appointments.plan, appointments.listed(), appointments.live())
    return Reply(body=json.dumps(body), words=words)


def _now(session: Session, _: str) -> Reply:
    return Reply(body=json.dumps(now(session)))


def _notices(session: Session, _: str) -> Reply:
    return Reply(body=json.dumps(session.notices.shown()))


def _notice_on(session: Session, kind: str) -> Reply:
    session.notices.switch(kind, on=True)
    return Reply(words="Switched on. 'wardbeat notices test' shows whether this desktop can.")


def _notice_off(session: Session, kind: str) -> Reply:
    session.notices.switch(kind, on=False)
    return Reply(words="Switched off.")


def _journal(session: Session, request: str) -> Reply:
    from agent.weeks.scores import offset_s

    journal = Journal(session.days, session.profile, session.utc_s, offset_s, session.settings.days.suggest_moods)
    return Reply(body=json.dumps(journal.asked(request)))


TABLE: Final[dict[str, Callable[[Session, str], Reply]]] = {
    "now": _now,
    "status": _status,
    "pause": _pause,
    "resume": _resume,
    "consent": _consent,
    "withdraw": _withdraw,
    "erase": _erase,
    "journal": _journal,
    "ask": _ask,
    "notices": _notices,
    "notice-on": _notice_on,
    "notice-off": _notice_off,
    "arousal": _arousal,
    "camera": _camera,
}
_LOOKS: Final = ("now", "status", "notices")  # they change nothing
