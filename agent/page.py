"""What the page asks of the running agent; one row a question, small answers, nothing raw.

Loaded with the first page. Long answers (weeks, searches, proofs, exports) are an errand's (`agent.errand`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from agent import host, identity, page_consent, scan, scores, sources
from agent.asked import erased
from agent.errors import BeginAgain, NotScored, SourceUnavailable, WrongUse
from agent.features import FEATURES
from agent.features.spec import REASONS
from agent.history import Told
from agent.model import NS_PER_S
from agent.outbox import consents, ledger, quiet
from agent.scoring import instruments
from agent.scoring.baseline import RESETS
from agent.signal.artifacts import Label
from agent.status import Level

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]

_SPAN_NS: Final = 60 * NS_PER_S
_FRESH_NS: Final = 3 * NS_PER_S
_SCAN_S: Final = 6.0
_PROOF_S: Final = 15.0
_ROWS_MOST: Final = 100
_FACE: Final = {
    "smile": ("smile_left_x", "smile_right_x"),
    "jaw": ("jaw_open_x",),
    "brows_up": ("brow_inner_up_x",),
    "brows_down": ("brow_down_left_x", "brow_down_right_x"),
    "lids": ("lid_shut_01",),
}


# ---- now


def now(agent: "Agent", after_ns: int = 0) -> Answer:
    """What is going on: states, the beats after a moment (a minute at most), the last minute's numbers."""
    now_ns = agent.clock.now_ns()
    beats = agent.live.recent(max(after_ns, now_ns - _SPAN_NS))
    minute = agent.live.now()
    held = agent.live.recent(now_ns - _SPAN_NS)
    right_ms = sum(one.rr_ms for one in held if one.label is Label.NORMAL)
    last = agent.last_summary
    return {
        "t_s": now_ns / NS_PER_S,
        "beats": [
            [round(one.t_ns / NS_PER_S, 3), round(one.rr_ms, 1), None if one.label is None else one.label.name.lower()]
            for one in beats
        ],
        "hr_bpm": round(60_000.0 / held[-1].rr_ms, 1) if _is_fresh(held, now_ns) else None,
        "rmssd_ms": None if minute.rmssd_ms is None or not held else round(minute.rmssd_ms, 1),
        "irregular": minute.is_irregular,
        "edited_01": round(minute.edited_01, 3),
        "coverage_01": round(min(1.0, right_ms / 60_000.0), 3),
        "states": [asdict(one) for one in agent.board.states()],
        "paused": agent.paused,
        "pause_until_utc_s": quiet.ends_utc_s(agent.outbox),
        "face": _face(agent, now_ns),
        "window": None if last is None else last.start_utc_s,
        "rows": agent.outbox.rows_made(),
    }


def _is_fresh(held: list[Any], now_ns: int) -> bool:
    return bool(held) and now_ns - held[-1].t_ns < _FRESH_NS + 3 * NS_PER_S


def _face(agent: "Agent", now_ns: int) -> dict[str, float] | None:
    """Movements against the person's own neutral face, 0 to 1; None where no face is read now."""
    made = {}
    for name, channels in _FACE.items():
        newest = [agent.windows.ring.latest(one) for one in channels]
        fresh = [one.value for one in newest if one is not None and now_ns - one.t_ns < _FRESH_NS]
        if fresh:
            made[name] = round(max(0.0, min(1.0, sum(fresh) / len(fresh))), 2)
    return made or None


def _window(agent: "Agent", _: Answer) -> Answer:
    """The last whole window, number by number, with what was withheld and why."""
    last = agent.last_summary
    if last is None:
        return {"start_utc_s": None, "numbers": []}
    numbers = []
    for one in last.values:
        spec = FEATURES[one.name]
        if agent.profile.purposes and spec.kind not in agent.profile.kinds:
            continue
        numbers.append(
            asdict(one) | {"words": spec.words, "why": REASONS.get(one.reason, one.reason), "leaves": spec.release}
        )
    return {"start_utc_s": last.start_utc_s, "end_utc_s": last.end_utc_s, "numbers": numbers}


