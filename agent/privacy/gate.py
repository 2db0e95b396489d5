"""The single exit: the only place that makes a `Released`, from what policy and consent both allow.

Summary ──▶ profile.releases ──▶ consent in force ──▶ no pause, no break ──▶ coded ──▶ Released
"""

from collections.abc import Sequence

from agent.features import FEATURES
from agent.model import CodedValue, FeatureValue, Interval, Released, Summary
from agent.privacy.consent import Consented
from agent.tables.profiles import Profile
from agent.wire import schema
from agent.wire.message import NOTHING_SENT


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
