"""The tables of a hub's data base; what must not stand in a backup of it is in `keystore`.

`migrations` brings an older base to these.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

META = MetaData()
SITE = Table("site", META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
# One row a device: whoever stores or ends something of it holds this row's lock until commit. The serials are the
# key store's, kept here too, so that neither file can be put back alone and forget an end.
DEVICE = Table(
    "device",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("withdrawn_serial", BigInteger, nullable=False),
    Column("erased_serial", BigInteger, nullable=False),
    Column("revoked", Integer),  # 1: believed no more
)
SEEN = Table(
    "seen",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("kem", LargeBinary, nullable=False),
    Index("seen_kem", "kem"),
)
STREAM = Table(
    "stream",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("max_seq", BigInteger, nullable=False),
    Column("ledger_index", BigInteger, nullable=False),
    Column("head_before", LargeBinary, nullable=False),
)
ROW = Table(
    "row",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("serial", BigInteger, nullable=False),  # of the consent it hangs on; 0 for none
    Column("data_key", LargeBinary, nullable=False),  # name of the key that the words are under
    Column("words", LargeBinary, nullable=False),
    # a keyed digest of what is said, so that a window sealed anew by a device is not stored a second time
    Column("said", LargeBinary, nullable=False),
    Index("row_said", "device", "said"),
)
CONSENT = Table(
    "consent",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("serial", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("from_utc_s", BigInteger),  # the record's own
    Index("consent_hash", "device", "hash"),
)
COUNTER = Table("counter", META, Column("name", String, primary_key=True), Column("n", BigInteger, nullable=False))
QUARANTINE = Table(
    "quarantine",
    META,
    Column("id", Integer, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("device", LargeBinary),  # it is gone with the device's erasure
)
