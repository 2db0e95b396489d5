"""HTML and SVG from plain values: what is no `Markup` is escaped, so that no file name can become an element."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element.

    Args:
        name: Of the element.
        children: Inside it: markup, or values, which are escaped; None and lists of both are taken as they come.
        attributes: Its attributes; None leaves one out; `class_` is class, and an underscore is a hyphen.

    >>> tag("p", "a < b", class_="calm")
    '<p class="calm">a &lt; b</p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{inside(children)}</{name}>")


def inside(children: Iterable[object]) -> Markup:
    """Children one after the other, each escaped that is no markup."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (list, tuple)):
            parts.append(inside(child))
        elif child is not None:
            parts.append(escape(str(child)))
    return Markup("".join(parts))
