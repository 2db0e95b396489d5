"""Every word of the page has an entry, every entry is used, and each key that is built from data is compared with the
set of values of that data.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from agent.control import camera_words
from agent.features import FEATURES
from agent.notices.rows import NOTICES
from agent.outbox.receipts import REFUSALS
from agent.outbox.tables import ROW_STATES
from agent.page.consent import STANDINGS as STANDINGS_OF_CONSENT
from agent.page.web import catalogue, pages
from agent.page.web.amounts import unit_of
from agent.page.web.charts import shade_of
from agent.page.web.local import SCRIPT_FAMILIES
from agent.page.web.pages import Pages
from agent.page.web.table import PAGES
from agent.page.web.week_words import STATES
from agent.scoring.baseline import RESETS
from agent.scoring.channels import CHANNELS
from agent.session import arousal
from agent.session.live_view import FACE_PARTS
from agent.signal.heart.artifacts import Label
from agent.sources import SOURCES
from agent.system.status import Level
from agent.tables import team
from agent.tables.days import DAYS, MOODS
from agent.tables.profiles import PROFILES
from agent.tables.signals import KINDS, SIGNALS
from agent.weeks.day_report import WEEK_ROWS
from agent.wire import codes, message
from agent.wire.consent import INDEX
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.labels import DUPLICATE, NOT_FINAL, REASONS, SEAL_AGAIN, STORED

AGENT = Path(__file__).parents[2] / "agent"
WEB = Path(pages.__file__).parent
WORDS = catalogue.read(catalogue.FIRST)
NAMES = (
    {f"part.source.{name}" for name in SOURCES}
    | {f"signal.{name}" for name in SIGNALS}
    | set(team.names())
    | {f"number.{name}" for name in FEATURES}
    | {f"page.{name}" for name in PAGES}
    | {key for page in PAGES.values() for key in page.words}
)
"""Entries that rows bring along: a sensor's title, a signal's words, a page's sentences."""

STANDINGS = (
    "first",
    "nothing",
    "learning",
    "thin",
    "within",
    "above",
    "below",
    "above_variability",
    "below_variability",
)
"""States of the first page's sentence (`agent.page.web.standing`)."""

MAKERS = ("catalogue.py", "local.py")
"""Modules that define how a key is looked up."""

MADE = ("index", "points", "range", "hours", "ribbon", "rate", "quality")
"""Numbers of the page that are no feature; each has a page of its own about how it is made."""


def board_parts() -> set[str]:
    """Every part that the agent sets a state for."""
    found = set()
    for path in AGENT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_set = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set"
            if is_set and node.args and ast.unparse(node.func.value).endswith("board"):
                part = node.args[0]
                if isinstance(part, ast.Constant):
                    found.add(part.value)
                else:  # a sensor's own: the part of its name
                    assert ast.unparse(part) == "f'source.{name}'", f"{path.name}:{node.lineno}: {ast.unparse(part)}"
    return found


KINDS_OF_WEEKS = [*STATES, *(f"{state}_variability" for state in STATES if state not in ("learning", "gap"))]

VALUES: dict[str, Iterable[str]] = {
    "face": FACE_PARTS,
    "arousal": (*arousal.STATES, *arousal.WHYS),
    "appoint": {"off_then" if state == "off" else state for state in camera_words.STATES},
    "level": [level.value for level in Level],
    "label": [*(label.name.lower() for label in Label), "null"],  # null: not final yet
    "state": ROW_STATES,
    "reason": REFUSALS,
    "kind": message.KINDS.values(),
    "kinds": KINDS,
    "signal": [*SIGNALS, CONTEXT, INDEX],
    "purpose": message.PURPOSES,
    "part": board_parts() | {f"source.{name}" for name in SOURCES},
    "note": RESETS,
    "note_shift": ("day", "night"),
    "notice": NOTICES,
    "notice_help": NOTICES,
    "mood": MOODS,
    "mood_sign": MOODS,
    "unit": {unit_of(name) for name in (*DAYS, *FEATURES)} - {""},
    "counted": WEEK_ROWS,
    **team.FAMILIES,
    "page": PAGES,
    "number": FEATURES,
    "standing": STANDINGS,
    "standing_words": STANDINGS,
    "next_shift": ("day", "night"),
    "consent_now": STANDINGS_OF_CONSENT,
    "shared": [*STANDINGS_OF_CONSENT, "free"],
    "shared_words": [*STANDINGS_OF_CONSENT, "free"],
    "row": {*message.KINDS.values(), "summary_withheld"} - {"ask", "consent"},
    "row_ask": codes.names("asks").values(),
    "row_consent": [f"{action}{stated}" for action in ("give", "withdraw") for stated in ("", "_stated")],
    "channel": {*CHANNELS, *(need for row in FEATURES.values() for need in row.needs)},
    "week_head": [f"{which}_{kind}" for which in ("last", "past") for kind in KINDS_OF_WEEKS],
    "week_words": KINDS_OF_WEEKS,
    "week_says": KINDS_OF_WEEKS,
    "week_parts": ("last", "past", "last_variability", "past_variability"),
    "verdict": [kind for kind in KINDS_OF_WEEKS if kind not in ("learning", "gap")],
    "side": ("above", "below", "above_variability", "below_variability"),
    "shade": sorted({shade_of(percent) for percent in range(-100, 101)}),
    "shift_row": ("day", "night"),
    "shift_says": ("day", "night"),
    "made": [f"{name}.{part}" for name in MADE for part in ("name", "words", "formula", "source", "count")],
}
"""Family of words -> every value that the data can have."""


