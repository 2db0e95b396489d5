"""The single exit: the only place that makes a `Released` or a `ReleasedDay`, from what policy and consent both allow.

Summary ──▶ profile.releases ──▶ consent in force ──▶ no pause, no break ──▶ coded ──▶ Released
DayValue ─▶ profile.releases ──▶ consent in force ──▶ the day is over ─────▶ coded ──▶ ReleasedDay
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from agent.features import FEATURES
from agent.model import CodedDay, CodedValue, DayValue, FeatureValue, Interval, Released, ReleasedDay, Summary
from agent.privacy.consent import Consented
from agent.tables.day_spec import DaySpec
from agent.tables.days import DAYS
from agent.tables.profiles import Profile
from agent.wire import days, schema
from agent.wire.message import NOTHING_SENT

BACK_DAYS: Final = 30  # weeks that ended before are not scored again (docs/decisions/114)


def release(
    summary: Summary, profile: Profile, consent: Consented | None, recipient: str, blocked: Sequence[Interval]
) -> tuple[Released, ...]:
    """What of a summary may leave now; one `Released` a purpose, or nothing.

    Args:
        summary: A closed window.
        profile: The policy in force.
        consent: What is in force, with the features that it names, or None.
        recipient: The enrolled hub's operator, as the person read it.
        blocked: Pauses and clock breaks; a window that touches one is never released.

    A window of which nothing is known is not released: its slot leaves as a cover.
    """
    if consent is None or consent.record.profile != profile.name:
        return ()
    start_utc_s, end_utc_s = summary.start_utc_s, summary.end_utc_s
    if any(interval.overlaps(start_utc_s, end_utc_s) for interval in blocked):
        return ()
    made = []
    for purpose in sorted(set(profile.purposes) - NOTHING_SENT):
        coded = tuple(
            _coded(value)
            for value in summary.values
            if _allowed(value.name, profile)
            and consent.covers(FEATURES[value.name], purpose, recipient, start_utc_s, end_utc_s)
        )
        if any(value.v for value in coded):
            made.append(Released(purpose, consent.record.hash, start_utc_s, end_utc_s, coded))
    return tuple(made)


def release_days(
    values: Iterable[DayValue], profile: Profile, consent: Consented | None, recipient: str, today: int
) -> tuple[ReleasedDay, ...]:
    """What of the last 30 days may leave now: one `ReleasedDay` a day and purpose, days ascending.

    Args:
        values: At most one a day and row of DAYS.
        profile: The policy in force.
        consent: What is in force, with the features that it names, or None.
        recipient: The enrolled hub's operator, as the person read it.
        today: Days since 1970 on the person's calendar; it is not over, and nothing of it leaves.

    A day that the consent covers and of which nothing is known is released without a value: it takes back what an
    earlier statement of that day said.
    """
    if consent is None or profile.name != consent.record.profile:
        return ()
    by_day: dict[int, list[DayValue]] = defaultdict(list)
    for value in values:
        by_day[value.day].append(value)
    made = []
    for day in range(max(0, today - BACK_DAYS), today):
        start_utc_s, end_utc_s = days.extent(day)
        for purpose in sorted(set(profile.purposes) - NOTHING_SENT):
            named = {
                spec.name
                for spec in DAYS.values()
                if _may_leave(spec, profile) and consent.covers(spec, purpose, recipient, start_utc_s, end_utc_s)
            }
            if named:
                coded = _coded_day(value for value in by_day[day] if value.name in named)
                made.append(ReleasedDay(purpose, consent.record.hash, day, coded))
    return tuple(made)


def _may_leave(spec: DaySpec, profile: Profile) -> bool:
    return spec.release != "live_only" and profile.may_release(spec.signal, spec.kind)


def _coded_day(values: Iterable[DayValue]) -> tuple[CodedDay, ...]:
    coded = (days.coded(value) for value in values)
    return tuple(sorted((one for one in coded if one is not None), key=lambda one: one.feature_id))


def _allowed(name: str, profile: Profile) -> bool:
    spec = FEATURES.get(name)
    return spec is not None and spec.release != "live_only" and profile.may_release(spec.signal, spec.kind)


def _coded(value: FeatureValue) -> CodedValue:
    row = schema.features()[FEATURES[value.name].feature_id]
    if value.value is None:
        return CodedValue(row.feature_id, 0)
    return CodedValue(
        feature_id=row.feature_id,
        v=row.code(value.value),
        n=value.n,
        coverage=schema.share_code(value.coverage_01),
        edited=schema.share_code(value.edited_01),
        ci_low=0 if value.ci_low is None else row.code(max(row.low, value.ci_low)),
        ci_high=0 if value.ci_high is None else row.code(min(row.high, value.ci_high)),
    )
