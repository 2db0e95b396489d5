"""`wardbeat audit`: what the scorer does to groups of people, over drawn people with known truth; JSON and a page.

The gate must let ours through and must catch each of three biased scorers, else the audit itself has failed. Every rate
is read a second time by fairlearn.
"""

import dataclasses
import html
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.errors import Missing, WrongUse
from agent.scoring import audit as rules
from agent.scoring.audit import Audit
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day, stretches
from agent.scoring.index import NAME, Standing, strain
from agent.scoring.level import deviation
from agent.scoring.population import WATERMARK, Population, population
from agent.scoring.scorers import SCORERS, Scored, score

PART: Final = 500  # people drawn at once: some 700 MB while they are scored
_EXPLAINED: Final = 200
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


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What the command writes."""

    people: int
    seed: int
    audits: dict[str, Audit]
    contributions: tuple[dict[str, Any], ...]
    most_missed_points: float
    second_reading: dict[str, Any]
    made_utc: str
    version: str

    @property
    def holds(self) -> bool:
        """Whether ours passes and every biased scorer fails."""
        return all(audit.verdict == ("passes" if name == "ours" else "fails") for name, audit in self.audits.items())


def report(people: int, seed: int) -> Report:
    """Draw people, score them four times, audit each.

    Raises:
        Missing: fairlearn is not installed.
        WrongUse: Fewer people than can be drawn.
    """
    if people < rules.LEAST_PEOPLE:
        raise WrongUse(f"{people} people are too few for every group", remedy="Use 10,000: --people 10000")
    metrics = _fairlearn()
    parts: dict[str, list[Scored]] = {name: [] for name in SCORERS}
    groups: list[dict[str, np.ndarray[Any, Any]]] = []
    explained: list[dict[str, Any]] = []
    missed = 0.0
    begins = range(0, people, PART)
    # no part of one seed is a part of another
    seeds = np.random.SeedSequence(seed).generate_state(len(begins)).tolist()
    for place, begin in enumerate(begins):
        drawn = population(min(PART, people - begin), seeds[place])
        groups.append(drawn.groups)
        for name, scorer in SCORERS.items():
            parts[name].append(score(drawn, scorer))
        if not place:
            explained, missed = _contributions(drawn)
    together = {name: np.concatenate([part[name] for part in groups]) for name in groups[0]}
    scored = {name: _joined(of_scorer) for name, of_scorer in parts.items()}
    audits = {name: rules.audit(one, together) for name, one in scored.items()}
    second = _second_reading(metrics, scored["ours"], together, audits["ours"])
    made_utc = datetime.now(tz=UTC).isoformat(timespec="seconds")
    return Report(people, seed, audits, tuple(explained), missed, second, made_utc, metadata.version("wardbeat"))


def write(made: Report, folder: Path) -> tuple[Path, Path]:
    """Write `audit.json` and `audit.html`; returns both."""
    folder.mkdir(parents=True, exist_ok=True)
    words = folder / "audit.json"
    page = folder / "audit.html"
    words.write_text(json.dumps(as_json(made), indent=1) + "\n", encoding="utf-8")
    page.write_text(as_html(made), encoding="utf-8")
    return words, page


def as_json(made: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "watermark": WATERMARK,
        "version": made.version,
        "made_utc": made.made_utc,
        "people": made.people,
        "seed": made.seed,
        "holds": made.holds,
        "scorers": {
            name: {
                "verdict": audit.verdict,
                "findings": [dataclasses.asdict(one) for one in audit.findings],
                "rates": [dataclasses.asdict(one) for one in audit.rates],
                "calibration": [dataclasses.asdict(one) for one in audit.calibration],
            }
            for name, audit in made.audits.items()
        },
        "contributions": list(made.contributions),
        "most_missed_points": made.most_missed_points,
        "fairlearn": made.second_reading,
    }


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


def _rate_row(rate: rules.Rate) -> tuple[str, ...]:
    if rate.value is None:
        why = f"fewer than {rules.LEAST_PEOPLE} people, or no such week"
        return rate.grouping, rate.label, rate.rate, f"{rate.people:,}", f"{rate.weeks:,}", "suppressed", why
    shown = "{:.2f}" if rate.rate == "message" else "{:.1%}"
    between = f"{shown.format(rate.low)} to {shown.format(rate.high)}"
    return (
        rate.grouping, rate.label, rate.rate, f"{rate.people:,}", f"{rate.weeks:,}", shown.format(rate.value), between
    )  # fmt: skip


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(
        *(np.concatenate([getattr(one, field.name) for one in parts]) for field in dataclasses.fields(Scored))
    )


def _contributions(drawn: Population) -> tuple[list[dict[str, Any]], float]:
    """Mean absolute points by group of some people's last week, and how far any sum is from index - 50."""
    people = min(_EXPLAINED, drawn.level.shape[0])
    last = (drawn.level.shape[1] - 1,)
    standings = {}
    for name, readings in (("ln_rmssd", drawn.ln_rmssd), ("hr_bpm", drawn.hr_bpm)):
        seen = stretches(readings, by_day(readings), last)
        answer = deviation(seen, CHANNELS[name].prior)
        there = seen.n[:, -WEEK_DAYS:].sum(axis=1) > 0
        standings[name] = (
            CHANNELS[name].toward_strain * answer.value / answer.usual_sd,
            answer.sd / answer.usual_sd,
            there,
        )
    points = {name: np.full(people, np.nan) for name in standings}
    missed = 0.0
    for person in range(people):
        at_hand = {name: Standing(float(z[person]), float(sd[person]))
                   for name, (z, sd, there) in standings.items() if there[person]}  # fmt: skip
        if at_hand:
            made = strain(at_hand)
            missed = max(missed, abs(sum(made.points.values()) - (made.index - 50.0)))
            for name, value in made.points.items():
                points[name][person] = abs(value)
    rows = []
    for grouping, labels in drawn.groups.items():
        for label in np.unique(labels).tolist():
            inside = (labels[:people] == label) & np.isfinite(points["ln_rmssd"])
            if inside.sum() >= rules.LEAST_PEOPLE:
                means = {name: float(np.nanmean(of_channel[inside])) for name, of_channel in points.items()}
                rows.append({"grouping": grouping, "group": label, "weeks": int(inside.sum()), "points": means})
    return rows, missed


def _fairlearn() -> Any:
    try:
        import fairlearn
        from fairlearn import metrics
    except ImportError as error:
        raise Missing("fairlearn is not installed", remedy="pip install 'wardbeat[hub]'") from error
    return fairlearn.__version__, metrics


def _second_reading(found: Any, scored: Scored, groups: dict[str, np.ndarray[Any, Any]], ours: Audit) -> dict[str, Any]:
    """Each rate of ours once more by fairlearn's MetricFrame."""
    version, metrics = found
    values = {(one.grouping, one.label, one.rate): one.value for one in ours.rates if one.value is not None}
    apart, rates = 0.0, 0
    for rate in rules.RATES:
        hit, of = rules.counted(scored, rate)
        for grouping, labels in groups.items():
            by_week = np.repeat(labels[:, None], of.shape[1], axis=1)[of]
            said = hit[of].astype(int)
            frame = metrics.MetricFrame(
                metrics=metrics.selection_rate, y_true=said, y_pred=said, sensitive_features=by_week
            )
            for label, value in frame.by_group.items():
                if (grouping, label, rate) in values:
                    rates += 1
                    apart = max(apart, abs(float(value) - (values[grouping, label, rate] or 0.0)))
    return {"version": version, "rates": rates, "largest_difference": apart}


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
