"""What `sharing.html` shows: what leaves and to whom in one sentence, counts, and rows of the ledger in plain words."""

from dataclasses import dataclass
from typing import Any

from agent.page.web.local import Local
from agent.page.web.page_request import Answer, PageRequest

_ALIKE = ("cover", "summary")
"""Kinds of which many follow each other; they are shown as one line."""

_SEARCHED = ("kind", "state")
"""Families of words that a person may type where the ledger has a short name."""


@dataclass(frozen=True, slots=True)
class Run:
    """Rows that stand beside each other and say the same.

    Attributes:
        rows: Newest first.
        words: What they say together.
        each: What each of them says.
        state: What became of them.
    """

    rows: tuple[Answer, ...]
    words: str
    each: tuple[str, ...]
    state: str

    @property
    def kind(self) -> str:
        """Of each row."""
        return str(self.rows[0]["kind"])


async def variables(request: PageRequest) -> Answer:
    """What the template shows.

    Raises:
        Refused: The agent says no.
    """
    local = request.local
    typed = request.query.get("before", "")
    before = int(typed) if typed.isdecimal() and len(typed) < 16 else None
    made = await request.ask("shared", {"before": before})
    days = [day | {"words": _counted(day, local)} for day in made["days"]]
    return made | {
        "before": before,
        "days": days,
        "head": heading(made, local),
        "facts": facts(made, local),
        "runs": runs(made["rows"], local),
        "looked": await request.ask("looks"),
    }


def heading(made: Answer, local: Local) -> Answer:
    """What leaves, as one sentence, and the words below it."""
    state, until_utc_s = made["consent"]["state"], made["consent"]["until_utc_s"]
    fields = {
        "operator": made["operator"] or "",
        "until": "" if until_utc_s is None else local.forms.day(until_utc_s),
        "why": local.said(made["consent"]["why"]),
    }
    return {
        "state": state,
        "sentence": local.word("shared", state, **fields),
        "words": local.word("shared_words", state, **fields),
        "grants": by_purpose(made["consent"]["grants"], local),
    }


def by_purpose(grants: list[list[str]], local: Local) -> list[tuple[str, str]]:
    """(purpose, signals) of grants, in words."""
    found: dict[str, list[str]] = {}
    for signal, purpose in grants:
        found.setdefault(purpose, []).append(local.word("signal", signal))
    return [(local.word("purpose", purpose), ", ".join(signals)) for purpose, signals in found.items()]


def facts(made: Answer, local: Local) -> list[tuple[str, str]]:
    """Counts of today and of the last seven days, receipts, and what waits."""
    last, waits, (receipted, sent) = made["last_utc_s"], made["waiting"], made["receipts"]
    rows = [
        (local.t("sharing.today"), _counted(made["today"], local)),
        (local.t("sharing.week"), _counted(made["week"], local)),
        (local.t("sharing.last"), local.t("sharing.none_yet") if last is None else local.forms.moment(last)),
        (local.t("sharing.receipts"), local.t("sharing.receipts_of", n=receipted, of=local.forms.number(sent))),
    ]
    if made["refused"]:
        rows.append((local.t("sharing.refused"), local.forms.number(made["refused"])))
    words = local.t("sharing.waiting_none")
    if waits["n"]:
        words = local.t("sharing.waiting_since", n=waits["n"], since=local.forms.moment(waits["since_utc_s"]))
    return [*rows, (local.t("sharing.waiting"), words)]


def _counted(counts: Answer, local: Local) -> str:
    """How many rows of each sort, those that there are."""
    made = []
    if counts["summary"]:
        made.append(local.t("sharing.n_summaries", n=counts["summary"]))
    if counts["cover"]:
        made.append(local.t("sharing.n_covers", n=counts["cover"]))
    if counts["other"]:
        made.append(local.t("sharing.n_others", n=counts["other"]))
    if counts["kept"]:
        made.append(local.t("sharing.n_kept", n=counts["kept"]))
    return ", ".join(made) or local.t("sharing.nothing_sent")


def runs(rows: list[Answer], local: Local) -> list[Run]:
    """Rows for display: placeholders and summaries that follow each other and say the same form one run."""
    made: list[list[Answer]] = []
    for row in rows:
        if made and _sort(made[-1][0]) == _sort(row) is not None:
            made[-1].append(row)
        else:
            made.append([row])
    return [
        Run(tuple(run), words(run, local), tuple(words([row], local) for row in run), str(run[0]["state"]))
        for run in made
    ]


def _sort(row: Answer) -> tuple[Any, ...] | None:
    """What must be the same in a run; None for a row that stands alone."""
    if row["kind"] not in _ALIKE:
        return None
    signals = tuple((part["what"], *part.get("signals", ())) for part in row["parts"])
    return (row["kind"], row["state"], row["has_words"], signals)


def words(run: list[Answer], local: Local) -> str:
    """What rows of one run say, in plain words."""
    first, n = run[0], len(run)
    if not first["has_words"]:
        return local.t("sharing.erased", n=n, what=local.word("kind", first["kind"]))
    if first["kind"] == "cover":
        return local.t("sharing.n_covers", n=n) if n > 1 else local.word("row", "cover")
    if n > 1:
        named = sorted({local.word("signal", one) for part in first["parts"] for one in part["signals"]})
        return local.t("sharing.n_summaries_of", n=n, signals=", ".join(named))
    return "; ".join(dict.fromkeys(said(part, local) for part in first["parts"]))


def said(part: Answer, local: Local) -> str:
    """One message of a row."""
    what = part["what"]
    if what == "ask":
        asked = local.word("row_ask", part["ask"], about=part["about"])
        return f"{asked}: {part['words']}" if part["words"] else asked
    fields: Answer = {name: part[name] for name in ("n", "withheld", "schema") if name in part}
    if "signals" in part:
        fields["signals"] = ", ".join(local.word("signal", one) for one in part["signals"])
    if "day" in part:
        fields["day"] = local.forms.day(part["day"])
    if what == "consent":
        return local.word("row_consent", part["action"] if part["signals"] else f"{part['action']}_stated", **fields)
    return local.word("row", "summary_withheld" if part.get("withheld") else what, **fields)


def details(made: Answer, local: Local) -> Answer:
    """What `row.html` shows of one row."""
    spans = [
        (local.forms.clock(part["start_utc_s"]), local.forms.clock(part["end_utc_s"]))
        for part in made["parts"]
        if "start_utc_s" in part
    ]
    purposes = dict.fromkeys(purpose for part in made["parts"] for purpose in part["purposes"])
    return made | {
        "spans": list(dict.fromkeys(spans)),
        "purposes": [local.word("purpose", one) for one in purposes],
    }


def searched(typed: str, local: Local) -> dict[str, list[str]]:
    """Kinds and states whose words in the person's language hold what they typed."""
    wanted = typed.strip().lower()
    found: dict[str, list[str]] = {f"{family}s": [] for family in _SEARCHED}
    for key, entry in local.words.of_families(*_SEARCHED).items():
        family, _, value = key.partition(".")
        if wanted and isinstance(entry, str) and wanted in entry.lower():
            found[f"{family}s"].append(value)
    return found
