"""One person: a sentence, their own range, weeks, check-ins, gaps, the team's notes; and the same on paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from agent.scoring.baseline import DAYS_TO_SPEAK, READINGS
from agent.scoring.channels import CHANNELS
from agent.scoring.data import table
from agent.scoring.instruments import Instrument, instruments
from agent.wire import codes
from hub.care import reading
from hub.care.pages import charts, forms, gaps, ranges, words
from hub.care.pages.drawing import Chart
from hub.care.pages.frame import page
from hub.care.picture import CheckIn, Line, Picture, WeekShown
from hub.care.reading import CLOSED
from hub.care.rows import Made, Opened, Seen, TeamRole
from hub.store.team_alerts import WITH_TEAM

_ASKED: Final = "asked_for_help"
_PARTS: Final = ("heart", "index", "context")  # what a page shows; every person is asked about each


@dataclass(frozen=True, slots=True)
class Range:
    """One channel against the own range.

    Attributes:
        title, said: What it is, and what it says.
        chart: The picture.
    """

    title: str
    said: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class Part:
    """What one channel adds to the index, and where it lies against the person's normal."""

    name: str
    moved: str
    points: float
    bar: Markup


@dataclass(frozen=True, slots=True)
class Scale:
    """Answers to one scale.

    Attributes:
        title: Instrument and scale.
        newest, band: The newest answer, and where it lies, in the instrument's words.
        is_burnout: Whether the instrument names the burnout category for it.
        picture: Half a year.
        rows: Day and answer, newest first.
    """

    title: str
    newest: CheckIn
    band: str
    is_burnout: bool
    picture: Markup
    rows: tuple[tuple[str, str], ...]


def person(opened: Opened, asked: Mapping[str, str]) -> Made:
    """The page of one person.

    Args:
        opened: The request's.
        asked: ``device``: the random name.
    """
    return _made(opened, asked["device"], "person", asked.get("done", ""))


def printed(opened: Opened, asked: Mapping[str, str]) -> Made:
    """The same for a printer: no form, one column.

    Args:
        opened: The request's.
        asked: ``device``: the random name.
    """
    return _made(opened, asked["device"], "print")


def _made(opened: Opened, device: str, view: str, done: str = "") -> Made:
    seen = reading.person(opened, device)
    if seen is None:
        return page_of_nobody(opened)
    picture, today = seen.picture, opened.now_utc_s // words.DAY_S
    weeks = gaps.weeks_to_day(picture.weeks, today) if picture.weeks else ()
    alerts = [one for one in reading.alerts_of(opened, seen) if one.kept.state != CLOSED]
    asked_alerts = [one for one in alerts if picture.asked_utc_s and one.words.rule == _ASKED]
    return page(
        opened,
        "person",
        seen.name,
        (Seen(seen.kid, view),),
        path="/",
        seen=seen,
        picture=picture,
        view=view,
        sentence=words.state_sentence(picture),
        consent=words.consent_end(picture.until_utc_s, opened.now_utc_s),
        contact=words.ago(picture.contact_day, today),
        ranges=[_range(line, today) for line in picture.lines],
        weeks=charts.weeks(weeks) if weeks else None,
        no_index=gaps.without_index(weeks),
        readings=READINGS,
        days_to_speak=DAYS_TO_SPEAK,
        week=picture.weeks[-1] if picture.weeks else None,
        parts_of=parts(picture.weeks[-1]) if picture.weeks else [],
        worn=charts.worn(picture) if picture.worn_h else None,
        worn_said=charts.worn_said(picture) if picture.worn_h else "",
        scales=scales(picture, opened.now_utc_s),
        parts_asked=[(name, name in picture.granted) for name in _PARTS],
        more_granted=[name for name in picture.granted if name not in _PARTS],
        notes=reading.notes(opened, seen.kid),
        may_write=view == "person" and opened.viewer.role in (TeamRole.LEAD, TeamRole.MEMBER),
        may_delete=view == "person" and opened.viewer.role is TeamRole.LEAD,
        alerts=[one for one in alerts if one not in asked_alerts],
        asked_alerts=asked_alerts,
        is_alerted=any(one.kept.state == WITH_TEAM for one in alerts),
        is_ending=picture.until_utc_s - opened.now_utc_s < words.SOON_DAYS * words.DAY_S,
        suggestion=suggestion,
        done=forms.DONE.get(done, "") if done == forms.TAKEN else "",
        done_with_note=forms.DONE.get(done, "") if done != forms.TAKEN else "",
    )


def page_of_nobody(opened: Opened) -> Made:
    """Nobody of that name lets this team see them now.

    Args:
        opened: The request's.
    """
    made = page(opened, "nobody", "Nobody here", path="/")
    return Made(made.html, status=404)


def suggestion(name: str) -> tuple[str, str]:
    """Text and source of a reviewed suggestion, with its grade of evidence; empty: there is none of that id.

    Args:
        name: Its id in the reviewed list.
    """
    listed = table("suggestions")
    for row in listed["rows"]:
        if row["id"] == name:
            grade = str(row["grade"])
            return str(row["text"]), f"Evidence {grade}: {listed['grades'][grade]}. {row['source']}"
    return "", ""


def parts(week: WeekShown) -> list[Part]:
    """What moved the index of a week, the longest first.

    Args:
        week: The week.
    """
    reach = max((abs(points) for _, points in week.points), default=1.0)
    ordered = sorted(week.points, key=lambda one: -abs(one[1]))
    return [
        Part(words.CHANNELS[name], _moved(name, points), points, charts.contribution(points, reach))
        for name, points in ordered
    ]


def _moved(channel: str, points: float) -> str:
    """Which way a channel lies. Points above 0 are more strain: less variability, a faster heart."""
    if abs(points) < 0.05:
        return "at their normal"
    return "higher than their normal" if points * CHANNELS[channel].toward_strain > 0 else "lower than their normal"


def scales(picture: Picture, now_utc_s: int) -> list[Scale]:
    """Check-ins by scale, those with a category first.

    Args:
        picture: The person's.
        now_utc_s: The right end of the pictures.
    """
    known = {f"{row.short} {scale.name}": (row, scale.words) for row in instruments().values() for scale in row.scales}
    by_name = {scale.name: scale for scale in codes.scales().values()}
    made = []
    for name, (instrument, said) in known.items():
        answers = [one for one in picture.check_ins if one.scale == name]
        if answers:
            made.append(_scale(instrument, said, by_name[name], answers, now_utc_s))
    return made


def _scale(instrument: Instrument, said: str, scale: codes.Scale, answers: Sequence[CheckIn], now_utc_s: int) -> Scale:
    newest, cut = answers[-1], instrument.category_from
    band = next((text for low, text in reversed(instrument.limits) if newest.value >= low), "")
    return Scale(
        f"{instrument.name}: {said}" if len(instrument.scales) > 1 else instrument.name,
        newest,
        f"on a scale from {scale.low:g} to {scale.high:g}" + (f", in the range “{band}”" if band else ""),
        cut is not None and newest.value >= cut,
        charts.answers(answers, scale.low, scale.high, cut, now_utc_s),
        tuple((words.day_text(one.at_utc_s // words.DAY_S), f"{one.value:g}") for one in reversed(answers)),
    )


def _range(line: Line, today: int) -> Range:
    title, shown = words.CHANNELS[line.channel], gaps.to_yesterday(line, today)
    newer = "" if shown.first_day == line.first_day else " There is no newer reading."
    return Range(title, f"{ranges.range_sentence(line)}{newer}", ranges.own_range(shown, title))
