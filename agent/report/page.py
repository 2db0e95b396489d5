"""The frame of an HTML report: one file, no script, nothing loaded."""

from importlib.resources import files

from agent.report.markup import Markup, inside, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
END = Markup("</body></html>\n")


def beginning(title: str, kind: str) -> Markup:
    """All before the content: the head, and the line at the top.

    Args:
        title: Of the document.
        kind: What report it is.
    """
    style = Markup(files("agent.report").joinpath("report.css").read_text(encoding="utf-8"))
    head = inside((
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"Wardbeat report: {title}"),
        tag("style", style),
    ))  # fmt: skip
    top = tag("header", tag("b", "Wardbeat"), tag("span", kind))
    return Markup(f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{top}')
