"""What needs a hand now, for the first page: each with one sentence and one thing to do.

Rows come from the agent's answers alone; nothing here is computed from measured values.
"""

from dataclasses import dataclass
from typing import Any

from agent.page.web.local import Local

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing.

    Attributes:
        title: What it is.
        words: Why, and what helps.
        href, action: The page that helps, and what its button says; empty where there is none.
    """

    title: str
    words: str
    href: str = ""
    action: str = ""


def needed(now: Answer, place: Answer, check_ins: Answer, local: Local) -> list[Need]:
    """What needs a hand, the most urgent first."""
    found = []
    if not place["strap"] and not place["has_source"]:
        found.append(
            Need(
                local.t("today.need_strap"), local.t("today.need_strap_words"), "first", local.t("today.need_strap_do")
            )
        )
    for one in now["states"]:
        if one["level"] == "trouble":
            title = local.word("part", one["part"])
            words = " ".join(filter(None, (local.sentence(one["words"]), local.said(one["remedy"]))))
            found.append(Need(title, words))
    due = [one for one in check_ins["instruments"] if one["due"]]
    if due and place["has_history"]:
        words = local.t("today.need_check_words", n=len(due))
        found.append(Need(local.t("today.need_check"), words, "check-in", local.t("today.need_check_do")))
    return found
