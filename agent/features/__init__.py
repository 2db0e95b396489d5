"""FEATURES: every number we compute for people, one row each, and what may ever leave."""

import json

from agent.features import heart
from agent.features.spec import FeatureSpec, evaluate
from agent.model import FeatureValue, Window

FEATURES: dict[str, FeatureSpec] = {spec.name: spec for spec in (*heart.ROWS,)}


def compute_all(window: Window) -> tuple[FeatureValue, ...]:
    """Every feature over one window, ids ascending."""
    specs = sorted(FEATURES.values(), key=lambda spec: spec.feature_id)
    return tuple(evaluate(spec, window) for spec in specs)


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
