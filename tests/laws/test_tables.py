"""Laws over every row of SOURCES, FEATURES and PROFILES; each is shown to fail on a row that breaks it."""

import dataclasses
import importlib
import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest

from agent.features import FEATURES, docs_table, documents, heart, wire_schema
from agent.page.web.catalogue import LANGUAGES
from agent.privacy import consent
from agent.sources import SOURCES, SourceSpec
from agent.tables.day_spec import GRADES, DaySpec
from agent.tables.days import DAYS
from agent.tables.days import docs_table as docs_table_of_days
from agent.tables.feature_spec import FeatureSpec
from agent.tables.profiles import PROFILES, Profile
from agent.tables.signals import KINDS, SIGNALS, SignalSpec
from agent.wire.message import PURPOSES, Grant

ROOT = Path(__file__).parents[2]
UNITS = ("_bpm", "_ms", "_01", "_ms2", "_hz", "_s", "_count", "_index", "_ratio", "_per_min", "_per_s", "_x", "_degc")

# numbers without a unit that the field calls so
DIMENSIONLESS = {"ln_rmssd", "hti", "csi", "cvi", "baevsky_si", "sqrt_baevsky_si", "dfa_alpha1", "dfa_alpha2", "sampen",
                 "asymmetry_gi"}  # fmt: skip


