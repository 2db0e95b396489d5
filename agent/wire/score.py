"""One score as the hub sends it back to its person: signed by a score key, so that the page can name who said it.

score = ["score", body, signature]          signature over [label, site, body] by a score key of the directory
body  = encoded [device, serial, day, revision, arrivals, made at, model, known, index, low, high, reason,
                 [[channel, points]...]]
"""

from dataclasses import dataclass
from typing import Final

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.codec import Fields
from agent.wire.keys import SignKey, verify
from agent.wire.labels import Label
from agent.wire.receipt import ScoreMessage
from agent.wire.statement import LAST_DAY

STEPS: Final = 100  # of one point of the index
_ZERO: Final = 100 * STEPS  # points that a channel adds lie between -100 and 100, and travel without a sign
_V_MAX: Final = 1 + 100 * STEPS
MODEL_MOST: Final = 32  # letters
SHIFTS_KNOWN: Final = 1
CLOCK_KNOWN: Final = 2
WHOLE_WEEK: Final = 4  # the day is a Sunday of the person's calendar
_FLAGS_END: Final = 8


@dataclass(frozen=True, slots=True)
class Score:
    """The index of seven days.

    Attributes:
        device: The random name that it is for.
        serial: Of the consent under which the last of its summaries came.
        day: The last of the seven days: days since 1970 on the person's clock, as far as the hub knows it.
        revision: Grows with each score of a day.
        arrivals: Number of the last row that it was made from, as `hub show --arrivals` counts.
        made_utc_s: When.
        model: Name and version of what made it.
        known: Sum of `SHIFTS_KNOWN`, `CLOCK_KNOWN` and `WHOLE_WEEK`.
        index, low, high: 0 to 100 with its 90 % interval; None where there is none.
        reason: Why there is none: a name of the table ``reasons``; empty where there is one.
        points: What each channel adds to 50, by name; ascending by code.
    """

    device: str
    serial: int
    day: int
    revision: int
    arrivals: int
    made_utc_s: int
    model: str
    known: int = 0
    index: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    points: tuple[tuple[str, float], ...] = ()

    def encode(self) -> bytes:
        """The body."""
        by_code = sorted((codes.codes("channels")[name], value) for name, value in self.points)
        return codec.encode(
            [
                self.device,
                self.serial,
                self.day,
                self.revision,
                self.arrivals,
                self.made_utc_s,
                self.model,
                self.known,
                _v(self.index),
                _v(self.low),
                _v(self.high),
                codes.codes("reasons")[self.reason] if self.reason else 0,
                [[code, _ZERO + round(value * STEPS)] for code, value in by_code],
            ]
        )

    def signed(self, key: SignKey, site: str) -> ScoreMessage:
        """The answer that a device takes."""
        body = self.encode()
        return ScoreMessage(body, key.sign(Label.SCORE, site, body))


def is_signed(message: ScoreMessage, public: bytes, site: str) -> bool:
    """Whether this score key signed it."""
    return verify(public, message.signature, Label.SCORE, site, message.body)


def decode_score(body: bytes) -> Score:
    """Strict inverse of `Score.encode`.

    Raises:
        WireRefused: ``malformed``, or ``schema_too_new`` for a code that we do not know.
    """
    row = Fields(codec.decode(body), 13)
    device, serial, day, revision = row.text(), row.uint(), row.uint(), row.uint()
    arrivals, made_utc_s, model, known = row.uint(), row.utc_s(), row.text(), row.uint()
    coded, reason = [row.uint() for _ in range(3)], row.uint()
    points = [tuple(Fields(item, 2).uints()) for item in row.array()]
    if known >= _FLAGS_END or (reason and reason not in codes.names("reasons")):
        raise WireRefused("schema_too_new", "unknown code in a score")
    if any(code not in codes.names("channels") for code, _ in points):
        raise WireRefused("schema_too_new", "unknown channel in a score")
    is_valid = (
        max(coded) <= _V_MAX
        and day <= LAST_DAY
        and bool(coded[0]) == (not reason) == bool(coded[1]) == bool(coded[2]) == bool(points)
        and (not coded[0] or coded[1] <= coded[0] <= coded[2])
        and [code for code, _ in points] == sorted({code for code, _ in points})
        and all(v <= 2 * _ZERO for _, v in points)
        and 0 < len(model) <= MODEL_MOST
        and model.isprintable()
    )
    if not is_valid:
        raise WireRefused("malformed", "a score is not valid")
    index, low, high = (None if v == 0 else (v - 1) / STEPS for v in coded)
    named = tuple((codes.names("channels")[code], (v - _ZERO) / STEPS) for code, v in points)
    name = codes.names("reasons")[reason] if reason else ""
    return Score(device, serial, day, revision, arrivals, made_utc_s, model, known, index, low, high, name, named)


def _v(value: float | None) -> int:
    return 0 if value is None else 1 + round(value * STEPS)
