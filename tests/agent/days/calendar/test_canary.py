"""What an entry is called, where it is and who comes is in nothing that the importer gives, says or writes.

One detector looks at all of it. It finds a planted breach, and the titles that a person is shown.
"""

import asyncio
import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from agent.days.calendar import process
from agent.days.calendar.importer import read_calendars, titles
from agent.days.calendar.results import DayRange, Wanted
from agent.days.calendar.titles import digest
from agent.errors import WardbeatError

CANARY = "Zaubernuss"
KEY = bytes(range(32))
DAYS = DayRange(20_400, 20_700)
ROOT = Path(__file__).parents[4]

TIMES = "DTSTART:20260302T080000Z\nDTEND:20260302T090000Z"
PLACES = {
    "title": f"SUMMARY:{CANARY}",
    "place": f"LOCATION:{CANARY}",
    "guest": f"ATTENDEE;CN={CANARY}:mailto:{CANARY}@example.com\nORGANIZER;CN={CANARY}:mailto:a@example.com",
    "description": f"DESCRIPTION:{CANARY}\nCOMMENT:{CANARY}\nCONTACT:{CANARY}",
    "category": f"CATEGORIES:{CANARY},work",
    "attachment": f"ATTACH;FILENAME={CANARY};VALUE=URI:https://example.com/{CANARY}",
    "own property": f"X-{CANARY.upper()}:{CANARY}\nX-NOTE:{CANARY}",
    "uid": f"UID:{CANARY}",
    "alarm": f"BEGIN:VALARM\nDESCRIPTION:{CANARY}\nEND:VALARM",
    "part": f"BEGIN:{CANARY}\nEND:{CANARY}",
    "folded": f"SUMMARY:{CANARY[:4]}\n {CANARY[4:]}",
}
BROKEN = {
    "start": f"DTSTART:{CANARY}",
    "zone": f"DTSTART;TZID={CANARY}:20260302T080000",
    "rule": f"RRULE:FREQ={CANARY}",
    "rule's part": f"RRULE:FREQ=DAILY;BYDAY={CANARY}",
    "duration": f"DTSTART:20260302T080000Z\nDURATION:{CANARY}",
    "dates": f"RDATE:{CANARY}",
    "place in the series": f"RECURRENCE-ID:{CANARY}",
    "no property": f"DTSTART;{CANARY}",
}


def event(*lines):
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendars():
    """One with the canary everywhere, one entry each; and one in which each entry is broken by it."""
    whole = [event(TIMES, f"UID:{n}", line) for n, line in enumerate(PLACES.values())]
    broken = [
        event(*([] if line.startswith("DTSTART") else [TIMES]), f"SUMMARY:{CANARY}", line) for line in BROKEN.values()
    ]
    zone = f"BEGIN:VTIMEZONE\nTZID:{CANARY}\nX-LIC-LOCATION:{CANARY}\nEND:VTIMEZONE"
    head = f"BEGIN:VCALENDAR\nX-WR-CALNAME:{CANARY}\nPRODID:{CANARY}"
    return [
        "\n".join([head, *whole, "END:VCALENDAR"]).encode(),
        "\n".join([head, zone, *broken, "END:VCALENDAR"]).encode(),
        f"{CANARY}\n".encode() * 100,
    ]


def holds(*things):
    """Whether the canary is in any of these: objects, texts, bytes, folders."""
    for thing in things:
        if isinstance(thing, Path):
            files = [file for file in thing.rglob("*") if file.is_file()]
            texts = [file.name.encode() for file in files] + [file.read_bytes() for file in files]
        elif isinstance(thing, bytes):
            texts = [thing]
        elif isinstance(thing, str):
            texts = [thing.encode()]
        else:
            texts = [repr(thing).encode(), pickle.dumps(thing)]
        if any(CANARY.lower().encode() in text.lower() for text in texts):
            return True
    return False


@pytest.fixture
def everything(tmp_path, monkeypatch, caplog, capfd):
    """What an import says beside its result: answers of the process, log records, streams, files."""
    for name in ("HOME", "TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.chdir(tmp_path)
    lines = []
    real = process.answered
    monkeypatch.setattr(process, "answered", lambda line: lines.append(line) or real(line))
    caplog.set_level(logging.DEBUG)

    def gathered():
        records = [repr(vars(record)) for record in caplog.records]
        return [*lines, *records, *capfd.readouterr(), tmp_path]

    return gathered


def read(marks):
    return asyncio.run(read_calendars(calendars(), Wanted(DAYS, lambda _: 0), marks=marks, key=KEY))


@pytest.mark.process
def test_the_canary_is_in_nothing_that_an_import_gives_or_says(everything):
    found = read({digest(KEY, "title", CANARY): "shift"})
    assert [len(found.shifts), len(found.meetings)] == [1, 1]  # equal times are one
    assert found.files[0].events_n == len(PLACES)
    assert sum(row.count for row in found.files[1].unread) == len(BROKEN)
    said = everything()
    assert len(said) >= 5
    assert not holds(found, *said)


@pytest.mark.process
def test_the_same_detector_finds_the_titles_that_a_person_is_shown(everything):
    shown = asyncio.run(titles(calendars(), days=DAYS, key=KEY))
    assert any(row.text == CANARY for row in shown)
    assert holds(tuple(row.text for row in shown), "")
    assert holds(pickle.dumps(shown))
    assert CANARY not in repr(shown)  # a log line or a traceback that quotes them holds no title
    assert holds(*everything())  # in the answer of the process, and nowhere else
    assert not holds(*[thing for thing in everything() if not isinstance(thing, bytes)])


@pytest.mark.process
def test_the_same_detector_finds_a_planted_breach(everything, tmp_path):
    read({})
    assert not holds(*everything())
    logging.getLogger("agent.days").warning("refused: %s", CANARY)
    assert holds(*everything())


def test_the_detector_looks_into_files(tmp_path):
    assert not holds(tmp_path)
    (tmp_path / "kept").write_bytes(b"a" + CANARY.upper().encode())
    assert holds(tmp_path)


def test_no_refusal_quotes_the_file():
    from agent.days.calendar.content import calendars as parts
    from agent.days.calendar.entries import entry
    from agent.days.calendar.own_zones import OwnZones
    from agent.days.calendar.zones import EPOCH

    texts = []
    for calendar in parts(calendars()[1]):
        zones = OwnZones(calendar, EPOCH, EPOCH)
        for raw in calendar.events:
            with pytest.raises(WardbeatError) as refused:
                entry(raw, zones.named, lambda _: (None, (), False), is_cancelled=False)
            texts.append(str(refused.value) + repr(refused.value))
    assert len(texts) == len(BROKEN)
    assert not holds(*texts)


def test_a_digest_needs_its_key():
    assert digest(KEY, "title", CANARY) != digest(bytes(32), "title", CANARY)
    assert digest(KEY, "title", CANARY) != digest(KEY, "category", CANARY)
    assert digest(KEY, "title", "Früh\u0020dienst") == digest(KEY, "title", "  FRÜH\u00a0DIENST ")


@pytest.mark.process
def test_no_calendar_library_is_loaded_in_the_agent():
    words = "import sys, agent.days.calendar.importer, agent.days.calendar.folder; print(sorted({'icalendar', 'dateutil'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