def _about(agent: "Agent", asked: Answer) -> Answer:
    """Where a number comes from: what it is, its formula, its source, and what the last window had of it."""
    spec = FEATURES.get(str(asked["name"]))
    if spec is None or (agent.profile.purposes and spec.kind not in agent.profile.kinds):
        raise WrongUse("there is no number of that name here", remedy="Go back, and choose another.")
    last = None if agent.last_summary is None else next(
        (one for one in agent.last_summary.values if one.name == spec.name), None
    )  # fmt: skip
    return {
        "name": spec.name,
        "words": spec.words,
        "formula": spec.formula,
        "source": spec.source,
        "needs": list(spec.needs),
        "counted": "frames" if spec.signal == "face" else "beats",
        "min_samples": spec.min_samples,
        "min_coverage_01": spec.min_coverage_01,
        "most_edited_01": spec.most_edited_01,
        "leaves": spec.release,
        "last": None if last is None else asdict(last) | {"why": REASONS.get(last.reason, last.reason)},
    }


# ---- what left


def _left(agent: "Agent", asked: Answer) -> Answer:
    before = int(asked.get("before") or agent.outbox.head()[0] + 1)
    most = min(int(asked.get("most") or 30), _ROWS_MOST)
    rows = [as_shown(row) for row in ledger.rows_before(agent.outbox, before, most)]
    return {
        "rows": rows,
        "operator": None if agent.identity is None else agent.identity.bundle.operator,
        "counts": agent.outbox.counts(),
        "unheard": agent.outbox.unheard(),
    }


def as_shown(row: ledger.LedgerRow) -> Answer:
    """A row of the ledger as the page shows it."""
    return {
        "idx": row.idx,
        "made_utc_s": row.made_utc_s,
        "kind": row.kind,
        "state": row.state,
        "said": list(row.said),
        "erased": row.words is None,
        "bytes": row.bytes_sent,
        "again": row.again_idx,
        "digest": row.digest.hex(),
        "plaintext": None if row.words is None else row.words.hex(),
    }


# ---- the person's say


def _pause(agent: "Agent", asked: Answer) -> Answer:
    until = quiet.length_until(str(asked.get("for", "")), agent.utc_s())
    agent.set_paused(paused=True)
    quiet.pause_until(agent.outbox, until, agent.utc_s())
    return {"words": f"Paused{quiet.ends_words(until)}."}


def _resume(agent: "Agent", _: Answer) -> Answer:
    quiet.resume(agent.outbox, agent.utc_s())
    agent.set_paused(paused=False)
    return {"words": "Measuring again."}


def _hours(agent: "Agent", asked: Answer) -> Answer:
    quiet.set_hours(agent.outbox, tuple(quiet.Hours(int(begin), int(end)) for begin, end in asked["hours"]))
    return {"words": "Your private hours are kept."}


def _sensor(agent: "Agent", asked: Answer) -> Answer:
    name, on = str(asked["name"]), bool(asked["on"])
    agent.senses.switch(name, on=on)
    agent.outbox.set_meta(f"sensor {name}", b"on" if on else b"off")
    agent.kick(name)
    return {"words": "Switched on." if on else "Switched off; its light goes out within a second."}


def _withdraw(agent: "Agent", _: Answer) -> Answer:
    enrolled = page_consent.enrolled(agent)
    gone = consents.withdraw(agent.outbox, enrolled.sign, enrolled.site, agent.utc_s())
    agent.releasing.say_consent()
    return {"words": f"Withdrawn. {gone} waiting summaries will not leave; the hub hears of it in the next slot."}


