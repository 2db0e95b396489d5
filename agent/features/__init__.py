"""FEATURES: every number we compute for people, one row each, and what may ever leave."""

import json

from agent.features import face, heart
from agent.features.spec import FeatureSpec, evaluate
from agent.model import FeatureValue, Window

FEATURES: dict[str, FeatureSpec] = {spec.name: spec for spec in (*heart.ROWS, *face.ROWS)}


def compute_all(window: Window) -> tuple[FeatureValue, ...]:
    """Every feature of the signals that the window holds, ids ascending; of a window without any, the heart's."""
    held = {spec.signal for spec in FEATURES.values() if any(need in window.series for need in spec.needs)}
    specs = [spec for spec in FEATURES.values() if spec.signal in (held or {"heart"})]
    return tuple(evaluate(spec, window) for spec in sorted(specs, key=lambda spec: spec.feature_id))


def docs_table() -> str:
    """The table at the end of docs/heart.md: every number, what it is, what it needs, where it comes from."""
    head = "| number | what it says | formula | window from | beats from | covered | faulty up to | leaves | source |"
    lines = [head, "|" + "---|" * 9]
    for spec in heart.ROWS:
        formula = spec.formula.replace("|", "\\|") + (", slow trend taken away" if spec.detrended else "")
        leaves = "no" if spec.release == "live_only" else "yes"
        lines.append(
            f"| `{spec.name}` | {spec.words} | {formula} | {spec.min_span_s} s | {spec.min_samples} | "
            f"{spec.min_coverage_01:.0%} | {spec.most_edited_01:.0%} | {leaves} | doi:{spec.source} |"
        )
    return "\n".join(lines) + "\n"


def face_table() -> str:
    """The table at the end of docs/face.md."""
    lines = ["| number | what it says | how | window from | leaves | kind | source |", "|" + "---|" * 7]
    for spec in sorted(face.ROWS, key=lambda spec: spec.feature_id):
        leaves = "no" if spec.release == "live_only" else "yes"
        lines.append(
            f"| `{spec.name}` | {spec.words} | {spec.formula} | {spec.min_span_s} s | {leaves} | {spec.kind} "
            f"| doi:{spec.source} |"
        )
    return "\n".join(lines) + "\n"


def wire_schema() -> str:
    """The text of agent/wire/schema_v1.json: all that the hub ever knows of a feature."""
    rows = [
        {
            "id": spec.feature_id,
            "name": spec.name,
            "kind": spec.kind,
            "signal": spec.signal,
            "low": spec.low,
            "high": spec.high,
            "step": spec.step,
            "words": spec.words,
        }
        for spec in sorted(FEATURES.values(), key=lambda spec: spec.feature_id)
        if spec.release != "live_only"
    ]
    return json.dumps({"schema": 1, "features": rows}, indent=2) + "\n"
