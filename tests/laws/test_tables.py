"""Laws over every row of SOURCES, FEATURES and PROFILES; each is shown to fail on a row that breaks it."""

import dataclasses
import importlib
import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest

from agent.features import FEATURES, face_table, heart, wire_schema
from agent.features.spec import FeatureSpec
from agent.privacy import consent
from agent.privacy.policy import PROFILES, Profile
from agent.sources import SOURCES, SourceSpec
from agent.wire.consent import Grant
from agent.wire.message import PURPOSES

KINDS = {"recovery", "fatigue", "expression", "affect", "strain", "self_report"}
UNITS = ("_bpm", "_ms", "_01", "_ms2", "_hz", "_s", "_count", "_index", "_ratio", "_per_min", "_per_s", "_x")

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
            "release": row.release in ("whole", "median_of_spans", "live_only"),
            "range": row.low < row.high and row.step > 0,
            "whole steps": abs((row.high - row.low) / row.step - round((row.high - row.low) / row.step)) < 1e-6,
            "needs a channel that a source yields": set(row.needs) <= {c for s in SOURCES.values() for c in s.channels},
            "span": 10 <= row.span_s <= 300 and row.min_span_s <= row.span_s,
            "formula": bool(row.formula) or row.signal != "heart",
            "minimum": row.min_samples > 0 and 0 < row.min_coverage_01 <= 1,
            "words": len(row.words.split()) > 5 and row.words.endswith("."),
            "source": bool(re.fullmatch(r"10\.\d{4,}/\S+", row.source)),
        }
        faults += [f"{row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def source_faults(rows: list[SourceSpec]) -> list[str]:
    faults = []
    for row in rows:
        module = importlib.import_module(row.module)
        checks = {
            "settings are a frozen dataclass": dataclasses.is_dataclass(module.Settings)
            and module.Settings.__dataclass_params__.frozen,
            "samples is an async generator": inspect.isasyncgenfunction(module.samples),
            "channels carry units": all(channel.endswith(UNITS) for channel in row.channels) and row.channels,
            "words": len(row.words.split()) > 5,
        }
        faults += [f"{row.name}: {name}" for name, holds in checks.items() if not holds]
    return faults


def profile_faults(rows: list[Profile]) -> list[str]:
    faults = []
    for row in rows:
        checks = {
            "kinds are known": row.kinds <= KINDS,
            "purposes are in the treaty": row.purposes <= set(PURPOSES),
            "nothing leaves without purpose and recipient": bool(row.purposes) == bool(row.recipients),
            "without a purpose no kind leaves": bool(row.kinds) <= bool(row.purposes),
            "no employer receives": not set(row.recipients) & {"employer", "manager", "org"},
            "words": len(row.words.split()) > 5,
        }
        faults += [f"{row.name}: {name}" for name, holds in checks.items() if not holds]
    workplace = next((row for row in rows if row.name == "eu-workplace"), None)
    if workplace is not None:
        if not workplace.kinds <= {"recovery", "fatigue"} or "check-in" in workplace.pages:
            faults.append("eu-workplace: kinds or pages")
        if not {"emotion", "expression", "affect", "stress", "strain", "burnout"} <= set(workplace.forbidden_words):
            faults.append("eu-workplace: forbidden words")
    return faults


def test_every_feature_keeps_the_law():
    assert feature_faults(list(FEATURES.values())) == []


def test_every_source_keeps_the_law():
    assert source_faults(list(SOURCES.values())) == []


def test_every_profile_keeps_the_law():
    assert profile_faults(list(PROFILES.values())) == []
    assert PROFILES["personal"].purposes == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "rmssd"},
        {"kind": "mood"},
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
    "change", [{"channels": ("rr",)}, {"channels": ()}, {"words": "strap"}, {"module": "agent.windows.window"}]
)
def test_a_source_row_that_breaks_the_law_is_found(change):
    with_change = dataclasses.replace(SOURCES["replay"], **change)
    try:
        assert source_faults([with_change]) != []
    except AttributeError as missing:
        assert "Settings" in str(missing)  # a module without settings is no source


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("personal", {"kinds": frozenset({"recovery"})}),
        ("care", {"kinds": frozenset({"mood"})}),
        ("care", {"purposes": frozenset({"marketing"})}),
        ("care", {"recipients": ()}),
        ("care", {"recipients": ("employer",)}),
        ("eu-workplace", {"kinds": frozenset({"recovery", "strain"})}),
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
    folders = {path.parent for room in ("agent", "hub", "firmware_sim") for path in (root / room).rglob("*.py")}
    wanted = {".".join(folder.relative_to(root).parts) for folder in folders} | {"agent.models"}
    assert set(told["packages"]) == wanted
    assert told["package-dir"] == {"agent.models": "models"}


def test_the_face_s_table_is_that_of_the_docs():
    docs = Path(__file__).parents[2] / "docs" / "face.md"
    assert docs.read_text(encoding="utf-8").endswith(face_table())
