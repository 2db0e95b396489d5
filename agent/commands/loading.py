"""What most commands begin and end with: the settings, the outbox to read, a reply to print."""

import argparse
import logging
from typing import TYPE_CHECKING

from agent.system.status import say

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.control.channel import Reply
    from agent.outbox import Outbox
    from agent.tables.profiles import Profile


def load(arguments: argparse.Namespace) -> "tuple[Settings, Profile]":
    """The settings and the profile in force.

    Raises:
        ConfigInvalid, PolicyDenied: With the key and the reason.
    """
    from agent import config

    settings, profile = config.load(arguments.config)
    logging.getLogger().setLevel(settings.log_level.upper())
    return settings, profile


def outbox_to_read(settings: "Settings") -> "Outbox":
    """The outbox beside a running agent; nothing is written.

    Raises:
        KeysMissing: There is none yet.
    """
    from agent.errors import KeysMissing
    from agent.outbox import Outbox
    from agent.privacy.vault import existing_vault

    if not (settings.state_dir / "outbox.db").exists():
        raise KeysMissing("there is no outbox here yet", remedy="'wardbeat run' creates it.")
    return Outbox(settings.state_dir / "outbox.db", existing_vault(settings.state_dir, settings.key_store), None)


def print_reply(reply: "Reply") -> int:
    """Print what was answered; the exit code."""
    say(reply.words)
    if reply.remedy:
        say(f"  → {reply.remedy}")
    return reply.exit_code
