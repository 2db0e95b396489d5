"""What `privacy.html` shows: what stands now, signal by signal, and the choices that a person has."""

from typing import Any, Final

from agent.page.web.local import Local
from agent.page.web.page_request import Answer, PageRequest

CAMERA: Final = "webcam"
_HOLDS: Final = frozenset({"given", "group"})
"""States of a consent under which a grant is in force."""


async def variables(request: PageRequest) -> Answer:
    """What the template shows.

    Raises:
        Refused: The agent says no.
    """
    say = await request.ask("say")
    local = request.local
    until_utc_s = say["standing"]["until_utc_s"]
    return {
        "say": say,
        "until": "" if until_utc_s is None else local.forms.day(until_utc_s),
        "unheard": ", ".join(local.word("kind", one) for one in say["unheard"]),
        "signals": signals(say, local),
        "choices": choices(say, local),
        "gone": gone(say, local),
        "now": await request.ask("now"),
        "notices": await request.ask("notices"),
        "camera": await request.ask("camera") if any(one["name"] == CAMERA for one in say["sensors"]) else None,
    }


def granted(say: Answer) -> dict[tuple[str, str], Any]:
    """(signal, purpose) of what is granted now, and to whom; nothing where the consent does not hold."""
    record = say["record"]
    if record is None or say["standing"]["state"] not in _HOLDS:
        return {}
    return {(signal, purpose): recipient for signal, purpose, recipient in record["grants"]}


def signals(say: Answer, local: Local) -> list[Answer]:
    """Each signal that could leave, and for what it does now."""
    now = granted(say)
    names = dict.fromkeys([*(signal for signal, _ in now), *(one["signal"] for one in say["offered"])])
    rows = []
    for name in names:
        purposes = [purpose for signal, purpose in now if signal == name]
        rows.append(
            {
                "words": _title(local.word("signal", name)),
                "purposes": [local.word("purpose", one) for one in purposes],
                "numbers": say["record"]["named"].get(name, []) if purposes else [],
                "is_on": bool(purposes),
            }
        )
    return rows


def choices(say: Answer, local: Local) -> list[Answer]:
    """What may be granted, by purpose. Only a consent in force for exactly these numbers is ticked."""
    now = granted(say)
    by_purpose: dict[str, list[Answer]] = {}
    for one in say["offered"]:
        signal, purpose = one["signal"], one["purpose"]
        names = [number["name"] for number in one["numbers"]]
        named = say["record"]["named"].get(signal, []) if (signal, purpose) in now else []
        by_purpose.setdefault(purpose, []).append(
            {
                "grant": [signal, purpose],
                "words": _title(local.word("signal", signal)),
                "numbers": names,
                "is_sent": one["is_sent"],
                "is_now": (signal, purpose) in now,
                "is_ticked": (signal, purpose) in now and named == names,
                "fresh": [name for name in names if name not in named] if (signal, purpose) in now else [],
            }
        )
    return [
        {"purpose": purpose, "words": local.word("purpose", purpose), "recipient": say["operator"], "grants": grants}
        for purpose, grants in by_purpose.items()
    ]


def gone(say: Answer, local: Local) -> list[str]:
    """What is granted now and cannot be granted again: a new consent ends it."""
    offered = {(one["signal"], one["purpose"]) for one in say["offered"]}
    return [line(signal, purpose, local) for signal, purpose in granted(say) if (signal, purpose) not in offered]


def line(signal: str, purpose: str, local: Local) -> str:
    """One grant in words."""
    return local.t("privacy.grant", signal=local.word("signal", signal), purpose=local.word("purpose", purpose))


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]
