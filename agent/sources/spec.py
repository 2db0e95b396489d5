"""What a row of SOURCES holds: a sensor with its own words, its check for doctor, and how it is found and bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a person's own device is found among others, and bound. Functions are named ``module:function``.

    Attributes:
        noun: What the device is called in sentences.
        find: ``async (settings, radio, seconds) -> list[FoundDevice]``, strongest first.
        bind: ``async (settings, context, device, proof_s) -> bool``; False: no measurement came, nothing is bound.
        remember: ``(folder, device, serial) -> None``; binds without a proof, for devices that are simulated.
        bound: ``(folder) -> dict[str, str] | None``; what is kept of the bound device, with its ``name`` and
            ``address``.
        proof: What comes in and proves whose device it is, in the plural.
        advice: What helps when no device is in reach, or none proves itself.
    """

    noun: str
    find: str
    bind: str
    remember: str
    bound: str
    proof: str
    advice: str


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device in reach.

    Attributes:
        address: As this system names it.
        name: Empty when it has none.
        rssi_dbm: Signal strength.
    """

    address: str
    name: str
    rssi_dbm: int


@dataclass(frozen=True, slots=True)
class SensorCheck:
    """One line of `wardbeat doctor`, about a sensor or any other part.

    Attributes:
        check_id: Stable.
        ok: None: does not apply here.
        words: What was seen.
        remedy: What to do when it is not ok.
    """

    check_id: str
    ok: bool | None
    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """One row. Functions are named ``module:function``, so that a sensor's libraries load with its first use.

    Attributes:
        name: As in the configuration.
        module: Where ``Settings`` (a frozen dataclass) and ``samples(settings, context)`` stand.
        channels: What it yields.
        ends: Whether it comes to an end by itself.
        signal: What the person consents to, as in SIGNALS.
        needs_consent: Where data may leave at all, it is not even opened before a consent to its signal stands.
        title: What the page and the demo call it.
        words: What the person reads before switching it on.
        unit: What one of its measurements is, with its unit.
        switched_off: What the person reads after switching it off.
        check: ``(settings, context) -> Iterator[SensorCheck]`` for `wardbeat doctor`; it changes nothing.
        checks: The ids that it gives, each with the words that say when it fails.
        pairing: How the person's own device is found and bound; None: there is nothing to bind.
        by_appointment: Whether the person may limit it to short announced sessions (`agent.outbox.camera_plan`).
    """

    name: str
    module: str
    channels: tuple[str, ...]
    ends: bool
    signal: str
    needs_consent: bool
    title: str
    words: str
    unit: str
    switched_off: str
    check: str
    checks: Mapping[str, str] = field(default_factory=dict)
    pairing: Pairing | None = None
    by_appointment: bool = False
