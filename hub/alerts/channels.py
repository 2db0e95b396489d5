"""Channels to the team: what each says, which is how many messages there are in Wardbeat, and nothing else."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import Missing
from agent.system import host

TIMEOUT_S: Final = 10.0  # of one wait
WHOLE_S: Final = 30.0


class NotDelivered(Exception):
    """A channel did not take a message over.

    Attributes:
        cause: One of a few words, without an address and without what the server said.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class MailChannel:
    """E-mail.

    Attributes:
        server, port: Of SMTP.
        starts_tls: STARTTLS before anything is said; else TLS from the beginning.
        sender, to: Addresses.
        user, password_file: Of the login; empty: none.
        ca_file: Certificates that sign the server's; None: those of the system.
    """

    server: str
    port: int
    starts_tls: bool
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """An HTTPS POST, signed.

    Attributes:
        host, port, path: Of the address.
        secret_file: Holds the secret of the signature.
        ca_file: As `MailChannel`.
    """

    host: str
    port: int
    path: str
    secret_file: Path
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a site.

    Attributes:
        name: As the site calls it.
        way: How it delivers.
        a_day: Most messages of a day (UTC).
        is_lead: It gets what nobody acknowledged, instead of what is new.
    """

    name: str
    way: MailChannel | WebhookChannel
    a_day: int
    is_lead: bool = False


def words(count: int) -> str:
    """All that leaves; of none it is the sentence of a test.

    >>> words(0)
    'This is a test: no message waits in Wardbeat.'
    >>> words(1)
    'There is one message in Wardbeat.'
    >>> words(3)
    'There are 3 messages in Wardbeat.'
    """
    if count == 0:
        return "This is a test: no message waits in Wardbeat."
    return "There is one message in Wardbeat." if count == 1 else f"There are {count} messages in Wardbeat."


def secret(file: Path) -> bytes:
    """What a secret file holds, without the line's end.

    Raises:
        NotDelivered: It cannot be read, is empty, or others than its owner may read it.
    """
    try:
        content = host.read_private(file).strip()
    except Missing as error:
        raise NotDelivered(f"{file.name} cannot be read, or others may read it") from error
    if not content:
        raise NotDelivered(f"{file.name} is empty")
    return content


def tls(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that checks the server's certificate and name.

    Raises:
        NotDelivered: The file of certificates cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # an ssl.SSLError, too
        raise NotDelivered("ca_file cannot be read as certificates") from error


def unusable(way: MailChannel | WebhookChannel) -> str:
    """Why the files that a channel names cannot be used; empty: they can. Nothing is sent."""
    try:
        tls(way.ca_file)
        file = way.password_file if isinstance(way, MailChannel) else way.secret_file
        if file is not None:
            secret(file)
    except NotDelivered as error:
        return error.cause
    return ""


@contextmanager
def at_most(seconds: float, connected: Callable[[], socket.socket | None]) -> Iterator[None]:
    """End a connection that is not done within this time, however slowly the other side goes on.

    Args:
        seconds: For all of it; each single wait has a separate limit.
        connected: The socket, once there is one.
    """

    def end() -> None:
        sock = connected()
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