def _erase(agent: "Agent", _: Answer) -> Answer:
    windows = agent.forget()
    enrolled = None if agent.has_left else agent.identity
    sign, site = (None, "") if enrolled is None else (enrolled.sign, enrolled.site)
    consents.erase(agent.outbox, sign, site, agent.utc_s())
    agent.releasing.say_consent()
    return {"words": erased(windows, asks_hub=enrolled is not None)}


# ---- the first steps


async def _scan(agent: "Agent", _: Answer) -> Answer:
    strap = sources.module("ble_strap")
    found = await strap.nearby(agent.senses.settings("ble_strap"), agent.senses.radio, _SCAN_S)
    yours = scan.bound_address(agent.folder)
    return {
        "straps": [
            {"name": one.name, "address": one.address, "rssi_dbm": one.rssi_dbm, "yours": one.address == yours}
            for one in found
        ]
    }


async def _bind(agent: "Agent", asked: Answer) -> Answer:
    """Listen to the strap for beats; they alone bind it. Another one is closed meanwhile."""
    strap = sources.module("ble_strap")
    settings = agent.senses.settings("ble_strap")
    with agent.senses.held("ble_strap"):
        await agent.closed("ble_strap")
        found = [one for one in await strap.nearby(settings, agent.senses.radio, _SCAN_S)
                 if one.address == asked["address"]]  # fmt: skip
        if not found:
            raise SourceUnavailable("that strap is out of reach now", remedy="Move closer, and look again.")
        around = sources.Surroundings(agent.clock, agent.folder, _silent, agent.senses.radio)
        beats = await strap.bind_to(settings, around, found[0], _PROOF_S)
    if not beats:
        raise SourceUnavailable(
            "no beat came, so the strap is not yours yet", remedy="Wear it, moisten the electrodes, and try again."
        )
    _sensor(agent, {"name": "ble_strap", "on": True})
    return {"words": f"Beats came in. {found[0].name or 'The strap'} is yours; no other strap is read."}


def _silent(_level: Level, _words: str, _remedy: str) -> None:
    """Looking has no board."""


async def _enroll(agent: "Agent", asked: Answer) -> Answer:
    """The operator's bundle and a PIN in, a request out."""
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle
    from agent.wire.erasure import in_words

    if not agent.profile.recipients:
        raise WrongUse("under this profile nothing leaves; there is no place to enroll at")
    paper, pin = dearmor("BUNDLE", str(asked["bundle"])), str(asked["pin"])
    bundle = decode_bundle(paper)
    request = await asyncio.to_thread(identity.begin, agent.folder, agent.vault, paper, pin)
    code = await asyncio.to_thread(identity.recovery_code, agent.folder, pin)
    return {
        "request": armor("REQUEST", request),
        "recovery": in_words(code),
        "operator": bundle.operator,
        "words": fingerprint_words(bundle.root_public),
    }


def _admit(agent: "Agent", asked: Answer) -> Answer:
    from agent.wire.enroll import dearmor

    identity.finish(agent.folder, agent.vault, dearmor("ANSWER", str(asked["answer"])))
    agent.end_with(BeginAgain("this machine is enrolled now"))
    return {"words": "Enrolled. Wardbeat begins anew with its keys: run 'wardbeat open' once more, then consent."}


def _place(agent: "Agent", _: Answer) -> Answer:
    """Where the person stands: what a first page must know."""
    strap = scan.bound_strap(agent.folder)
    return {
        "strap": None if strap is None else {"name": strap["name"]},
        "managed": host.managed(),
        "enrolled": None if agent.identity is None else agent.identity.bundle.operator,
        "half": agent.identity is None and identity.exists(agent.folder),
        "has_history": agent.last_summary is not None or next(agent.history.summaries(), None) is not None,
    }


# ---- check-in


