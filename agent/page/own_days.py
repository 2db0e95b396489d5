"""What the person decides about their days: entries of the journal, and imports that are forgotten."""

import json
from typing import Any

from agent.days.contacts import HelpContact, help_contact, in_words
from agent.days.journal import Journal
from agent.errors import WrongUse
from agent.page import forms
from agent.session.session import Session

Answer = dict[str, Any]
_DISTRESSED = "distressed"


def write(session: Session, asked: forms.Entry) -> Answer:
    """Keep an entry; who chooses "distressed" gets the lines of their country, and nobody else does.

    Raises:
        PolicyDenied: There is no journal under this profile.
        WrongUse: There is no such mood.
    """
    _request(session, do="write", mood=asked.mood, words=asked.words)
    answer: Answer = {"words": "Saved. Your words stay on this machine."}
    if asked.mood == _DISTRESSED:
        answer["help"] = _lines(help_contact(asked.country), help_contact(""))
    return answer


def remove(session: Session, asked: forms.Removed) -> Answer:
    """Remove an entry.

    Raises:
        PolicyDenied: There is no journal under this profile.
        WrongUse: There is no entry of that moment.
    """
    if not _request(session, do="remove", at_utc_s=asked.at_utc_s)["removed"]:
        raise WrongUse("this entry was already removed", remedy="Load the page again.")
    return {"words": "Removed."}


def forget_source(session: Session, asked: forms.Source) -> Answer:
    """Forget all days of an import; of a calendar, also which titles are shifts.

    Where the settings name a calendar folder, the marks stay: without them it would be read again at once.

    Raises:
        WrongUse: The person did not confirm it, or nothing was imported under that name.
    """
    if not asked.sure:
        raise WrongUse("forgetting a source was not confirmed", remedy="Tick the box, then press the button.")
    from agent.days.taken import CALENDAR

    days = session.days.forget(asked.source)
    is_watched = asked.source == CALENDAR and session.settings.days.calendar_folder is not None
    if asked.source == CALENDAR and not is_watched:
        session.days.keep_marks(CALENDAR, {})
    if not days:
        raise WrongUse("this source was already forgotten", remedy="Load the page again.")
    again = " Your settings name a calendar folder: it is read again when a file in it changes." if is_watched else ""
    return {"words": f"Days that were forgotten: {days}.{again}"}


def _request(session: Session, **request: object) -> Answer:
    from agent.weeks.scores import offset_s

    return Journal(session.days, session.profile, session.utc_s, offset_s).asked(json.dumps(request))


def _lines(here: HelpContact, everywhere: HelpContact) -> list[str]:
    """The lines of a country, and where to find those of another: a browser's language is no address."""
    *lines, last = (line.strip() for line in in_words(here))
    elsewhere = [] if here == everywhere else [f"In another country: {everywhere.reach}"]
    return [*lines, *elsewhere, last]