def texts(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8")
            for pattern in ("templates/*.html", "*.py", "static/*.js") for file in sorted(folder.glob(pattern))}  # fmt: skip


def families(files: dict[str, str]) -> set[str]:
    """Families that templates, scripts and modules look values up in."""
    found = set()
    for text in files.values():
        for first in re.findall(r"""\bword\(\s*((?:"\w+" if .*? else )?["']\w+["'])""", text):
            found |= set(re.findall(r"""["'](\w+)["']""", first.replace('== "shift"', "")))
    return found


def plain_keys(files: dict[str, str]) -> set[str]:
    """Keys that stand as they are."""
    found = set()
    for name, text in files.items():
        if name.endswith(".js"):
            found |= {f"js.{key}" for key in re.findall(r"\bwords\.(\w+)", text)} - {"js.json", "js.unknown", "js.js"}
        else:
            found |= set(re.findall(r"""\bt\(\s*"([\w.-]+)"\s*[,)]""", text))
            found |= set(re.findall(r'"((?:weeks|sharing|privacy|app)\.[\w]+)"', text))
    return found


def key_faults(files: dict[str, str], words: Iterable[str], values: dict[str, Iterable[str]]) -> list[str]:
    words, names = set(words), set(NAMES)
    built = {f"{family}.{value}" for family in values for value in values[family]}
    plain = plain_keys(files)
    faults = [f"{key}: asked for, and not in the catalogue" for key in sorted(plain - words - names)]
    faults += [f"{key}: the data can have it, and the catalogue cannot say it" for key in sorted(built - words - names)]
    faults += [f"{key}: in the catalogue, and nobody asks for it" for key in sorted(words - plain - built)]
    faults += [f"{family}: values are looked up in it, and nobody says which there are"
               for family in sorted(families(files) - set(values))]  # fmt: skip
    faults += [f"{family}: nothing is looked up in it" for family in sorted(set(values) - families(files))]
    for name, text in files.items():
        if name in MAKERS:
            continue
        for pattern in (r'\bt\(\s*"[^"]*"\s*~', r'\bt\(\s*f"', r"\bt\(\s*(?!self)[a-z_]+\s*[,)+]"):
            faults += [f"{name}: {found.strip()} builds a key past word()" for found in re.findall(pattern, text)]
        if name.endswith(".js") and name != "call.js" and re.search(r"\bwords\[", text):
            faults.append(f"{name}: words[...] builds a key past word()")
    return faults


def test_every_word_has_its_use_and_every_value_its_word():
    assert key_faults(texts(WEB), WORDS, VALUES) == []


@pytest.mark.parametrize(
    ("breach", "words", "values"),
    [
        ({"x.html": '{{ t("today.nonsense") }}'}, {}, {}),
        ({"x.html": '{{ word("weather", one.weather) }}'}, {}, {}),
        ({"x.html": '{{ t("state." ~ one.state) }}'}, {}, {}),
        ({"x.js": "say(words[`level_${one}`]);"}, {}, {}),
        ({}, {"today.unused": "nothing"}, {}),
        ({}, {}, {"state": [*ROW_STATES, "eaten"]}),
        ({}, {}, {"level": ["ok", "off", "waiting", "trouble", "panic"]}),
    ],
)
def test_a_key_without_word_or_use_is_found(breach, words, values):
    assert key_faults(texts(WEB) | breach, {**WORDS, **words}, {**VALUES, **values}) != []


def test_every_state_that_a_row_is_given_is_in_the_set():
    found = set()
    for path in sorted((AGENT / "outbox").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set_state":
                state = node.args[1]
                first = state.values[0] if isinstance(state, ast.JoinedStr) else state
                assert isinstance(first, ast.Constant), f"{path.name}:{node.lineno}: {ast.unparse(state)}"
                found.add(str(first.value).partition(":")[0])
    assert found == set(ROW_STATES)
    settled = {STORED, DUPLICATE}
    assert {
        "unreadable",
        *(REASONS[code] for code in REASONS if code not in settled),
    } - NOT_FINAL - SEAL_AGAIN == REFUSALS


def test_what_is_unknown_is_shown_as_it_is():
    made = Pages({"profile": PROFILES["care"].as_json(), "names": {}}).local()
    assert made.row_state("refused:made_up") == "refused: unknown: made_up"
    assert made.row_state("eaten") == "unknown: eaten"
    assert made.word("level", "panic") == "unknown: panic"
    assert set(SCRIPT_FAMILIES) <= set(VALUES)


def test_scripts_import_in_no_circle():
    def circle(files: dict[str, str]) -> bool:
        graph = {name: set(re.findall(r'from "\./([\w.]+)"', text)) for name, text in files.items()}
        while leaves := {name for name, needs in graph.items() if not needs & set(graph)}:
            graph = {name: needs for name, needs in graph.items() if name not in leaves}
        return bool(graph)

    scripts = {name: text for name, text in texts(WEB).items() if name.endswith(".js")}
    assert len(scripts) >= 8
    assert not circle(scripts)
    assert circle(scripts | {"call.js": 'import { live } from "./live.js";'})
