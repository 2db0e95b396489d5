"""Where the last seven days stand: the weekly index and its interval on a line from calmer to more strain.

It shows what the sentence above it says, with the signs of the weeks: a triangle that points up is clearly above, one
that points down clearly below, a dot is neither.
"""

from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.local import Local
from agent.page.web.week_charts import mark
from agent.page.web.week_words import tone

_HIGH: Final = 84
_LINE: Final = 42
_THICK: Final = 14
_NORMAL_01: Final = 0.5
_PLACED: Final = ("within", "above", "below")


def position(weeks: list[dict[str, Any]], state: str, local: Local, *, with_index: bool) -> Markup | None:
    """The picture; None where the last seven days have no index.

    Args:
        weeks: Of the reader, oldest first.
        state: Of `agent.page.web.standing.Standing`.
        local: The person's language and region.
        with_index: Whether the profile has the index.
    """
    if not with_index or state not in _PLACED:
        return None
    week = weeks[-1]
    low, here, high = (_share_01(week[name]) for name in ("low", "index", "high"))
    kind = tone(state, with_index=True)
    numbers = {name: local.forms.number(week[name]) for name in ("index", "low", "high")}
    inside = [
        draw.line(0, _LINE, 1, _LINE, "grid"),
        draw.box(low, _LINE - _THICK / 2, high - low, _THICK, f"{kind}-range", _THICK / 2),
        draw.line(_NORMAL_01, 22, _NORMAL_01, _LINE + 18, "normal"),
        mark(here, _LINE, kind, with_index=True),
        draw.text(_NORMAL_01, 14, local.t("around.normal"), "axis"),
        draw.text(0, _HIGH - 6, local.t("around.calmer"), "axis", "start"),
        draw.text(1, _HIGH - 6, local.t("around.strain"), "axis", "end"),
    ]
    return draw.picture("position", local.t("around.position", **numbers), _HIGH, inside)


def _share_01(index: float) -> float:
    return min(max(index, 0.0), 100.0) / 100.0
