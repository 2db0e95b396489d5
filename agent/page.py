"""What the page asks of the running agent; one row a question, small answers, nothing raw.

Loaded with the first page. Long answers (weeks, searches, proofs, exports) are an errand's (`agent.errand`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from agent import asked as asked_for
from agent import host, identity, page_consent, scan, sources
from agent import page_forms as forms
from agent.control import Reply
from agent.errors import BeginAgain, NotScored, SourceUnavailable, WrongUse
from agent.features import FEATURES
from agent.features.live import Beat
from agent.features.spec import REASONS
from agent.history import Told
from agent.model import NS_PER_S
from agent.outbox import ledger, quiet, rescue
from agent.signal.artifacts import Label
from agent.status import Level

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]

_SPAN_NS: Final = 60 * NS_PER_S
_FRESH_NS: Final = 3 * NS_PER_S
_LATELY_NS: Final = 8 * NS_PER_S
_FEW: Final = 5
_SCAN_S: Final = 6.0
_PROOF_S: Final = 15.0
_TOLD_S: Final = 1.0
_SWITCHED: Final = {
    ("ble_strap", True): "Switched on.",
    ("ble_strap", False): "Switched off. No strap is read any more.",
    ("webcam", True): "Switched on.",
    ("webcam", False): "Switched off. Its light goes out within a second.",
}
_FACE: Final = {
    "smile": ("smile_left_x", "smile_right_x"),
    "jaw": ("jaw_open_x",),
    "brows_up": ("brow_inner_up_x",),
    "brows_down": ("brow_down_x",),
    "lids": ("lid_shut_01",),
}


# ---- now


def now(agent: "Agent", after_ns: int = 0) -> Answer:
    """What is going on: states, the beats after a moment (a minute at most), the last minute's numbers."""
    now_ns = agent.clock.now_ns()
    beats = agent.live.recent(max(after_ns, now_ns - _SPAN_NS))
    minute = agent.live.now()
    held = agent.live.recent(now_ns - _SPAN_NS)
    right_ms = sum(one.rr_ms for one in held if one.label in (None, Label.NORMAL))
    listened_ms = min(60_000.0, (now_ns - held[0].t_ns) / 1e6 + held[0].rr_ms) if held else 0.0
    last = agent.last_summary
    return {
        "t_s": now_ns / NS_PER_S,
        "beats": [
            [round(one.t_ns / NS_PER_S, 3), round(one.rr_ms, 1), None if one.label is None else one.label.name.lower()]
            for one in beats
        ],
        "hr_bpm": _rate_bpm(held, now_ns),
        "rmssd_ms": None if minute.rmssd_ms is None or not held else round(minute.rmssd_ms, 1),
        "irregular": minute.is_irregular,
        "coverage_01": round(min(1.0, right_ms / listened_ms), 3) if held else None,
        "listened_s": round(listened_ms / 1000.0),
        "states": [asdict(one) for one in agent.board.states()],
        "paused": agent.paused,
        "pause_until_utc_s": quiet.ends_utc_s(agent.outbox),
        "face": _face(agent, now_ns),
        "window": None if last is None else last.start_utc_s,
    }


def _rate_bpm(held: list[Beat], now_ns: int) -> float | None:
    """Of the middle one of the last five right intervals: one artifact moves nothing. None where they are old."""
    right = [one for one in held if one.label in (None, Label.NORMAL) and now_ns - one.t_ns < _LATELY_NS]
    return round(60_000.0 / median(one.rr_ms for one in right[-_FEW:]), 1) if right else None


def _face(agent: "Agent", now_ns: int) -> dict[str, float] | None:
    """Movements against the person's own neutral face, 0 to 1; None where no face is read now."""
    made = {}
    for name, channels in _FACE.items():
        kind = "fatigue" if name == "lids" else "expression"
        if agent.profile.purposes and kind not in agent.profile.kinds:
            continue
        newest = [agent.windows.ring.latest(one) for one in channels]
        fresh = [one.value for one in newest if one is not None and now_ns - one.t_ns < _FRESH_NS]
        if fresh:
            made[name] = round(max(0.0, min(1.0, sum(fresh) / len(fresh))), 2)
    return made or None


