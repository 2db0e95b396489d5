"""The process of the care view: one for a site, until SIGINT or SIGTERM."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from agent.errors import AlreadyRunning, Missing, WrongUse
from agent.system.signals import stop_on_signals
from agent.web.protocol import server_config
from hub.care.oidc import Provider, load_provider
from hub.care.web import tls
from hub.care.web.account import Accounts, account_routes
from hub.care.web.app import SIGN_IN, Answers, Site, make_app
from hub.care.web.desk import Desk
from hub.care.web.entry import Entry
from hub.care.web.handshake import Shaking
from hub.care.web.noticed import Noticed
from hub.care.web.sessions import Sessions
from hub.database import lock_file, unlock_file
from hub.keys.keystore import KeyStore
from hub.site import open_keys
from hub.store.roles import Role
from hub.store.store import Store

log = logging.getLogger(__name__)

LISTEN: Final = "127.0.0.1:8443"
_CONNECTIONS: Final = 512
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with what the operator chose


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `hub view --care`.

    Attributes:
        host, port: To listen at.
        certificate, key: The site's own, PEM; None: one of the hub's CA.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def parsed(cls, listen: str, certificate: Path | None = None, key: Path | None = None) -> "Options":
        """From the words of the command.

        Raises:
            WrongUse: ``listen`` is not of the form HOST:PORT, or one of the two files is missing.
        """
        host, _, port = listen.rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not host or not (port.isascii() and port.isdigit() and int(port) <= 65_535):
            raise WrongUse(f"--listen {listen} is not HOST:PORT", remedy=f"Use --listen {LISTEN}, or another port.")
        if (certificate is None) != (key is None):
            raise WrongUse("--certificate and --key belong together", remedy="Give both, or neither.")
        return cls(host, int(port), certificate, key)


class _Server(uvicorn.Server):
    """Says when it listens, and leaves the signals to `agent.system.signals`."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stop(asyncio.Event):
    """Ends a server."""

    def __init__(self, server: uvicorn.Server) -> None:
        super().__init__()
        self._server = server

    def set(self) -> None:
        super().set()
        self._server.should_exit = True


@dataclass(frozen=True, slots=True)
class Life:
    """How the process shows that it works.

    Attributes:
        alive: Called while the loop turns and the desk finishes what it is given.
        every_s: How often.
    """

    alive: Callable[[], None]
    every_s: float


def serve_folder(folder: Path, options: Options, site: Site, life: Life, ready: Callable[[str], None]) -> None:
    """Serve the care view of a hub's folder until SIGINT or SIGTERM.

    Args:
        folder: As `hub init` made it.
        options: Where, and with which certificate.
        site: Pages and forms.
        life: How the process shows that it works.
        ready: Called with the view's address once it listens.

    Raises:
        AlreadyRunning: Another process serves this site's view.
        Missing: The address, a certificate or the database cannot be used.
        ConfigInvalid: The settings of the OpenID provider are not valid.
    """
    with ExitStack() as undo:
        keys = undo.enter_context(closing(open_keys(folder)))
        undo.enter_context(_alone(folder))
        provider = load_provider(folder)
        store = undo.enter_context(Store(folder, keys, Role.CARE))
        store.learn_revoked()
        desk = undo.enter_context(closing(Desk(keys, store, noticed := Noticed())))
        listener = undo.enter_context(closing(_listener(options)))
        name = name_of(options, keys)
        files = tls.own_certificate(folder, name) if options.certificate is None else (options.certificate, options.key)
        certificate, key = files
        assert key is not None
        names = tls.names_of(certificate)
        port = int(listener.getsockname()[1])
        hosts = tls.hosts(names, port)
        shaking = Shaking(tls.server_context(folder, certificate, key), noticed)
        shown = name if name in names else next((one for one in names if "*" not in one), name)
        where = f"https://{f'[{shown}]' if ':' in shown else shown}:{port}"
        app = _app(site, desk, hosts, noticed, provider)
        asyncio.run(_serve(app, shaking, listener, desk, life, lambda: ready(where)))


def _app(site: Site, desk: Desk, hosts: frozenset[str], noticed: Noticed, provider: Provider | None) -> Entry:
    sessions = Sessions()
    answers = Answers(site, desk, sessions, by_account=provider is not None)
    more = account_routes(Accounts(provider, desk, sessions, noticed)) if provider else []
    opens = frozenset({"/", SIGN_IN, *(route.path for route in more)})
    return Entry(make_app(site, answers, more), hosts, sessions, noticed, opens)


async def _serve(
    app: Entry, shaking: Shaking, listener: socket.socket, desk: Desk, life: Life, ready: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it logs a line for each request that is no HTTP

    def look() -> None:
        """Alive is a loop that turns and a desk that finishes what it is given."""
        if not server.should_exit:
            loop.run_in_executor(desk.pool, _nothing).add_done_callback(lambda _: life.alive())
            loop.call_later(life.every_s, look)

    def started() -> None:
        ready()
        look()

    server = _Server(server_config(app, shaking.protocol, _CONNECTIONS), started)
    stop_on_signals(_Stop(server))
    await server.serve(sockets=[listener])


def _nothing() -> None:
    """The desk is free."""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process serves this site's view meanwhile.

    Raises:
        AlreadyRunning: Another one does.
    """
    try:
        lock = lock_file(folder / "view-care.lock")
    except AlreadyRunning as error:
        raise AlreadyRunning(
            "the care view of this site is already served by another process", remedy="Stop that one first."
        ) from error
    try:
        yield
    finally:
        unlock_file(lock)


def _listener(options: Options) -> socket.socket:
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except OSError as error:
        raise Missing(
            f"{options.host}:{options.port} cannot be listened at: {error.strerror or error}",
            remedy="Choose another address of this machine with --listen, or stop what listens there.",
        ) from error


def name_of(options: Options, keys: KeyStore) -> str:
    """By which browsers ask for the view: the address that it listens at, or the site's host where it is every one."""
    return keys.text("host") if options.host in _EVERYWHERE else options.host
