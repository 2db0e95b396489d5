"""Mosquitto's configuration and access list, as `hub init` writes them. Other brokers: docs/hub.md."""

import ipaddress
from pathlib import Path
from typing import Final

WORKERS_MOST: Final = 16


def user_of(worker: int) -> str:
    """The name in a worker's certificate, its user and client id at the broker: ``hub``, ``hub-2``, ...

    Each worker has a certificate of its own, because the broker keeps one session for each name.
    """
    return "hub" if worker == 1 else f"hub-{worker}"


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


def acl(site: str) -> str:
    """The text of the access list: each device may write its own ``up`` topic and read its own ``down`` topic."""
    workers = "".join(
        f"""user {user_of(worker)}
topic read wardbeat/v1/{site}/up/+
topic write wardbeat/v1/{site}/down/+
topic readwrite wardbeat/v1/{site}/keys
"""
        for worker in range(1, WORKERS_MOST + 1)
    )
    return f"""# Written by 'wardbeat hub init'. Patterns hold for every user, the hub too: it probes itself.
{workers}pattern write wardbeat/v1/{site}/up/%u
pattern read wardbeat/v1/{site}/down/%u
pattern read wardbeat/v1/{site}/keys
"""
