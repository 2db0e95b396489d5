"""A second computation of each rate by fairlearn, which is imported here alone."""

from typing import Any

import numpy as np

from agent.errors import Missing
from agent.scoring import rates
from agent.scoring.audit import Audit
from agent.scoring.scorers import Scored
from agent.system.installation import how_to_add


def load() -> Any:
    """Fairlearn's version and its metrics.

    Raises:
        Missing: It is not installed.
    """
    try:
        import fairlearn
        from fairlearn import metrics
    except ImportError as error:
        raise Missing("fairlearn is not installed", remedy=how_to_add("audit")) from error
    return fairlearn.__version__, metrics


def compare(loaded: Any, scored: Scored, groups: dict[str, np.ndarray[Any, Any]], ours: Audit) -> dict[str, Any]:
    """Compute each rate of our scorer a second time with MetricFrame.

    Args:
        loaded: From `load`.
        scored: Our scorer's weeks.
        groups: Label of each person, by grouping.
        ours: The audit that is checked.

    Returns:
        fairlearn's version, how many rates were compared, and the largest absolute difference.
    """
    version, metrics = loaded
    values = {(one.grouping, one.label, one.rate): one.value for one in ours.rates if one.value is not None}
    apart, compared = 0.0, 0
    for rate in rates.RATES:
        hit, of = rates.counted(scored, rate)
        for grouping, labels in groups.items():
            by_week = np.repeat(labels[:, None], of.shape[1], axis=1)[of]
            said = hit[of].astype(int)
            frame = metrics.MetricFrame(
                metrics=metrics.selection_rate, y_true=said, y_pred=said, sensitive_features=by_week
            )
            for label, value in frame.by_group.items():
                if (grouping, label, rate) in values:
                    compared += 1
                    apart = max(apart, abs(float(value) - (values[grouping, label, rate] or 0.0)))
    return {"version": version, "rates": compared, "largest_difference": apart}
