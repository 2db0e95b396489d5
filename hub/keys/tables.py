"""The tables of `keys.db`: what must outlive a database backup, or must not be in one."""

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table, select

from hub.database import put_site

META: Final = MetaData()
SITE = Table("site", META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
KEM = Table(
    "kem",
    META,
    Column("kid", LargeBinary, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    Column("not_after_utc_s", BigInteger, nullable=False),
)
DEVICE = Table(
    "device",
    META,
    Column("kid", LargeBinary, primary_key=True),
    Column("device", String, nullable=False, unique=True),
    Column("sign_public", LargeBinary, nullable=False),
    Column("receive_public", LargeBinary, nullable=False),
    Column("consent_public", LargeBinary, nullable=False),
    Column("withdrawn_serial", BigInteger, nullable=False, default=0),
    Column("erased_serial", BigInteger, nullable=False, default=-1),
    Column("revoked", Integer, nullable=False, default=0),
    Column("schema", Integer),  # that the device stated; none: the first
)
CODE = Table(
    "code",
    META,
    Column("hash", LargeBinary, primary_key=True),
    Column("used", Integer, nullable=False),  # 0 open, 1 used, 2 void
    Column("made_utc_s", BigInteger),
    Column("label", String),  # the study label of the person that it is for; emptied when the code is used or void
    Column("pass_name", String),  # by which the broker knows the bearer of its pass
    Column("seal", LargeBinary),  # what messages about it are sealed with; emptied when it ends or is void
    Column("at_once", Integer),  # 1: the bundle was handed over in person, and its first request is admitted
)
# Requests that came through the broker, until their code ends: the answer waits here for the next question.
WAITING = Table(
    "waiting",
    META,
    Column("request", LargeBinary, primary_key=True),  # hash of the paper
    Column("code", LargeBinary, nullable=False),  # hash of the bundle's code
    Column("paper", LargeBinary, nullable=False),
    Column("came_utc_s", BigInteger, nullable=False),
    Column("device", LargeBinary),  # once it is admitted
    Column("answer", LargeBinary),
    Column("trouble", String),  # why the hub refused it, or the machine the answer
)
# What people of a study are called; here and nowhere else, so that no dump of the database holds it.
LABEL = Table("label", META, Column("device", LargeBinary, primary_key=True), Column("label", String, nullable=False))
DATA_KEY = Table(
    "data_key",
    META,
    Column("name", LargeBinary, primary_key=True),
    Column("device", LargeBinary, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Index("data_key_of", "device", "serial", unique=True),
)
CERTIFICATE = Table(
    "certificate",
    META,
    Column("serial", String, primary_key=True),
    Column("device", LargeBinary, nullable=False),
    Column("issued_utc_s", BigInteger, nullable=False),
    Column("der", LargeBinary, nullable=False),
)
RECOVERY = Table(
    "recovery",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("public", LargeBinary, nullable=False, index=True),
)
ERASURE = Table(
    "erasure",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("asked_utc_s", BigInteger, nullable=False),
    Column("erased_utc_s", BigInteger, nullable=False),
    Column("backups_end_utc_s", BigInteger, nullable=False),
    Column("kept", BigInteger),
)
MACHINE = Table(
    "machine",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("machine", LargeBinary, nullable=False, index=True),
)
# Who may come into the care view. A row is a certificate or an account; nobody who was revoked is forgotten.
STAFF = Table(
    "staff",
    META,
    Column("credential", String, primary_key=True),  # fingerprint of the certificate, or issuer and subject
    Column("kind", String, nullable=False),  # `certificate` or `oidc`
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("added_utc_s", BigInteger, nullable=False),
    Column("until_utc_s", BigInteger, nullable=False),
    Column("revoked_utc_s", BigInteger, nullable=False),  # 0: is not
)
# What names a person beside the data keys: an erasure deletes the device's rows of these.
PERSONAL: Final = (LABEL, WAITING)
CHANGES: Final = "changes"


def mark_changed(db: Connection) -> None:
    """Count a change in this transaction: other processes then discard what they cached."""
    known = db.execute(select(SITE.c.value).where(SITE.c.name == CHANGES)).scalar()
    put_site(db, SITE, CHANGES, str(int(known or b"0") + 1).encode())
