"""The two steps of an enrollment, under the lock that a running agent holds."""

import time
from dataclasses import dataclass
from pathlib import Path

from agent.config import Settings
from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.outbox import Outbox, consents
from agent.privacy.vault import Vault, existing_vault, open_vault
from agent.system import host
from agent.wire.bootstrap import Pass, decode_pass
from agent.wire.enroll import Bundle


@dataclass(frozen=True, slots=True)
class Begun:
    """An enrollment whose request can be sent through the broker."""

    bundle: Bundle
    pass_: Pass
    request: bytes


def begin_enrollment(
    settings: Settings, bundle: bytes, pin: str, *, replace_old: bool, pass_: bytes | None = None
) -> bytes:
    """Make this machine's keys; the request for the hub. What older keys sealed is retired first. A pass is kept beside
    the request, so that it can travel through the broker.

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
        request = identity.begin(folder, vault, bundle, pin, replace_old=replace_old)
        if pass_ is not None:
            host.write_private(folder / "keys" / identity.PASS_FILE, pass_)
        return request


def begun_at(folder: Path, vault: Vault) -> Begun | None:
    """An enrollment whose answer is missing; None where there is none to send.

    Raises:
        KeysMissing: Nothing was begun here, or it cannot be opened.
        WireRefused: The pass is damaged.
    """
    begun = identity.load(folder, vault)
    files = [folder / "keys" / name for name in (identity.PASS_FILE, identity.REQUEST)]
    if begun.device or not all(file.exists() for file in files):
        return None
    pass_, request = (host.read_private(file) for file in files)
    return Begun(begun.bundle, decode_pass(pass_), request)


def begun_enrollment(settings: Settings) -> Begun | None:
    """The same for a command."""
    return begun_at(settings.state_dir, existing_vault(settings.state_dir, settings.key_store))


def finish_enrollment(settings: Settings, answer: bytes) -> Identity:
    """Take the hub's answer over.

    Raises:
        AlreadyRunning: Stop the agent first; it starts with the new keys.
        KeysMissing, WireRefused: As `identity.finish`.
    """
    vault = existing_vault(settings.state_dir, settings.key_store)
    with host.only_one(settings.state_dir / "agent.lock"):
        return identity.finish(settings.state_dir, vault, answer)
