"""CHECKS: one row a check of `wardbeat doctor`. Ids are stable: monitoring systems rely on them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.sources import SOURCES
from agent.sources import SensorCheck as Check

__all__ = ["CHECKS", "Check", "CheckSpec", "documented", "exit_code"]
FAILED, WRONG_USE, MISSING = 1, 2, 3


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One row.

    Attributes:
        check_id: Stable; given once.
        words: When it fails; as docs/operate.md has it.
        exit_code: What doctor ends with when it fails; the highest of all that failed.
        is_personal: It is there, or holds, by what the person does: a monitor hears of it only if it fails.
    """

    check_id: str
    words: str
    exit_code: int = FAILED
    is_personal: bool = False


CHECKS: Final[dict[str, CheckSpec]] = {
    spec.check_id: spec
    for spec in (
        CheckSpec("settings", "the settings or the machine's policy cannot be used", WRONG_USE),
        CheckSpec("python", "Python is older than 3.11", MISSING),
        CheckSpec("tls13", "OpenSSL has no TLS 1.3", MISSING),
        CheckSpec("machine_policy", "never; it names the policy file"),
        CheckSpec("profile", "never; it names the profile"),
        CheckSpec("state", "there is no state folder, or it is on a network file system", MISSING),
        CheckSpec("state_private", "the state folder is another user's, or open to others"),
        CheckSpec("state_writable", "the folder or a file in it cannot be written"),
        CheckSpec("state_path", "the folder's path is too long for the control socket"),
        CheckSpec("disk", "less than 100 MB or fewer than 100 files are free"),
        CheckSpec("data_key", "the key store does not respond, or the data key is missing or open to others", MISSING),
        CheckSpec("history", "the history cannot be read"),
        CheckSpec("enrolled", "the profile lets something leave, and this machine is not enrolled", MISSING),
        CheckSpec("keys", "the TLS keys of this machine cannot be used", MISSING),
        CheckSpec("certificate", "this machine's certificate has not begun, has ended, or ends within 14 days"),
        CheckSpec("directory", "the hub's key directory has not begun, or has ended"),
        CheckSpec("clock", "this computer's clock is wrong"),
        CheckSpec("revoked", "the hub's operator has revoked this machine"),
        CheckSpec("broker", "the broker cannot be used: network, TLS, access, MQTT version"),
        CheckSpec("receipts", "the agent has run for 30 minutes without a receipt from the hub"),
        CheckSpec("consent", "never; it says whether consent is given", is_personal=True),
        CheckSpec("ledger", "the ledger's chain or a receipt does not verify"),
        CheckSpec("outbox", "the outbox cannot be read, or nine tenths of its limit wait"),
        CheckSpec("news", "never; one for each notice", is_personal=True),
        CheckSpec("notices", "never; it says whether the desktop shows what you switched on", is_personal=True),
        CheckSpec("camera_plan", "never; it says when the camera runs, where it runs in sessions", is_personal=True),
        CheckSpec("agent", "no agent runs, it is busy, or it has another profile", MISSING),
        CheckSpec("hub", "the running agent reports trouble with the hub's answers"),
        CheckSpec("trouble", "the running agent reports trouble that no other check names"),
        CheckSpec("evidence", "the papers of 'wardbeat evidence' are missing or changed"),
        CheckSpec("time_limit", "a part did not answer within 15 s", MISSING),
    )
}


def documented() -> dict[str, tuple[str, int]]:
    """Every id with its words and exit code: those of CHECKS, then those of sensors."""
    found = {spec.check_id: (spec.words, spec.exit_code) for spec in CHECKS.values()}
    for row in SOURCES.values():
        found |= {check_id: (words, MISSING) for check_id, words in row.checks.items()}
    return found


def exit_code(checks: Iterable[Check]) -> int:
    """What doctor ends with: 0 when nothing failed, else the highest code of what did. A sensor's checks count 3."""
    failed = [check.check_id for check in checks if check.ok is False]
    return max((CHECKS[one].exit_code if one in CHECKS else MISSING for one in failed), default=0)
