"""`hub init` and `hub invite`: a site's folder, its certificate authority, and a broker's configuration.

root.key        offline: copy it away and delete it here; needed again in a year
keys.db         keys, devices, withdrawals            hub.db     what was received
ca.pem ca.key   issue certificates                    broker/    mosquitto.conf, acl, certificate
hub.crt hub.key the hub's own client certificate
"""

import datetime as dt
import ipaddress
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.wire.enroll import Bundle, armor, check_names
from agent.wire.keys import SEED_BYTES, SignKey
from hub.keystore import KeyStore

_ENCODING: Final = serialization.Encoding.PEM
_DEVICE_DAYS, _SERVER_DAYS, _CA_DAYS = 365, 825, 3650


@dataclass(frozen=True, slots=True)
class Site:
    """What `hub init` was told."""

    name: str
    operator: str
    host: str
    port: int
    synthetic: bool = False


def init(folder: Path, site: Site) -> None:
    """Make a site's folder.

    Raises:
        WrongUse: A site is there already, or the name cannot stand in a topic.
    """
    if (folder / "keys.db").exists():
        raise WrongUse(f"{folder} holds a hub already", remedy="Choose an empty folder; nothing is overwritten.")
    try:
        check_names(site.name, site.operator, site.host, site.port)
    except WireRefused as refused:
        raise WrongUse(str(refused), remedy="See 'wardbeat hub init --help'.") from refused
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise WrongUse(f"{folder} cannot be made: {error.strerror}", remedy="Choose another folder.") from error
    root_seed = os.urandom(SEED_BYTES)
    write_secret(folder / "root.key", root_seed.hex().encode() + b"\n")
    _make_ca(folder)
    issue(folder, "hub", folder / "hub", server=None)
    broker = folder / "broker"
    broker.mkdir(mode=0o700)
    issue(folder, "broker", broker / "broker", server=site.host)
    (broker / "mosquitto.conf").write_text(_mosquitto_conf(folder, site))
    (broker / "acl").write_text(_acl(site.name))
    keys = KeyStore(folder)
    keys.found(
        {
            "site": site.name.encode(),
            "operator": site.operator.encode(),
            "host": site.host.encode(),
            "port": str(site.port).encode(),
            "synthetic": b"1" if site.synthetic else b"0",
        },
        SignKey.of(root_seed),
        int(time.time()),
    )
    keys.close()


def open_keys(folder: Path) -> KeyStore:
    """The key store of a site.

    Raises:
        KeysMissing: There is no hub here.
    """
    if not (folder / "keys.db").exists():
        raise KeysMissing(f"there is no hub in {folder}", remedy="Make one with 'wardbeat hub init'.")
    return KeyStore(folder)


def invite(folder: Path) -> str:
    """A bundle for one device, armored; its code works once."""
    keys = open_keys(folder)
    bundle = Bundle(
        site=keys.site,
        operator=keys.operator,
        host=keys.value("host").decode(),
        port=int(keys.value("port")),
        ca_pem=(folder / "ca.pem").read_bytes(),
        root_public=keys.value("root public"),
        directory_floor=keys.version(),
        synthetic=keys.synthetic,
        code=keys.new_code(),
    )
    keys.close()
    return armor("BUNDLE", bundle.encode())


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that this user alone can read."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)


def issue(folder: Path, common_name: str, stem: Path, *, server: str | None) -> None:
    """A key and certificate of the site's CA, as STEM.key and STEM.crt."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify(folder, common_name, key.public_key(), server=server)
    write_secret(stem.with_suffix(".key"), _pem(key))
    stem.with_suffix(".crt").write_bytes(certificate.public_bytes(_ENCODING))


def certify(
    folder: Path, common_name: str, public: ec.EllipticCurvePublicKey, *, server: str | None
) -> x509.Certificate:
    """A client certificate, or with ``server`` (a host name or address) a server's."""
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise KeysMissing("ca.key is not an elliptic-curve key", remedy="Restore the file that 'hub init' wrote.")
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if server is None else ExtendedKeyUsageOID.SERVER_AUTH
    builder = _certificate(common_name, public, ca.subject, _DEVICE_DAYS if server is None else _SERVER_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    if server is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(_names(server)), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _make_ca(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wardbeat site CA")])
    builder = _certificate("wardbeat site CA", key.public_key(), name, _CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        critical=True,
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    write_secret(folder / "ca.key", _pem(key))
    (folder / "ca.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(_ENCODING))


def _certificate(
    common_name: str, public: ec.EllipticCurvePublicKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _names(server: str) -> list[x509.GeneralName]:
    try:
        return [x509.IPAddress(ipaddress.ip_address(server))]
    except ValueError:
        return [x509.DNSName(server)]


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_ENCODING, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _mosquitto_conf(folder: Path, site: Site) -> str:
    here = folder.resolve()
    try:
        bind = f" {ipaddress.ip_address(site.host)}"
    except ValueError:
        bind = ""  # a name is how devices find the broker; it listens everywhere
    return f"""# Written by 'wardbeat hub init'. Start it as the user who ran init, not as root
# (mosquitto gives root up and could then not read this folder): mosquitto -c mosquitto.conf
# The certificate's name is the user; the ACL pins every device to its own topics.
listener {site.port}{bind}
cafile {here}/ca.pem
certfile {here}/broker/broker.crt
keyfile {here}/broker/broker.key
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {here}/broker/acl
max_packet_size 65536
max_queued_messages 100000
persistence true
persistence_location {here}/broker/
autosave_interval 60
"""


def _acl(site: str) -> str:
    return f"""# Written by 'wardbeat hub init'.
user hub
topic read wardbeat/v1/{site}/up/+
topic write wardbeat/v1/{site}/down/+
topic readwrite wardbeat/v1/{site}/keys
pattern write wardbeat/v1/{site}/up/%u
pattern read wardbeat/v1/{site}/down/%u
pattern read wardbeat/v1/{site}/keys
"""
