"""What the person asks of the care team as it goes to the running agent over the control socket, and its answer."""

import json
from dataclasses import asdict

from agent.errors import WrongUse
from agent.outbox import Outbox
from agent.outbox.asks import Wish

_LEAVES = "It leaves with one of the next envelopes, while this machine is online."
_WAITS = " The hub has not said yet that it understands this. Where it is of an older release, your words wait here."


def encode_wish(wish: Wish) -> str:
    """As JSON."""
    return json.dumps(asdict(wish))


def decode_wish(argument: str) -> Wish:
    """Inverse of `encode_wish`.

    Raises:
        WrongUse: It is nothing of that kind.
    """
    try:
        given = json.loads(argument)
        wish = Wish(**given)
    except (ValueError, TypeError, RecursionError) as error:
        raise WrongUse("this is nothing that a care team can be asked") from error
    if type(wish.what) is not str or type(wish.about) is not int or type(wish.words) is not str:
        raise WrongUse("this is nothing that a care team can be asked")
    return wish


def answer(outbox: Outbox, wish: Wish, operator: str | None) -> str:
    """What the person reads when it is sealed."""
    said = {
        "see": f"You ask the care team of {operator} to look at your weeks.",
        "take_back": "Taken back: you do not ask to be seen any more.",
        "hold": f"Alert {wish.about} is held: the team reads it 24 hours after it came here, not earlier.",
        "seen": f"Noted: you have read alert {wish.about}.",
    }
    waits = "" if outbox.hub_knows_schema_2() else _WAITS
    return f"{said[wish.what]} {_LEAVES}{waits}"
