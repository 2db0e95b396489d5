"""How the agent becomes a service of the person's own session: one file a service manager."""

from dataclasses import dataclass

from agent.errors import Missing


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What the service manager says.

    Attributes:
        installed: Whether it starts with the person's session.
        running: Whether it runs now.
        lingers: Whether it goes on after the person logs off.
        words: What went wrong last, in the manager's word; empty where nothing did.
    """

    installed: bool
    running: bool
    lingers: bool
    words: str = ""


def unmanaged() -> Missing:
    """The error where this system's services cannot be managed yet."""
    return Missing(
        "services can be managed only where systemd runs",
        remedy="Start 'wardbeat run' at log-in by the means of this system.",
    )
