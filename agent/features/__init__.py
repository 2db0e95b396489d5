"""FEATURES: every number we compute for people, one row each, and what may ever leave."""

import importlib
import json
from collections.abc import Iterator
from typing import Final

from agent.features.evaluation import evaluate
from agent.model import FeatureValue, Window
from agent.tables.day_spec import DaySpec
from agent.tables.days import DAYS
from agent.tables.feature_spec import FeatureSpec
from agent.tables.signals import SIGNALS

# modules with numbers, one row each; every one has `ROWS`
MODULES: Final = (
    "agent.features.heart",
    "agent.features.face",
)
FEATURES: Final[dict[str, FeatureSpec]] = {
    spec.name: spec for module in MODULES for spec in importlib.import_module(module).ROWS
}


def compute_all(window: Window) -> tuple[FeatureValue, ...]:
    """Every feature of the signals that the window holds, ids ascending; of an empty window, the first signal's."""
    held = {spec.signal for spec in FEATURES.values() if any(need in window.series for need in spec.needs)}
    specs = [spec for spec in FEATURES.values() if spec.signal in (held or {next(iter(SIGNALS))})]
    return tuple(evaluate(spec, window) for spec in sorted(specs, key=lambda spec: spec.feature_id))


def documents() -> tuple[str, ...]:
    """The files that end with a table of numbers, as in SIGNALS."""
    return tuple(dict.fromkeys(spec.docs for spec in SIGNALS.values() if spec.docs))


def docs_table(docs: str) -> str:
    """The table at the end of a document: every number, what it is, what it needs, where it comes from."""
    return "\n".join(_table_lines(docs)) + "\n"


def _table_lines(docs: str) -> Iterator[str]:
    head = ("number", "what it says", "formula", "kind", "window from", "samples from", "covered", "faulty up to",
            "leaves", "source")  # fmt: skip
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for spec in sorted(FEATURES.values(), key=lambda spec: spec.feature_id):
        if SIGNALS[spec.signal].docs != docs:
            continue
        formula = spec.formula.replace("|", "\\|") + (", slow trend removed" if spec.detrended else "")
        leaves = "no" if spec.release == "live_only" else "yes"
        yield (
            f"| `{spec.name}` | {spec.words} | {formula} | {spec.kind} | {spec.min_span_s} s "
            f"| {spec.min_samples} {SIGNALS[spec.signal].counted} | {spec.min_coverage_01:.0%} "
            f"| {spec.most_edited_01:.0%} | {leaves} | doi:{spec.source} |"
        )


def wire_schema() -> str:
    """The text of agent/wire/schema_v1.json: all that the hub ever knows of a feature."""
    specs = sorted(FEATURES.values(), key=lambda spec: spec.feature_id)
    rows = [_wire_row(spec) for spec in specs if spec.release != "live_only"]
    return json.dumps({"schema": 1, "features": rows}, indent=2) + "\n"


def wire_days() -> str:
    """The text of agent/wire/days_v2.json: all that the hub ever knows of a value of a day."""
    specs = sorted(DAYS.values(), key=lambda spec: spec.feature_id)
    rows = [
        {**_wire_row(spec), "title": spec.title, "evidence": spec.evidence}
        for spec in specs
        if spec.release != "live_only"
    ]
    return json.dumps({"days": rows}, indent=2) + "\n"


def _wire_row(spec: FeatureSpec | DaySpec) -> dict[str, str | int | float]:
    return {
        "id": spec.feature_id,
        "name": spec.name,
        "kind": spec.kind,
        "signal": spec.signal,
        "low": spec.low,
        "high": spec.high,
        "step": spec.step,
        "words": spec.words,
    }
