"""The frame around every page, and how a page is made from its template."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.care.pages import words
from hub.care.rows import Made, Opened, Seen

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
MENU: Final = (
    ("/", "People"),
    ("/alerts", "Alerts"),
    ("/group", "Group"),
    ("/evidence", "Evidence"),
    ("/help", "Help"),
)


@cache
def _jinja() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals |= {"menu": MENU, "roles": words.ROLES, "grants": words.GRANTS, "rules": words.RULES}
    made.globals |= {"channels": words.CHANNELS, "gap_reasons": words.GAP_REASONS, "day_s": words.DAY_S}
    made.filters |= {
        "day": words.day_text,
        "moment": words.moment_text,
        "signed": words.signed,
        "state": words.state_text,
        "state_kind": words.state_kind,
    }
    return made


def page(opened: Opened, name: str, title: str, whom: tuple[Seen, ...] = (), **values: Any) -> Made:
    """A page from its template.

    Args:
        opened: The request's.
        name: Of the template.
        title: Of the page; in the menu it marks the page that is open.
        whom: Everybody of whom it holds a value.
        values: For the template.
    """
    template = _jinja().get_template(f"{name}.html")
    today = opened.now_utc_s // words.DAY_S
    html = template.render(
        title=title,
        viewer=opened.viewer,
        now_utc_s=opened.now_utc_s,
        today=today,
        path=values.pop("path", ""),
        **values,
    )
    return Made(html, whom)
