"""Answers of a hub about looks and alerts, sealed and signed by hand with that hub's keys."""

from agent.wire.alert import Alert
from agent.wire.envelope import Sender
from agent.wire.keys import kid, receive_public
from agent.wire.labels import SCHEMA, down_topic
from agent.wire.looks import FIRST_LINK, Look, link
from agent.wire.receipt import Answer, Answers, LooksMessage, encode_answers
from hub.keys.keystore import KeyStore
from tests.support.world import World

STORE = b"A" * 16


class TeamAnswers:
    """What one hub says to one device.

    Args:
        world: The device.
        keys: The hub's.
        store_id: Of its store.
    """

    def __init__(self, world: World, keys: KeyStore, store_id: bytes = STORE) -> None:
        self.world, self.keys, self._store_id, self._seq = world, keys, store_id, 0

    def payload(self, *answers: Answer) -> bytes:
        """One envelope down."""
        self._seq += 1
        who, public = self.world.identity, self.world.identity.receive.public
        sender = Sender(self.keys.sign_key("receipt"), bytes(32), who.site, down_topic(who.site, who.device))
        words = encode_answers(Answers(self.keys.version(), self._store_id, answers, SCHEMA))
        return sender.seal(receive_public(public), kid(public), (b"hub stream 12345", self._seq), words)

    def alert(self, serial: int, now_utc_s: int, number: int = 1, **other):
        """A signed alert; the team reads it in a day."""
        fields = {
            "revision": 1,
            "rule": "index_low_above_50_weeks",
            "state": "with_person",
            "team_utc_s": now_utc_s + 86_400,
        }
        fields |= {"device": self.world.identity.device, "since_day": now_utc_s // 86_400, "made_utc_s": now_utc_s}
        made = Alert(serial=serial, number=number, **(fields | other))
        return made.signed(self.keys.sign_key("score"), self.world.identity.site)


def looks(at_utc_s: int, *who: str, first: int = 1, before: bytes = FIRST_LINK) -> LooksMessage:
    """Looks one after the other, one of each name."""
    rows = [Look(first + n, at_utc_s + n, name, "member", "person").encode() for n, name in enumerate(who)]
    return LooksMessage(before, tuple(rows))


def last_link(message: LooksMessage) -> bytes:
    """The link of the last look."""
    last = message.before
    for data in message.looks:
        last = link(last, data)
    return last
