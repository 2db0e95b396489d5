"""The tables of a hub's data file; what must not stand in a backup is in `keystore`."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

META = MetaData()
SITE = Table("site", META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
SEEN = Table(
    "seen",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("kem", LargeBinary, nullable=False),
)
STREAM = Table(
    "stream",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("max_seq", Integer, nullable=False),
    Column("ledger_index", Integer, nullable=False),
    Column("head_before", LargeBinary, nullable=False),
)
ROW = Table(
    "row",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("serial", Integer, nullable=False),  # of the consent it hangs on; 0 for none
    Column("words", LargeBinary, nullable=False),
)
CONSENT = Table(
    "consent",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("serial", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Index("consent_hash", "device", "hash"),
)
COUNTER = Table("counter", META, Column("name", String, primary_key=True), Column("n", Integer, nullable=False))
QUARANTINE = Table(
    "quarantine",
    META,
    Column("id", Integer, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)
