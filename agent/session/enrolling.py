"""Send a request that was made at the page, and keep the answer until the person ends the enrollment there.

The agent takes no answer over. At the page whoever ends an enrollment says the eight words of the bundle and the PIN.
"""

import asyncio
import logging
from typing import Final

from agent.enrollment import identity, steps
from agent.enrollment.steps import Begun
from agent.errors import KeysMissing, Missing, WireRefused
from agent.session.session import Session
from agent.system import host
from agent.system.status import Level

log = logging.getLogger(__name__)

_LOOK_S: Final = 1.0
_AGAIN_S: Final = 30.0
_REFUSED: Final = "Tell the hub's operator: somebody may have used your bundle. Ask for another one."
_FINISH: Final = "Finish on the page, under “First steps”, with the bundle's eight words and your PIN."


async def keep_enrolling(session: Session) -> None:
    """Look for a request whose answer is missing, and fetch it; each request until the hub has decided."""
    decided = b""
    while True:
        begun = _begun(session)
        if begun is None or begun.request == decided:
            await asyncio.sleep(_LOOK_S)
            continue
        try:
            answer = await _fetched(session, begun)
        except Missing as away:
            session.board.set("hub", Level.WAITING, f"the request waits: {away}", away.remedy)
            await asyncio.sleep(_AGAIN_S)
        except WireRefused as refused:
            decided = begun.request
            words = f"the hub refused this machine's request ({refused.reason})"
            session.board.set("hub", Level.TROUBLE, words, _REFUSED)
            log.warning("the hub refused this machine's request (%s). %s", refused.reason, _REFUSED)
        else:
            decided = begun.request
            host.write_private(session.folder / "keys" / identity.ANSWER, answer)
            session.board.set("hub", Level.WAITING, f"{begun.bundle.operator} admitted this machine", _FINISH)


def _begun(session: Session) -> Begun | None:
    if not identity.exists(session.folder) or (session.folder / "keys" / identity.ANSWER).exists():
        return None
    try:
        return steps.begun_at(session.folder, session.vault)
    except (KeysMissing, WireRefused):
        return None  # status and doctor say what is wrong with the keys


async def _fetched(session: Session, begun: Begun) -> bytes:
    """The answer, fetched in a thread that ends soon after this task does."""
    from agent.publisher.enrolling import Way  # paho only where something leaves

    way = Way(session.folder, begun.bundle, begun.pass_, session.settings.mqtt.version)
    session.board.set("hub", Level.WAITING, f"the request is on its way to {begun.bundle.operator}", "")

    def fetch() -> bytes | None:
        with way:
            return way.answer(begun.request)

    try:
        answer = await asyncio.to_thread(fetch)
    finally:
        way.stop()
    return answer or b""
