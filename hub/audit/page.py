"""The audit as one HTML page: no script, and nothing loaded from elsewhere."""

import html
from collections.abc import Iterable, Sequence
from typing import Final

from agent.scoring import rates
from agent.scoring.audit import Audit
from agent.scoring.channels import CHANNELS
from agent.scoring.index import NAME
from agent.scoring.population import WATERMARK
from hub.audit.result import Report

_ABOUT: Final = (
    """The number compares a person's week with that person's own 60 days before it: 50 is their normal, above is
    towards strain. It is made on the person's own machine and shown to that person alone; no employer can see it. It
    measures neither stress nor burnout. This page tests whether it treats groups of people alike.""",
    """The people are drawn by a seeded program that knows the truth about each, so that right and wrong can be
    counted. They differ by age and sex (level, from Voss 2015), beta-blocker (level, spread, heart rate), skin tone
    (noise of the sensor: 1.15 and 1.4 times), and nights (when readings are taken, how many, what a shift does).""",
)
_GLOSSARY: Final = {
    "coverage": "Share of weeks whose bracket contains the true deviation; the target is nine in ten, in every group.",
    "flag without cause": "Share of weeks marked as more strain although the person truly had none.",
    "flag after a fall": "Share of weeks marked, in the four weeks after a true fall of a fifth that lasts.",
    "abstention": "Share of weeks with measurements but without a result.",
    "calibration": "How far the stated probability of being below normal is from the true frequency.",
    "message": "Change alarms for a person without a fall, per 91 days of wearing.",
    "passes, fails": "The target is known to be met, or not to be met.",
    "not enough people": "The numbers cannot tell: ask for more people (10,000 are enough for what ships).",
    "effective weeks": "Weeks of one person are correlated; so many independent weeks would carry as much information.",
    "pooled norm": "A biased scorer: everyone against the mean of all people.",
    "no personal SD": "A biased scorer: everyone's ups and downs taken for equally large.",
    "no shift context": "A biased scorer: nights compared with days.",
}
_NOT_SHOWN: Final = (
    "Anything about real people over months: no such recordings are available.",
    """Differences that we did not think of, or did not draw: pregnancy, irregular rhythms, pacemakers, people below 25
    and above 64, several of these at once.""",
    "Nights without a note: each simulated shift is known. A person who notes none is scored like 'no shift context'.",
    "The channels of the camera and the person's answers: only the heart's channels are simulated.",
    "That groups with fewer readings are served as well: flags after a fall and abstention may differ, within limits.",
)
_POINTS: Final = (
    "Mean absolute points a channel; they sum to the number minus 50 within {:.0e}. Small groups are left out."
)
_PROOF: Final = "Three scorers that are biased on purpose go through the same gate, and must fail."


def as_html(made: Report) -> str:
    """One page, nothing from elsewhere, no script."""
    ours = made.audits["ours"]
    held = "They do, and ours passes." if made.holds else "This time one of them passes, or ours does not pass."
    parts = [
        f"<p class=mark>{_text(WATERMARK)}: {made.people:,} people, seed {made.seed}</p>",
        f"<h1>Fairness of &ldquo;{_text(NAME)}&rdquo;: {_text(ours.verdict)}</h1>",
        f"<p>Wardbeat {_text(made.version)}, made {_text(made.made_utc)}.</p>",
        *(f"<p>{_text(words)}</p>" for words in _ABOUT),
        "<h2>The gate</h2>",
        _table(("grouping", "rate", "verdict", "seen", "what to do"), _findings(ours)),
        "<h2>What the words mean</h2>",
        _table(("word", "meaning"), _GLOSSARY.items()),
        "<h2>Rates, by group</h2><p>Intervals hold all groups of a grouping at once (95 %).</p>",
        _table(("grouping", "group", "rate", "people", "weeks", "seen", "interval"), map(_rate_row, ours.rates)),
        "<h2>Calibration of &ldquo;below your normal&rdquo;</h2>",
        _table(
            ("grouping", "group", "weeks", "mean error"),
            ((one.grouping, one.label, f"{one.weeks:,}", f"{one.error:.3f}") for one in ours.calibration),
        ),
        f"<h2>What the number is made of</h2><p>{_text(_POINTS.format(made.most_missed_points))}</p>",
        _contributed(made),
        "<h2>What this does not show</h2>",
        "<ul>" + "".join(f"<li>{_text(words)}</li>" for words in _NOT_SHOWN) + "</ul>",
        f"<h2>Proof that the gate can fail</h2><p>{_text(_PROOF)} {_text(held)}</p>",
    ]
    for name, audit in made.audits.items():
        if name != "ours":
            parts.append(f"<h3>{_text(name)}, which is biased on purpose: {_text(audit.verdict)}</h3>")
            rows = ((one.grouping, one.rate, one.verdict, one.words) for one in audit.findings)
            parts.append(_table(("grouping", "rate", "verdict", "seen"), rows))
    second = made.second_reading
    parts.append(
        f"<p>A second reading by fairlearn {_text(second['version'])}: {second['rates']} rates, largest difference "
        f"{second['largest_difference']:.1e}.</p>"
    )
    return _PAGE.format(body="\n".join(parts))


def _findings(audit: Audit) -> Iterable[tuple[object, ...]]:
    return ((one.grouping, one.rate, one.verdict, one.words, one.mitigation) for one in audit.findings)


def _contributed(made: Report) -> str:
    names = tuple(made.contributions[0]["points"]) if made.contributions else ()
    rows = ((one["grouping"], one["group"], one["weeks"], *(f"{x:.1f}" for x in one["points"].values()))
            for one in made.contributions)  # fmt: skip
    return _table(("grouping", "group", "weeks", *(CHANNELS[name].words for name in names)), rows)


def _rate_row(rate: rates.Rate) -> tuple[str, ...]:
    if rate.value is None:
        why = f"fewer than {rates.LEAST_PEOPLE} people, or no such week"
        return rate.grouping, rate.label, rate.rate, f"{rate.people:,}", f"{rate.weeks:,}", "suppressed", why
    shown = "{:.2f}" if rate.rate == "message" else "{:.1%}"
    between = f"{shown.format(rate.low)} to {shown.format(rate.high)}"
    return (
        rate.grouping, rate.label, rate.rate, f"{rate.people:,}", f"{rate.weeks:,}", shown.format(rate.value), between
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th scope=col>{_text(one)}</th>" for one in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _text(words: object) -> str:
    return html.escape(str(words))


_PAGE: Final = """<!doctype html>
<html lang=en><head><meta charset=utf-8><title>Wardbeat: fairness audit</title>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'">
<meta name=viewport content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: .5rem 0 2rem }}
th, td {{ text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid; vertical-align: top }}
.mark {{ border: 2px solid; padding: .3rem .6rem; font-weight: bold }}
</style></head><body>
{body}
</body></html>
"""