def _window(agent: "Agent", _: forms.Nothing) -> Answer:
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


def _about(agent: "Agent", asked: forms.Named) -> Answer:
    """Where a number comes from: what it is, its formula, its source, and what the last window had of it."""
    spec = FEATURES.get(asked.name)
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


def _left(agent: "Agent", asked: forms.Rows) -> Answer:
    before = asked.before or agent.outbox.head()[0] + 1
    rows = [as_shown(row) for row in ledger.rows_before(agent.outbox, before, asked.most)]
    return {
        "rows": rows,
        "operator": _operator(agent),
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


def _as_asked(name: str) -> "Ask":
    """What the command line asks, too (`agent.asked`)."""

    def ask(agent: "Agent", given: forms.Form) -> Answer:
        reply = asked_for.TABLE[name](agent, given.length if isinstance(given, forms.Pause) else "")
        return {"words": reply.words} if isinstance(reply, Reply) else {}

    return ask


def _hours(agent: "Agent", asked: forms.Hours) -> Answer:
    quiet.set_hours(agent.outbox, tuple(quiet.Hours(begin, end) for begin, end in asked.hours))
    return {"words": "Your private hours are kept." if asked.hours else "You have no private hours now."}


def _sensor(agent: "Agent", asked: forms.Sensor) -> Answer:
    return _switch(agent, asked.name, on=asked.on)


def _switch(agent: "Agent", name: str, *, on: bool) -> Answer:
    agent.senses.check(name)
    if not on:
        agent.senses.switch(name, on=False)  # closed, though it cannot be written down
    agent.outbox.set_meta(rescue.SENSOR + name, b"on" if on else b"off")
    agent.senses.switch(name, on=on)
    agent.kick(name)
    if on and sources.SOURCES[name].needs_consent and not agent.senses.may_open(name):
        return {"words": f"Switched on. It stays shut until you consent to {sources.SOURCES[name].signal}."}
    return {"words": _SWITCHED[name, on]}


# ---- the first steps


async def _scan(agent: "Agent", _: forms.Nothing) -> Answer:
    strap = sources.module("ble_strap")
    found = await strap.nearby(agent.senses.settings("ble_strap"), agent.senses.radio, _SCAN_S)
    yours = scan.bound_address(agent.folder)
    return {
        "straps": [
            {"name": one.name, "address": one.address, "rssi_dbm": one.rssi_dbm, "yours": one.address == yours}
            for one in found
        ],
        "reads": bool(yours) and bool(agent.live.recent(agent.clock.now_ns() - _LATELY_NS)),
    }


async def _bind(agent: "Agent", asked: forms.Strap) -> Answer:
    """Listen to the strap for beats; they alone bind it. Another one is closed meanwhile."""
    if agent.paused:
        raise WrongUse("Wardbeat is paused, and listens to no strap", remedy="Resume, then take the strap.")
    strap = sources.module("ble_strap")
    settings = agent.senses.settings("ble_strap")
    with agent.senses.held("ble_strap"):
        await agent.closed("ble_strap")
        found = [one for one in await strap.nearby(settings, agent.senses.radio, _SCAN_S)
                 if one.address == asked.address]  # fmt: skip
        if not found:
            raise SourceUnavailable("that strap is out of reach now", remedy="Move closer, and look again.")
        around = sources.Surroundings(agent.clock, agent.folder, _silent, agent.senses.radio)
        beats = await strap.bind_to(settings, around, found[0], _PROOF_S)
    if not beats:
        raise SourceUnavailable(
            "no beat came, so the strap is not yours yet", remedy="Wear it, moisten the electrodes, and try again."
        )
    _switch(agent, "ble_strap", on=True)
    return {"words": f"Beats came in. {found[0].name or 'The strap'} is yours; no other strap is read."}


def _silent(_level: Level, _words: str, _remedy: str) -> None:
    """Looking has no board."""


async def _enroll(agent: "Agent", asked: forms.Begin) -> Answer:
    """The operator's bundle and a PIN in, a request out."""
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle
    from agent.wire.erasure import in_words

    if not agent.profile.recipients:
        raise WrongUse("under this profile nothing leaves; there is no place to enroll at")
    paper, pin = dearmor("BUNDLE", asked.bundle), asked.pin
    bundle = decode_bundle(paper)
    # an enrollment that was begun and never answered may begin again; a whole one is not touched here
    half = agent.identity is None and identity.exists(agent.folder)
    begin = partial(identity.begin, replace_old=half)
    request = await asyncio.to_thread(begin, agent.folder, agent.vault, paper, pin)
    code = await asyncio.to_thread(identity.recovery_code, agent.folder, pin)
    return {
        "request": armor("REQUEST", request),
        "recovery": in_words(code),
        "operator": bundle.operator,
        "words": fingerprint_words(bundle.root_public),
    }


def _admit(agent: "Agent", asked: forms.End) -> Answer:
    from agent.wire.enroll import dearmor

    identity.finish(agent.folder, agent.vault, dearmor("ANSWER", asked.answer))
    # the page is told before the agent ends, to begin anew
    asyncio.get_running_loop().call_later(_TOLD_S, agent.end_with, BeginAgain("this machine is enrolled now"))
    return {"words": "Enrolled. Wardbeat begins anew with its keys: run 'wardbeat open' once more, then consent."}


def _operator(agent: "Agent") -> str | None:
    return None if agent.identity is None or agent.has_left else agent.identity.bundle.operator


def _place(agent: "Agent", _: forms.Nothing) -> Answer:
    """Where the person stands: what a first page must know."""
    strap = scan.bound_strap(agent.folder)
    return {
        "strap": None if strap is None else {"name": strap["name"]},
        "has_source": any(name != "ble_strap" and agent.senses.is_on(name) for name in sources.SOURCES),
        "managed": host.managed(),
        "enrolled": _operator(agent),
        "half": agent.identity is None and identity.exists(agent.folder),
        "has_history": agent.last_summary is not None or next(agent.history.summaries(), None) is not None,
    }


# ---- check-in


def _check_ins(agent: "Agent", _: forms.Nothing) -> Answer:
    """Which there are here, when each was answered last, and what was begun."""
    from agent import scores  # with the check-ins alone: 3 MB

    told = agent.history.told()
    made = []
    for short, one in scores.allowed_instruments(agent.profile).items():
        answered = [row.at_utc_s for row in told if row.what == "check-in" and row.name == short]
        begun = [row for row in told if row.what == "draft" and row.name == short]
        last = max(answered, default=None)
        due = last is None or agent.utc_s() - last >= one.every_days * 86_400
        made.append(asdict(one) | {"last_utc_s": last, "due": due, "begun": dict(begun[-1].numbers) if begun else {}})
    return {"instruments": made}


def _answer(agent: "Agent", asked: forms.Answers) -> Answer:
    """Answers so far; ``done`` keeps them as a check-in, else as what was begun."""
    from agent import scores
    from agent.scoring import instruments

    instrument = scores.require(agent.profile, asked.short)
    items = {item.item_id: item for item in instrument.items}
    answers = asked.answers
    for name, place in answers.items():
        if name not in items or not 0 <= place < len(items[name].answers):
            raise WrongUse("that is no answer of this check-in", remedy="Load the page again.")
    if asked.done and not answers:
        raise NotScored("nothing was answered, and nothing kept", remedy="Answer one line at least, or leave it be.")
    for row in agent.history.told():
        if row.what == "draft" and row.name == instrument.short:
            agent.history.untell(row)
    if not answers:
        return {"words": "Nothing is kept.", "lines": []}
    what = "check-in" if asked.done else "draft"
    agent.history.tell(Told(agent.utc_s(), what, instrument.short, answers))
    if not asked.done:
        return {"words": "Kept for later.", "lines": []}
    lines = scores.result(instrument, instruments.scores(instrument, answers))
    return {"words": "Kept, on this machine.", "lines": lines}


# ---- notes


def _notes(agent: "Agent", _: forms.Nothing) -> Answer:
    kept = [one for one in agent.history.told() if one.what in ("shift", "change")]
    return {"notes": [asdict(one) | {"numbers": dict(one.numbers)} for one in kept]}


def _note(agent: "Agent", asked: forms.Note) -> Answer:
    from agent import scores
    from agent.scoring.baseline import RESETS

    begins, ends = asked.from_utc_s, asked.until_utc_s
    if asked.what == "shift":
        if ends is None:
            raise WrongUse("when does the shift end?", remedy="Give its end.")
        kind = "night" if asked.kind == "night" else "day"
        told = scores.shift(begins, ends, kind, agent.history.told(), agent.utc_s())
    else:
        if asked.what not in RESETS:
            raise WrongUse("that is no change we know", remedy="Choose one of the list.")
        told = scores.change(asked.what, begins, ends, agent.utc_s())
    agent.history.tell(told)
    return {"words": "Noted."}


def _unnote(agent: "Agent", asked: forms.Taken) -> Answer:
    for one in agent.history.told():
        if one.what in ("shift", "change") and (one.at_utc_s, one.name) == (asked.at_utc_s, asked.name):
            agent.history.untell(one)
            return {"words": "Taken back."}
    raise WrongUse("that note is gone already", remedy="Load the page again.")


Ask = Callable[["Agent", Any], Answer | Awaitable[Answer]]
ASKS: Final[dict[str, tuple[type[forms.Form], Ask]]] = {
    "now": (forms.Nothing, lambda agent, _: now(agent)),
    "window": (forms.Nothing, _window),
    "about": (forms.Named, _about),
    "left": (forms.Rows, _left),
    "say": (forms.Nothing, page_consent.say),
    "consent": (forms.Yes, page_consent.give),
    "pause": (forms.Pause, _as_asked("pause")),
    "resume": (forms.Nothing, _as_asked("resume")),
    "hours": (forms.Hours, _hours),
    "sensor": (forms.Sensor, _sensor),
    "withdraw": (forms.Nothing, _as_asked("withdraw")),
    "erase": (forms.Nothing, _as_asked("erase")),
    "scan": (forms.Nothing, _scan),
    "bind": (forms.Strap, _bind),
    "enroll": (forms.Begin, _enroll),
    "admit": (forms.End, _admit),
    "place": (forms.Nothing, _place),
    "check-ins": (forms.Nothing, _check_ins),
    "answer": (forms.Answers, _answer),
    "notes": (forms.Nothing, _notes),
    "note": (forms.Note, _note),
    "unnote": (forms.Taken, _unnote),
}
"""Every question by name, with its shape."""


async def answered(agent: "Agent", name: object, with_: object) -> Answer:
    """Answer a question of the page.

    Raises:
        WrongUse: Nobody knows the question, or it has not its shape.
        WardbeatError: It could not be done.
    """
    if not isinstance(name, str) or name not in ASKS:
        raise WrongUse("the page asked what nobody knows")
    form, ask = ASKS[name]
    try:
        asked = form.model_validate(with_)
    except ValidationError as error:
        raise WrongUse("that could not be read", remedy="Load the page again.") from error
    given = ask(agent, asked)
    return await given if isinstance(given, Awaitable) else given


SLOW: Final = frozenset({"scan", "bind", "enroll", "consent"})
"""Those that take seconds: answered one after the other, beside the rest."""
