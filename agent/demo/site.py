"""The demo's own site: a hub, a broker in this process, and a synthetic person who is enrolled and has consented."""

import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.config import Settings
from agent.control import client
from agent.enrollment import consent_key, identity
from agent.privacy.vault import open_vault
from agent.tables.profiles import Profile
from agent.wire.armor import armor, dearmor

if TYPE_CHECKING:
    from hub.store import Store

SITE: Final = "demo"
OPERATOR: Final = "Demo scoring service"
PIN: Final = "demo-pin-of-nobody"


@contextmanager
def hub_file(hub: Path) -> "Iterator[Store]":
    from hub.site import open_keys
    from hub.store import Store

    keys = open_keys(hub)
    try:
        with Store(hub, keys) as store:
            yield store
    finally:
        keys.close()


def enroll_person(folder: Path, settings: Settings, profile: Profile, port: int, from_utc_s: int) -> None:
    """The same steps as a person's, with a PIN made up for a person made up."""
    from hub import enroll, site

    site.init(folder / "hub", site.Site(SITE, OPERATOR, "127.0.0.1", port, synthetic=True))
    settings.state_dir.mkdir(mode=0o700)
    vault = open_vault(settings.state_dir, "file")
    bundle = dearmor("BUNDLE", site.invite(folder / "hub"))
    request = identity.begin(settings.state_dir, vault, bundle, PIN)
    answer = enroll.admit(folder / "hub", armor("REQUEST", request))
    enrolled = identity.finish(settings.state_dir, vault, dearmor("ANSWER", answer))
    wanted = consent_key.grants(profile, enrolled.bundle.operator, consent_key.signals(settings))
    client.give_consent(settings, profile, wanted, PIN, from_utc_s)


@asynccontextmanager
async def broker(hub: Path, port: int) -> AsyncIterator[None]:
    """Amqtt on loopback, with the site's certificate. It forgets messages for whoever is away: a demo's broker."""
    from amqtt.broker import Broker

    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    broker = Broker(
        {
            "listeners": {
                "default": {
                    "type": "tcp",
                    "bind": f"127.0.0.1:{port}",
                    "ssl": True,
                    "cafile": str(hub / "ca.pem"),
                    "certfile": str(hub / "broker" / "broker.crt"),
                    "keyfile": str(hub / "broker" / "broker.key"),
                }
            },
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield
    finally:
        await broker.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