def feature_faults(rows: list[FeatureSpec]) -> list[str]:
    faults = []
    ids = [row.feature_id for row in rows]
    if len(ids) != len(set(ids)) or min(ids) < 1:
        faults.append("ids")
    for row in rows:
        checks = {
            "unit in the name": row.name.endswith(UNITS) or row.name in DIMENSIONLESS,
            "kind": row.kind in KINDS,
            "signal is a row of SIGNALS": row.signal in SIGNALS,
            "signal may carry this kind": row.signal not in SIGNALS or row.kind in SIGNALS[row.signal].kinds,
            "release": row.release in ("whole", "median_of_spans", "live_only"),
            "range": row.low < row.high and row.step > 0,
            "whole steps": abs((row.high - row.low) / row.step - round((row.high - row.low) / row.step)) < 1e-6,
            "needs a channel that a source yields": set(row.needs) <= {c for s in SOURCES.values() for c in s.channels},
            "span": 10 <= row.span_s <= 300,
            "what may leave fits into its window": row.release == "live_only" or row.min_span_s <= row.span_s,
            "formula": bool(row.formula),
            "minimum": row.min_samples > 0 and 0 < row.min_coverage_01 <= 1,
            "words": len(row.words.split()) > 5 and row.words.endswith("."),
            "source": bool(re.fullmatch(r"10\.\d{4,}/\S+", row.source)),
        }
        faults += [f"FEATURES, row {row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def source_faults(rows: list[SourceSpec]) -> list[str]:
    faults = []
    for row in rows:
        module = importlib.import_module(row.module)
        settings = getattr(module, "Settings", None)
        paired = () if row.pairing is None else dataclasses.astuple(row.pairing)
        checks = {
            "settings are a frozen dataclass": dataclasses.is_dataclass(settings)
            and settings.__dataclass_params__.frozen,
            "samples is an async generator": inspect.isasyncgenfunction(getattr(module, "samples", None)),
            "channels carry units": all(channel.endswith(UNITS) for channel in row.channels) and row.channels,
            "signal is a row of SIGNALS": row.signal in SIGNALS,
            "words": len(row.words.split()) > 5,
            "title": bool(row.title.strip()),
            "unit": len(row.unit.split()) > 1,
            "switched_off": row.switched_off.startswith("Switched off."),
            "check for doctor": inspect.isgeneratorfunction(named(row.check)),
            "pairing has every word and function": all(paired)
            and all(callable(named(path)) for path in paired if ":" in path),
        }
        faults += [f"SOURCES, row {row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def named(path: str) -> object:
    place, _, function = path.partition(":")
    return getattr(importlib.import_module(place), function, None)


NEVER_AT_WORK = frozenset({"text", "voice", "typing"})
"""Kinds that eu-workplace neither releases nor shows: what somebody writes, says or types."""


def day_faults(rows: list[DaySpec], features: list[FeatureSpec]) -> list[str]:
    ids = [row.feature_id for row in (*rows, *features)]
    faults = [] if len(ids) == len(set(ids)) else ["ids"]
    for row in rows:
        steps = (row.high - row.low) / row.step
        checks = {
            "unit in the name": row.name.endswith(("_h", "_n", "_min", "_01", "_bpm")),
            "signal may carry this kind": row.signal in SIGNALS and row.kind in SIGNALS[row.signal].kinds,
            "release": row.release in ("whole", "live_only"),
            "whole steps": row.low < row.high and abs(steps - round(steps)) < 1e-6,
            "words": len(row.words.split()) > 3 and row.words.endswith(".") and bool(row.title),
            "evidence": row.evidence in GRADES and row.because.endswith("."),
            "the journal gives counts alone": row.signal != "journal" or row.name.endswith("_n"),
        }
        faults += [f"DAYS, row {row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def kind_faults(rows: list[SignalSpec]) -> list[str]:
    """What is written, said or typed has a kind of its own, and never one that a workplace may release."""
    at_work = PROFILES["eu-workplace"].kinds
    return [row.name for row in rows if row.kinds & NEVER_AT_WORK and row.kinds & at_work]


def signal_faults(rows: list[SignalSpec]) -> list[str]:
    faults = []
    for row in rows:
        checks = {
            "words": bool(row.words),
            "counted": bool(row.counted),
            "kinds are known": row.kinds <= set(KINDS) and bool(row.kinds),
            "docs exist": not row.docs or (ROOT / row.docs).is_file(),
        }
        faults += [f"SIGNALS, row {row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def profile_faults(rows: list[Profile]) -> list[str]:
    faults = []
    for row in rows:
        checks = {
            "pairs are in SIGNALS": all(
                signal in SIGNALS and kind in SIGNALS[signal].kinds for signal, kind in row.releases
            ),
            "purposes are in the wire format": set(row.purposes) <= set(PURPOSES),
            "nothing leaves without purpose and recipient": bool(row.purposes) == bool(row.recipients),
            "without a purpose no pair leaves": bool(row.releases) <= bool(row.purposes),
            "no employer receives": not set(row.recipients) & {"employer", "manager", "org"},
            "words": len(row.words.split()) > 5,
        }
        faults += [f"{row.name}: {name}" for name, holds in checks.items() if not holds]
    workplace = next((row for row in rows if row.name == "eu-workplace"), None)
    if workplace is not None:
        if not workplace.releases <= {("heart", "recovery"), ("face", "fatigue")} or "check-in" in workplace.pages:
            faults.append("eu-workplace: pairs or pages")
        held = workplace.kinds | workplace.shown_only
        if held & NEVER_AT_WORK or workplace.shows_number("journal", "text"):
            faults.append("eu-workplace: text, voice or keyboard")
        if not {"emotion", "expression", "affect", "stress", "strain", "burnout"} <= set(workplace.forbidden_words):
            faults.append("eu-workplace: forbidden words")
    return faults


def test_every_feature_keeps_the_law():
    assert feature_faults(list(FEATURES.values())) == []


def test_every_value_of_a_day_keeps_the_law():
    assert day_faults(list(DAYS.values()), list(FEATURES.values())) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("sleep_h", {"feature_id": 1}),
        ("sleep_h", {"feature_id": 301}),
        ("sleep_h", {"name": "sleep"}),
        ("sleep_h", {"kind": "text"}),
        ("sleep_h", {"signal": "heart"}),
        ("steps_n", {"step": 7.0}),
        ("steps_n", {"evidence": "AAA"}),
        ("journal_distressed_n", {"name": "journal_distress_01"}),
    ],
)
def test_a_value_of_a_day_that_breaks_the_law_is_found(name, change):
    rows = [dataclasses.replace(row, **change) if row.name == name else row for row in DAYS.values()]
    assert day_faults(rows, list(FEATURES.values())) != []


def test_text_voice_and_keyboard_have_no_kind_that_a_workplace_releases():
    assert kind_faults(list(SIGNALS.values())) == []
    trap = dataclasses.replace(SIGNALS["journal"], kinds=frozenset({"text", "fatigue"}))
    assert kind_faults([trap]) == ["journal"]
    for pair in (("journal", "text"), ("voice", "voice"), ("keyboard", "typing")):
        workplace = PROFILES["eu-workplace"]
        assert not workplace.may_release(*pair)
        assert "eu-workplace: pairs or pages" in profile_faults(
            [dataclasses.replace(workplace, releases=workplace.releases | {pair})]
        )
    shown = dataclasses.replace(PROFILES["eu-workplace"], shown_only=frozenset({"text"}))
    assert "eu-workplace: text, voice or keyboard" in profile_faults([shown])


def test_every_source_keeps_the_law():
    assert source_faults(list(SOURCES.values())) == []


def test_every_signal_keeps_the_law():
    assert signal_faults(list(SIGNALS.values())) == []


def test_every_profile_keeps_the_law():
    assert profile_faults(list(PROFILES.values())) == []
    assert PROFILES["personal"].purposes == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "rmssd"},
        {"kind": "mood"},
        {"signal": "aura"},
        {"signal": "face"},  # a signal that may not carry this kind
        {"release": "sometimes"},
        {"low": 9.0, "high": 1.0},
        {"step": 0.3},
        {"needs": ("ecg_mv",)},
        {"span_s": 5},
        {"min_samples": 0},
        {"min_span_s": 400},
        {"formula": ""},
        {"words": "HRV"},
        {"source": "a blog"},
        {"feature_id": 2},
    ],
)
def test_a_feature_row_that_breaks_the_law_is_found(change):
    assert feature_faults([*heart.ROWS[1:], dataclasses.replace(heart.ROWS[0], **change)]) != []


