"""The frame of a report: its head without script or request, and its title line."""

from importlib.resources import files

from agent.analysis.markup import Markup, inside, tag


def opening(title: str, kind: str) -> Markup:
    """Everything up to the content.

    Args:
        title: Of the document.
        kind: What the report is about.
    """
    style = Markup(files("agent.analysis").joinpath("report.css").read_text(encoding="utf-8"))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = inside((
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"Wardbeat report: {title}"),
        tag("style", style),
    ))  # fmt: skip
    top = tag("header", tag("b", "Wardbeat"), tag("span", kind))
    return Markup(f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{top}')