def _check_ins(agent: "Agent", _: Answer) -> Answer:
    """Which there are here, when each was answered last, and what was begun."""
    told = agent.history.told()
    made = []
    for short, one in scores.allowed_instruments(agent.profile).items():
        answered = [row.at_utc_s for row in told if row.what == "check-in" and row.name == short]
        begun = [row for row in told if row.what == "draft" and row.name == short]
        last = max(answered, default=None)
        due = last is None or agent.utc_s() - last >= one.every_days * 86_400
        made.append(asdict(one) | {"last_utc_s": last, "due": due, "begun": dict(begun[-1].numbers) if begun else {}})
    return {"instruments": made}


def _answer(agent: "Agent", asked: Answer) -> Answer:
    """Answers so far; ``done`` keeps them as a check-in, else as what was begun."""
    instrument = scores.require(agent.profile, str(asked["short"]))
    items = {item.item_id: item for item in instrument.items}
    answers = {str(name): int(place) for name, place in asked["answers"].items()}
    for name, place in answers.items():
        if name not in items or not 0 <= place < len(items[name].answers):
            raise WrongUse("that is no answer of this check-in", remedy="Load the page again.")
    if asked.get("done") and not answers:
        raise NotScored("nothing was answered, and nothing kept", remedy="Answer one line at least, or leave it be.")
    for row in agent.history.told():
        if row.what == "draft" and row.name == instrument.short:
            agent.history.untell(row)
    if not answers:
        return {"words": "Nothing is kept.", "scores": []}
    what = "check-in" if asked.get("done") else "draft"
    agent.history.tell(Told(agent.utc_s(), what, instrument.short, answers))
    if not asked.get("done"):
        return {"words": "Kept for later.", "scores": []}
    return {"words": "Kept, on this machine.", "note": instrument.note,
            "scores": [asdict(one) for one in instruments.scores(instrument, answers)]}  # fmt: skip


# ---- notes


def _notes(agent: "Agent", _: Answer) -> Answer:
    kept = [one for one in agent.history.told() if one.what in ("shift", "change")]
    return {"notes": [asdict(one) | {"numbers": dict(one.numbers)} for one in kept]}


def _note(agent: "Agent", asked: Answer) -> Answer:
    begins, ends = int(asked["from_utc_s"]), None if asked.get("until_utc_s") is None else int(asked["until_utc_s"])
    if asked["what"] == "shift":
        if ends is None:
            raise WrongUse("when does the shift end?", remedy="Give its end.")
        kind = "night" if asked.get("kind") == "night" else "day"
        told = scores.shift(begins, ends, kind, agent.history.told(), agent.utc_s())
    else:
        if asked["what"] not in RESETS:
            raise WrongUse("that is no change we know", remedy="Choose one of the list.")
        told = scores.change(str(asked["what"]), begins, ends, agent.utc_s())
    agent.history.tell(told)
    return {"words": "Noted."}


def _unnote(agent: "Agent", asked: Answer) -> Answer:
    for one in agent.history.told():
        if one.what in ("shift", "change") and (one.at_utc_s, one.name) == (int(asked["at_utc_s"]), asked["name"]):
            agent.history.untell(one)
            return {"words": "Taken back."}
    raise WrongUse("that note is gone already", remedy="Load the page again.")


Ask = Callable[["Agent", Answer], Answer | Awaitable[Answer]]
ASKS: Final[dict[str, Ask]] = {
    "now": lambda agent, _: now(agent),
    "window": _window,
    "about": _about,
    "left": _left,
    "say": page_consent.say,
    "consent": page_consent.give,
    "pause": _pause,
    "resume": _resume,
    "hours": _hours,
    "sensor": _sensor,
    "withdraw": _withdraw,
    "erase": _erase,
    "scan": _scan,
    "bind": _bind,
    "enroll": _enroll,
    "admit": _admit,
    "place": _place,
    "check-ins": _check_ins,
    "answer": _answer,
    "notes": _notes,
    "note": _note,
    "unnote": _unnote,
}
"""Every question, by name."""

SLOW: Final = frozenset({"scan", "bind", "enroll", "consent"})
"""Those that take seconds: answered one after the other, beside the rest."""
