"""The tables of the one file: chain and words in `ledger`, sealed bytes in `outbox`, each row's state in `fate`."""

from typing import Final

TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS stream (
    ordinal INTEGER PRIMARY KEY, stream BLOB NOT NULL UNIQUE, last_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS ledger (
    idx INTEGER PRIMARY KEY, made_utc_s INTEGER NOT NULL, kind TEXT NOT NULL, again_idx INTEGER,
    stream BLOB NOT NULL, seq INTEGER NOT NULL, sealed_words BLOB,
    commitment BLOB NOT NULL, digest BLOB NOT NULL, link BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fate (
    idx INTEGER PRIMARY KEY, state TEXT NOT NULL, at_utc_s INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS fate_state ON fate (state, idx);
CREATE TABLE IF NOT EXISTS outbox (
    stream BLOB NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL,
    consent_hash BLOB, envelope BLOB, digest BLOB NOT NULL, PRIMARY KEY (stream, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_kind ON outbox (kind, idx);
CREATE TABLE IF NOT EXISTS consent (
    serial INTEGER PRIMARY KEY, record BLOB NOT NULL, hash BLOB NOT NULL, idx INTEGER NOT NULL,
    receipted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS named_features (hash BLOB PRIMARY KEY, statement BLOB NOT NULL, idx INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS pause (
    id INTEGER PRIMARY KEY, start_utc_s INTEGER NOT NULL, end_utc_s INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS proof (ledger_index INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS look (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS news (id INTEGER PRIMARY KEY, at_utc_s INTEGER NOT NULL, words TEXT NOT NULL) STRICT;
"""

ROW_STATES: Final = ("sealed", "sent", "receipted", "refused", "again", "withdrawn", "dropped")
"""The states of a row; ``refused`` stands with its reason, as ``refused:erased``."""