@pytest.mark.parametrize(
    "change",
    [
        {"channels": ("rr",)},
        {"channels": ()},
        {"words": "strap"},
        {"title": ""},
        {"unit": ""},
        {"switched_off": ""},
        {"signal": "aura"},
        {"check": "agent.sources.replay:nothing"},
        {"module": "agent.windows.window"},
        {"pairing": dataclasses.replace(SOURCES["ble_strap"].pairing, noun="")},
        {"pairing": dataclasses.replace(SOURCES["ble_strap"].pairing, find="agent.sources.strap.pairing:nothing")},
    ],
)
def test_a_source_row_that_breaks_the_law_is_found(change):
    assert source_faults([dataclasses.replace(SOURCES["replay"], **change)]) != []


def test_a_source_row_states_its_signal_and_whether_it_needs_consent():
    for field in ("signal", "needs_consent"):
        given = {f.name: getattr(SOURCES["replay"], f.name) for f in dataclasses.fields(SourceSpec) if f.name != field}
        with pytest.raises(TypeError, match=field):
            SourceSpec(**given)


@pytest.mark.parametrize(
    "change", [{"words": ""}, {"counted": ""}, {"kinds": frozenset({"mood"})}, {"docs": "docs/x.md"}]
)
def test_a_signal_row_that_breaks_the_law_is_found(change):
    assert signal_faults([dataclasses.replace(SIGNALS["heart"], **change)]) != []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("personal", {"releases": frozenset({("heart", "recovery")})}),
        ("care", {"releases": frozenset({("heart", "mood")})}),
        ("care", {"releases": frozenset({("aura", "recovery")})}),
        ("care", {"purposes": ("marketing",)}),
        ("care", {"recipients": ()}),
        ("care", {"recipients": ("employer",)}),
        ("eu-workplace", {"releases": frozenset({("heart", "recovery"), ("self_report", "strain")})}),
        ("eu-workplace", {"forbidden_words": ()}),
        ("eu-workplace", {"pages": frozenset({"check-in"})}),
    ],
)
def test_a_profile_row_that_breaks_the_law_is_found(name, change):
    assert profile_faults([dataclasses.replace(PROFILES[name], **change)]) != []


def workplace_words() -> str:
    """Everything that a person under eu-workplace reads or sends, but the policy's own list of words."""
    profile = PROFILES["eu-workplace"]
    grants = [Grant(signal, "workplace", "x") for signal in consent.releasable_signals(profile)]
    return consent.text(profile, grants, 90).lower()


def forbidden_in(text: str) -> list[str]:
    return [word for word in PROFILES["eu-workplace"].forbidden_words if word in text]


