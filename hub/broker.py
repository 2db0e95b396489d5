"""Mosquitto's configuration and access list, as `hub init` writes them. EMQX: docs/broker.md."""

import ipaddress
from pathlib import Path


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
# The certificate's name is the user; the ACL pins every device to its own topics.
listener {port}{bind}
cafile {here}/ca.pem
certfile {here}/broker/broker.crt
keyfile {here}/broker/broker.key
crlfile {here}/broker/revoked.pem
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
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
    return f"""# Written by 'wardbeat hub init'.
user hub
topic read wardbeat/v1/{site}/up/+
topic write wardbeat/v1/{site}/down/+
topic readwrite wardbeat/v1/{site}/keys
pattern write wardbeat/v1/{site}/up/%u
pattern read wardbeat/v1/{site}/down/%u
pattern read wardbeat/v1/{site}/keys
"""
