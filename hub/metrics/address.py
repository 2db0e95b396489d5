"""Where `hub metrics` answers: an address that this machine alone can reach."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from agent.errors import WrongUse

LISTEN: Final = "127.0.0.1:9466"


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine alone."""

    host: str
    port: int

    @classmethod
    def parsed(cls, text: str) -> "Address":
        """``HOST:PORT``; an IPv6 host in brackets.

        Raises:
            WrongUse: It is not of that form, or others can reach it.
        """
        host, _, port = text.rpartition(":")
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
            raise WrongUse(f"--listen {text} is not HOST:PORT", remedy=f"Use --listen {LISTEN}, or another port.")
        named = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        try:
            is_own = ipaddress.ip_address(named).is_loopback
        except ValueError:
            is_own = False
        if not is_own:
            raise WrongUse(
                f"--listen {text}: {host or 'every address'} is not an address of this machine alone",
                remedy=f"Use --listen {LISTEN}. Let a Prometheus on this machine read it and send it on.",
            )
        return cls(named, int(port))

    def __str__(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"
