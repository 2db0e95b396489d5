"""The two steps of an enrollment, under the lock that a running agent holds."""

import time

from agent.config import Settings
from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.outbox import Outbox, consents
from agent.privacy.vault import existing_vault, open_vault
from agent.system import host


def begin_enrollment(settings: Settings, bundle: bytes, pin: str, *, replace_old: bool) -> bytes:
    """Make this machine's keys; the request for the hub. What older keys sealed is retired first.

    Raises:
        AlreadyRunning: Stop the agent first: it holds the old keys.
        WrongUse: Enrolled already and not told to replace.
    """
    folder = host.private_dir(settings.state_dir)
    with host.only_one(folder / "agent.lock"):
        vault = open_vault(folder, settings.key_store)
        identity.check(folder, bundle, pin, replace_old=replace_old)  # before anything old is touched
        if replace_old and (folder / "outbox.db").exists():
            with Outbox(folder / "outbox.db", vault, None) as outbox:
                consents.retire(outbox, int(time.time()))
        return identity.begin(folder, vault, bundle, pin, replace_old=replace_old)


def finish_enrollment(settings: Settings, answer: bytes) -> Identity:
    """Take the hub's answer over.

    Raises:
        AlreadyRunning: Stop the agent first; it starts with the new keys.
        KeysMissing, WireRefused: As `identity.finish`.
    """
    vault = existing_vault(settings.state_dir, settings.key_store)
    with host.only_one(settings.state_dir / "agent.lock"):
        return identity.finish(settings.state_dir, vault, answer)
