"""The tables of a hub's database; what must not be in a backup of it is in `hub.keys`.

`migrations` brings an older database to these.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

META = MetaData()
ARRIVALS: Final = "arrivals"  # a row of SITE: the last arrival number given
SITE = Table("site", META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
# One row for each device: whoever stores or ends something of it holds this row's lock until commit. The serials are
# copies of the key store's, so that restoring one of the two files alone loses no withdrawal.
DEVICE = Table(
    "device",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("withdrawn_serial", BigInteger, nullable=False),
    Column("erased_serial", BigInteger, nullable=False),
    Column("revoked", Integer),  # 1: refused
    Column("code", LargeBinary),  # the key store's own, over the three before; see `hub.store.ends`
    # How far its ledger has come, over all streams, and the chain's head before that row.
    Column("ledger_index", BigInteger),
    Column("head_before", LargeBinary),
    # Never written: PostgreSQL lets only those lock a row who may change a column of it, and `hub score` changes none.
    Column("locked", Integer),
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
    Column("begun_utc_s", BigInteger),  # when its first envelope was stored; NULL before version 7
)
ROW = Table(
    "row",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("stream", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("serial", BigInteger, nullable=False),  # of the consent it depends on; 0 for none
    Column("data_key", LargeBinary, nullable=False),  # name of the key that the words are under
    Column("words", LargeBinary, nullable=False),
    # a keyed digest of the content, so that a window that a device seals again is not stored twice
    Column("said", LargeBinary, nullable=False),
    # Order of arrival, from 1. ARRIVALS holds the last number given; see `StoreTransaction._number`.
    Column("arrival", BigInteger, nullable=False),
    Index("row_said", "device", "said"),
    Index("row_arrival", "arrival", unique=True),
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
# The features that a consent names, as the person's key signed them; none for a consent of release 0.1.0.
FEATURES = Table(
    "features",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),  # of the consent record
    Column("feature_ids", LargeBinary, nullable=False),  # encoded as on the wire
    Column("grants", LargeBinary),  # those that the record cannot hold, encoded as on the wire; NULL: none
    Column("signature", LargeBinary, nullable=False),
)
# The day (UTC, days since 1970) on which each device was last heard, and the last arrival number when each day began.
# Envelopes come at a constant rate, so a day says that a device works, and nothing about when it was worn.
CONTACT = Table(
    "contact", META, Column("device", LargeBinary, primary_key=True), Column("day", BigInteger, nullable=False)
)
DAY = Table(
    "day",
    META,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("arrival", BigInteger, nullable=False),
)
COUNTER = Table("counter", META, Column("name", String, primary_key=True), Column("n", BigInteger, nullable=False))
QUARANTINE = Table(
    "quarantine",
    META,
    Column("id", Integer, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("device", LargeBinary),  # its sender: erasing the device deletes the row
)
# What is to be scored: written in the transaction that stores its row, deleted in the one that stores the score.
DUE = Table(
    "due",
    META,
    Column("arrival", BigInteger, primary_key=True, autoincrement=False),
    Column("device", LargeBinary, nullable=False),
    Column("taken_ms", BigInteger, nullable=False),  # UTC, when its row was stored
    Index("due_device", "device"),
)
# What scoring needs of a person, made from rows and made again from them at any time. `digest`, `score` and `down` are
# encrypted under the device's data key for rows without a consent, which every erasure destroys.
DIGEST = Table(
    "digest",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("part", String, primary_key=True),  # `person`, or `day`: the windows of one day
    Column("day", BigInteger, primary_key=True),  # days since 1970 on the person's clock; 0 for `person`
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
SCORE = Table(
    "score",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("day", BigInteger, primary_key=True),  # the last of its seven days
    Column("revision", BigInteger, primary_key=True),
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),  # as signed, encrypted
)
# Scores on their way: the newest of each day, until the broker has acknowledged an answer that holds it.
DOWN = Table(
    "down",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
# People of whom something changed that `hub alerts` follows: a score, an ask, a check-in, a consent.
CHANGED = Table(
    "changed",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("taken_ms", BigInteger, nullable=False),  # UTC, of the oldest change that is not followed yet
)
# What the care team may see of a person: made by `hub alerts` for those who consented, read by the care view, which can
# read no row, digest or score. `shown`, `alert`, `team_note` and `ride` are encrypted as `digest` is.
SHOWN = Table(
    "shown",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("serial", BigInteger, nullable=False),  # of the consent that it rests on
    Column("made_utc_s", BigInteger, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
ALERT = Table(
    "alert",
    META,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("device", LargeBinary, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("state", String, nullable=False),  # a name of the table `alert_states`
    Column("revision", BigInteger, nullable=False),
    Column("team_utc_s", BigInteger, nullable=False),  # 0: never
    Column("acknowledged_by", String),  # a member of the team
    Column("acknowledged_utc_s", BigInteger),
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Index("alert_device", "device"),
)
TEAM_NOTE = Table(
    "team_note",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_utc_s", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
)
# Looks at a person's values, written before they are answered: who, in which role, at which view, never a value. `link`
# chains all of them, `own_link` those of one person (`agent.wire.looks`). Nothing deletes a row; an erasure neither.
LOOK = Table(
    "look",
    META,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("device", LargeBinary, nullable=False),
    Column("number", BigInteger, nullable=False),  # counts the looks at this person
    Column("at_utc_s", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("role", String, nullable=False),
    Column("view", String, nullable=False),
    Column("own_link", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Index("look_number", "device", "number", unique=True),
)
# Answers other than scores on their way to their person: looks and alerts, until the broker has acknowledged them.
RIDE = Table(
    "ride",
    META,
    Column("device", LargeBinary, primary_key=True),
    Column("kind", String, primary_key=True),  # `looks` or `alert`
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of the look, or of the alert
    Column("revision", BigInteger, nullable=False),  # of an alert: a later one takes the earlier one's place; else 0
    Column("data_key", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),  # the encoded answer
)
# Messages to the team by e-mail and webhook that are not delivered yet. They name nobody.
POST = Table(
    "post",
    META,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", String, nullable=False),  # name of a channel in the site's rules
    Column("made_utc_s", BigInteger, nullable=False),
    Column("due_utc_s", BigInteger, nullable=False),  # when it is tried, or tried again
    Column("tries", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),  # of alerts that it stands for
)
# How many messages a channel was given on a day: their budget counts in the transaction that makes them. The channel
# without a name keeps the number that a message was given last.
POSTED = Table(
    "posted",
    META,
    Column("channel", String, primary_key=True),
    Column("day", BigInteger, nullable=False),  # days since 1970, UTC
    Column("n", BigInteger, nullable=False),
)
