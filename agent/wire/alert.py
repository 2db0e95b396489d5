"""One alert as the hub sends it to its person: signed by a score key. It names a rule and no value.

alert = ["alert", body, signature]          signature over [label, site, body] by a score key of the directory
body  = encoded [device, serial, number, revision, rule, state, since day, made at UTC s, team from UTC s (0: never)]
"""

from dataclasses import dataclass

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.codec import Fields
from agent.wire.keys import SignKey, verify
from agent.wire.labels import Label
from agent.wire.receipt import AlertMessage
from agent.wire.statement import LAST_DAY


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, as it stands at its revision.

    Attributes:
        device: The random name that it is for.
        serial: Of the consent that its fact rests on.
        number: The hub's, from 1.
        revision: Grows with each change of the state.
        rule: A name of the table ``rules``.
        state: A name of the table ``alert_states``.
        since_day: First day of the fact: days since 1970.
        made_utc_s: When the hub saw the fact.
        team_utc_s: When the team reads it, or read it; 0: never.
    """

    device: str
    serial: int
    number: int
    revision: int
    rule: str
    state: str
    since_day: int
    made_utc_s: int
    team_utc_s: int = 0

    def encode(self) -> bytes:
        """The body."""
        rule, state = codes.codes("rules")[self.rule], codes.codes("alert_states")[self.state]
        head: list[codec.Item] = [self.device, self.serial, self.number, self.revision, rule, state]
        return codec.encode([*head, self.since_day, self.made_utc_s, self.team_utc_s])

    def signed(self, key: SignKey, site: str) -> AlertMessage:
        """The answer that a device takes."""
        body = self.encode()
        return AlertMessage(body, key.sign(Label.ALERT, site, body))


def is_signed(message: AlertMessage, public: bytes, site: str) -> bool:
    """Whether this score key signed it."""
    return verify(public, message.signature, Label.ALERT, site, message.body)


def decode_alert(body: bytes) -> Alert:
    """Strict inverse of `Alert.encode`.

    Raises:
        WireRefused: ``malformed``, or ``schema_too_new`` for a code that we do not know.
    """
    row = Fields(codec.decode(body), 9)
    device, serial, number, revision = row.text(), row.uint(), row.uint(), row.uint()
    rule, state, since_day = row.uint(), row.uint(), row.uint()
    made_utc_s, team_utc_s = row.utc_s(), row.utc_s()
    if rule not in codes.names("rules") or state not in codes.names("alert_states"):
        raise WireRefused("schema_too_new", "unknown code in an alert")
    if number < 1 or since_day > LAST_DAY:
        raise WireRefused("malformed", "an alert is not valid")
    names = codes.names("rules")[rule], codes.names("alert_states")[state]
    return Alert(device, serial, number, revision, *names, since_day, made_utc_s, team_utc_s)
