"""Mosquitto's configuration and access list, as `hub init` writes them. Other brokers: docs/hub.md."""

import ipaddress
import re
import secrets
from pathlib import Path
from typing import Final

from agent.wire.bootstrap import NAME_PREFIX

WORKERS_MOST: Final = 16
PASSES: Final = 200  # names under which machines without an identity may reach the hub


def user_of(worker: int) -> str:
    """The name in a worker's certificate, its user and client id at the broker: ``hub``, ``hub-2``, ...

    Each worker has a certificate of its own, because the broker keeps one session for each name.
    """
    return "hub" if worker == 1 else f"hub-{worker}"


def pass_names() -> tuple[str, ...]:
    """The user names of passes at the broker: ``enroll-000``, ``enroll-001``, ..."""
    return tuple(f"{NAME_PREFIX}{n:03d}" for n in range(PASSES))


def mosquitto_conf(folder: Path, host: str, port: int) -> str:
    """The text of mosquitto.conf.

    Args:
        folder: The hub's; certificates and the access list are read from it.
        host: An address is bound; with a name the broker listens on every address.
        port: The TLS port.
    """
    here = folder.resolve()
    try:
        bind = f" {ipaddress.ip_address(host)}"
    except ValueError:
        bind = ""  # a name is how devices find the broker; it listens everywhere
    return f"""# Written by 'wardbeat hub init'. Start it as the user who ran init, not as root
# (mosquitto gives root up and could then not read this folder): mosquitto -c mosquitto.conf
# The certificate's name is the user and the client id, so that nobody can take over another's session;
# the ACL pins every device to its own topics.
listener {port}{bind}
cafile {here}/ca.pem
certfile {here}/broker/broker.crt
keyfile {here}/broker/broker.key
crlfile {here}/broker/revoked.pem
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {here}/broker/acl
max_packet_size 65536
max_queued_messages 100000
max_queued_bytes 500000000
max_inflight_messages 1000
persistence true
persistence_location {here}/broker/
autosave_interval 60
"""


def rabbitmq_rights(site: str, user: str) -> tuple[tuple[str, ...], ...]:
    """The arguments of ``rabbitmqctl`` that make a user of RabbitMQ's MQTT plugin and let it do what `acl` lets it do.

    Args:
        site: The site's name.
        user: A device's random name, a pass's, or a worker's (see `user_of`).
    """
    base, queue = rf"wardbeat\.v1\.{re.escape(site)}", rf"mqtt-subscription-{user}.*"
    own, keys = rf"{base}\.up\.{user}", rf"{base}\.keys"
    says, hears = own, rf"({base}\.down\.{user}|{keys})"
    if user.startswith(NAME_PREFIX):
        hears = rf"{base}\.down\.{user}"
    elif user.partition("-")[0] == "hub":
        says, hears = rf"({own}|{base}\.down\.[^.]+|{keys})", rf"({base}\.up\.([^.]+|\*)|{keys})"
    both = rf"^({queue}|amq\.topic)$"
    return (
        ("add_user", user, secrets.token_hex(16)),  # it logs in by its certificate; nobody knows this password
        ("set_permissions", "-p", "/", user, rf"^{queue}$", both, both),
        ("set_topic_permissions", "-p", "/", user, "amq.topic", rf"^{says}$", rf"^{hears}$"),
    )


def acl(site: str) -> str:
    """The text of the access list: each device may write its own ``up`` topic and read its own ``down`` topic and the
    directory of keys; a pass the first two alone.
    """
    workers = "".join(
        f"""user {user_of(worker)}
topic read wardbeat/v1/{site}/up/+
topic write wardbeat/v1/{site}/down/+
topic readwrite wardbeat/v1/{site}/keys
"""
        for worker in range(1, WORKERS_MOST + 1)
    )
    # a pass may say and hear what is its own, and not even the directory of keys
    passes = "".join(f"user {name}\ntopic deny wardbeat/v1/{site}/keys\n" for name in pass_names())
    return f"""# Written by 'wardbeat hub init'. Patterns hold for every user, the hub too: it probes itself.
{workers}{passes}pattern write wardbeat/v1/{site}/up/%u
pattern read wardbeat/v1/{site}/down/%u
pattern read wardbeat/v1/{site}/keys
"""
