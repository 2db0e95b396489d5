"""What a log holds: numbered events with cause and remedy, as fields of the journal; nothing that is the person's."""

import ast
import json
import logging
import re
import socket
import struct
from pathlib import Path

import pytest

from agent.sources import SOURCES
from agent.system import journal
from agent.system.event_log import NO_EVENT, EventLogHandler
from agent.system.events import ROWS, UNLOGGED, Events
from agent.system.logs import Formatter
from agent.system.status import Level, StatusBoard

ROOT = Path(__file__).parents[3]


@pytest.fixture
def events(caplog):
    """(a board whose changes are noted, the lines, a clock that a test moves)."""
    caplog.set_level(logging.DEBUG)
    clock = [0.0]
    return StatusBoard(Events(lambda: clock[0]).note), caplog, clock


def test_trouble_and_its_end_are_events_once(events):
    board, log, clock = events
    for _ in range(3):
        board.set("broker", Level.TROUBLE, "the broker refuses this machine", "Ask its operator.")
        board.set("broker", Level.WAITING, "no connection")
    assert [r.getMessage() for r in log.records] == [
        "WB101 broker: the broker refuses this machine. Remedy: Ask its operator."
    ]
    board.set("broker", Level.OK, "connected")
    board.set("broker", Level.OK, "connected again")
    clock[0] = 61.0
    board.set("broker", Level.TROUBLE, "the broker refuses this machine")
    assert [r.event.name for r in log.records] == ["WB101", "WB100", "WB101"]


def parts_in_sources():
    """Every part that the program puts on its board, by its literal name."""
    found = set()
    for folder in ("agent", "hub"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                if node.func.attr == "set" and ast.unparse(node.func.value).endswith("board"):
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.add(first.value)
                    else:
                        found.add(ast.unparse(first))
    return found


def test_every_part_of_the_board_is_an_event_or_the_persons_own():
    parts = parts_in_sources()
    assert {"broker", "consent", "f'source.{name}'"} <= parts, "the look sees them"
    known = {row.part for row in ROWS} | set(UNLOGGED) | {"f'source.{name}'"}
    assert parts <= known


def test_numbers_are_unique_and_small_enough_for_windows():
    numbers = [row.number for row in ROWS]
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number * 10 + 1 < NO_EVENT <= 1000 for number in numbers)


def test_the_guide_lists_every_event():
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    listed = {int(number) for number in re.findall(r"\| WB(\d+)1 \|", text)}
    assert listed == {row.number for row in ROWS}


@pytest.mark.parametrize("part", [*UNLOGGED, "page"])
@pytest.mark.parametrize("level", list(Level))
def test_what_is_the_persons_is_in_no_line(events, part, level):
    board, log, _ = events
    board.set(part, Level.TROUBLE, "canary of a person")
    board.set(part, level, "canary of a person, twice")
    assert log.records == []


def test_no_sensor_says_in_the_log_what_it_sees(events):
    board, log, _ = events
    for name in SOURCES:
        for level in (Level.WAITING, Level.OFF, Level.OK):
            board.set(f"source.{name}", level, f"canary {level}")
    for row in ROWS:
        if row.words:
            board.set(row.part, Level.TROUBLE, "canary of a person", "")
    assert "canary" not in log.text
    board.set("source.ble_strap", Level.TROUBLE, "Bluetooth is off", "Switch it on.")
    assert "Bluetooth is off" in log.text, "the same look finds words where they are"


def received(manager):
    """The fields of one datagram, by systemd's protocol; this parser is the test's own."""
    raw, found = manager.recv(65536), {}
    while raw:
        head, raw = raw.split(b"\n", 1)
        if b"=" in head:
            name, value = head.split(b"=", 1)
        else:
            (length,) = struct.unpack("<Q", raw[:8])
            name, value, raw = head, raw[8 : 8 + length], raw[9 + length :]
        found[name.decode()] = value.decode()
    return found


@pytest.mark.process
def test_the_journal_gets_fields_and_no_address(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "journal"))
        manager.settimeout(10)
        handler = journal.JournalHandler(tmp_path / "journal")
        handler.setFormatter(Formatter("%(message)s"))
        log = logging.getLogger("agent.system.events")
        log.addHandler(handler)
        try:
            board = StatusBoard(Events().note)
            board.set("disk", Level.TROUBLE, "the disk is full", "Free space.")
            found = received(manager)
            log.error("a device F0:12:34:56:78:9A\nsecond line %s", "x")
            plain = received(manager)
        finally:
            log.removeHandler(handler)
    assert found["WARDBEAT_EVENT"] == "WB201"
    assert found["WARDBEAT_CAUSE"] == "the disk is full"
    assert found["WARDBEAT_REMEDY"] == "Free space."
    assert (found["PRIORITY"], found["WARDBEAT_STATE"]) == ("4", "trouble")
    assert re.fullmatch("[0-9a-f]{32}", found["MESSAGE_ID"])
    assert "F0:12" not in json.dumps(plain)
    assert (plain["PRIORITY"], "WARDBEAT_EVENT" in plain) == ("3", False)


def test_a_value_with_a_line_break_cannot_add_a_field():
    raw = journal.entry({"MESSAGE": "one\nPRIORITY=0", "PRIORITY": "6"})
    assert raw.count(b"\nPRIORITY=6\n") == 1
    assert raw.startswith(b"MESSAGE\n" + struct.pack("<Q", len(b"one\nPRIORITY=0")))


@pytest.mark.process
def test_without_a_journal_the_line_goes_to_the_error_output(tmp_path, capsys):
    handler = journal.JournalHandler(tmp_path / "nobody")
    handler.setFormatter(Formatter("%(message)s"))
    handler.emit(logging.LogRecord("agent", logging.WARNING, "", 0, "kept", (), None))
    assert capsys.readouterr().err == "kept\n"


class Reported:
    def __init__(self):
        self.lines = []

    def report(self, kind, number, text):
        self.lines.append((kind, number, text))


def test_windows_gets_events_and_warnings_by_number():
    reports = Reported()
    handler = EventLogHandler(reports)
    handler.setFormatter(Formatter("%(message)s"))
    log = logging.getLogger("agent.system.events")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        board = StatusBoard(Events().note)
        board.set("policy", Level.TROUBLE, "it cannot be read", "Ask IT.")
        board.set("policy", Level.OK, "read")
        log.warning("something else")
        log.info("nothing for an administrator")
        log.error("worse")
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    assert [(kind, number) for kind, number, _ in reports.lines] == [(2, 311), (4, 310), (2, NO_EVENT), (1, NO_EVENT)]