def test_no_forbidden_word_stands_in_what_a_workplace_reads_or_sends():
    assert forbidden_in(workplace_words()) == []
    assert forbidden_in(workplace_words() + " your stress level") == ["stress"]


def test_the_schema_file_follows_the_table_and_old_ids_stay():
    rows = json.loads(wire_schema())["features"]
    assert [(row["id"], row["name"]) for row in rows[:4]] == [
        (1, "hr_mean_bpm"),
        (2, "rmssd_ms"),
        (3, "sdnn_ms"),
        (4, "pnn50_01"),
    ]


def test_the_wheel_holds_every_package_and_no_other():
    """pyproject lists them by hand, because models/ travels inside agent."""
    root = Path(__file__).parents[2]
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {
        path.parent
        for program in ("agent", "hub", "copilot", "firmware_sim")
        for path in (root / program).rglob("*.py")
    }
    wanted = {".".join(folder.relative_to(root).parts) for folder in folders} | {"agent.models"}
    data = {"agent.page.web.static", "agent.page.web.templates", "agent.scoring.tables"}
    data |= {"agent.page.web.words", *(f"agent.page.web.words.{name}" for name in LANGUAGES)}
    data |= {"hub.care.pages.static", "hub.care.pages.templates", "copilot.corpus", "copilot.pages.static"}
    assert set(told["packages"]) == wanted | data
    assert data - {"agent.page.web.words"} <= set(told["package-data"])
    assert told["package-dir"] == {"agent.models": "models"}


def test_the_tables_of_the_documents_are_those_of_the_features():
    assert {"docs/heart.md", "docs/face.md"} <= set(documents())
    for docs in documents():
        assert (ROOT / docs).read_text(encoding="utf-8").endswith(docs_table(docs)), f"{docs}: run 'make schema'"


def test_the_document_of_days_ends_with_their_table():
    assert (ROOT / "docs/days.md").read_text(encoding="utf-8").endswith(docs_table_of_days())


# ---- what each profile may release


EVERY_ROW = [*FEATURES.values(), *DAYS.values()]


def released_by(profile: Profile, rows: list[FeatureSpec | DaySpec]) -> list[str]:
    """Numbers that may leave, by the gate's own rule."""
    allowed = (row for row in rows if row.release != "live_only" and profile.may_release(row.signal, row.kind))
    return [row.name for row in sorted(allowed, key=lambda row: row.feature_id)]


def golden_faults(rows: list[FeatureSpec | DaySpec]) -> list[str]:
    """tests/golden/releases.json is changed by a person alone: each line is a number that may leave a machine."""
    golden = json.loads((ROOT / "tests/golden/releases.json").read_text(encoding="utf-8"))
    assert set(golden) == set(PROFILES)
    return [
        f"PROFILES, row {name}: {number} is {'not in' if number in found else 'only in'} tests/golden/releases.json; "
        "if it should leave, add it there by hand, else narrow the row's signal, kind or release"
        for name, profile in PROFILES.items()
        for found in [released_by(profile, rows)]
        for number in sorted(set(found) ^ set(golden[name]))
    ]


def test_each_profile_releases_what_the_golden_file_lists():
    assert golden_faults(EVERY_ROW) == []
    assert {name: tuple(spec.name for spec in consent.releasable(profile)) for name, profile in PROFILES.items()} == {
        name: tuple(spec.name for spec in EVERY_ROW if spec.name in released_by(profile, EVERY_ROW))
        for name, profile in PROFILES.items()
    }


def test_a_recovery_number_of_an_unlisted_signal_changes_nothing_anywhere():
    aura = dataclasses.replace(FEATURES["rmssd_ms"], name="aura_degc", feature_id=901, signal="aura")
    rows = [*EVERY_ROW, aura]
    assert golden_faults(rows) == []
    assert any("signal is a row of SIGNALS" in fault for fault in feature_faults([*FEATURES.values(), aura]))
    listed = dataclasses.replace(aura, signal="heart")
    found = golden_faults([*EVERY_ROW, listed])
    assert [fault.split(":")[0] for fault in found] == [
        "PROFILES, row care", "PROFILES, row research", "PROFILES, row eu-workplace"
    ]  # fmt: skip
