"""What is stated day by day, and again when it changes: values of days, and what the person noted."""

from agent.days.store import DayStore
from agent.outbox import Outbox, consents, noted_context, released_days
from agent.privacy import gate
from agent.privacy.consent import Consented
from agent.tables.profiles import Profile
from agent.weeks import context, days
from agent.weeks.days import KnownDays
from agent.weeks.scores import offset_s
from agent.windows.history import History

_DAY_S = 86_400
_SCHEDULE = "schedule"


class Statements:
    """The way of a day's values and notes to the sealed row.

    Args:
        history, store: What the person noted, and what is known of days.
        outbox: Where it is sealed.
        profile: The policy in force.
        operator: The enrolled hub's; None: nothing is stated.
    """

    def __init__(
        self, history: History, store: DayStore, outbox: Outbox, profile: Profile, operator: str | None
    ) -> None:
        self._history, self._store, self._outbox = history, store, outbox
        self._profile, self._operator = profile, operator

    def offer(self, now_utc_s: int) -> None:
        """Seal what is new of each day, where the person consented to that.

        Args:
            now_utc_s: The session's UTC now.

        Raises:
            StorageFull, OutboxBroken: The way out fails shut.
        """
        if self._operator is None or self._outbox.sealing is None:
            return  # not enrolled, or not any more
        given = consents.stands_at(self._outbox, self._profile.name, now_utc_s)
        if given is None:
            return
        known = days.of(self._store)
        today = (now_utc_s + offset_s(now_utc_s)) // _DAY_S
        values = (one.value for one in known.values)
        released = gate.release_days(values, self._profile, given, self._operator, today)
        released_days.offer(self._outbox, released, now_utc_s)
        for purpose in self._profile.purposes:
            if given.grants_context(purpose):
                self._offer_context(given, purpose, known, now_utc_s)

    def _offer_context(self, given: Consented, purpose: str, known: KnownDays, now_utc_s: int) -> None:
        noted = context.statements(
            self._history.told(),
            offset_s,
            purpose=purpose,
            consent_hash=given.record.hash,
            from_utc_s=given.record.from_utc_s,
            now_utc_s=now_utc_s,
            rostered=known.shifts if self._may_state_roster(given, purpose) else (),
        )
        noted_context.offer(self._outbox, noted, now_utc_s)

    def _may_state_roster(self, given: Consented, purpose: str) -> bool:
        """Whether the person granted their roster for this purpose: it is more than what they noted."""
        granted = any(grant.signal == _SCHEDULE and grant.purpose == purpose for grant in given.grants)
        return granted and _SCHEDULE in given.signals(self._profile)
