"""What the hub stores: summaries, consents, and the (device, stream, seq) of every envelope it settled.

store.py         open a database, begin a storing transaction, find out that a backup was restored
stored_rows.py   read rows, windows and counts
transaction.py   one storing transaction: locks, de-duplication, rows
consents.py      consent records, and whether a summary is covered by one
envelopes.py     what a verified and opened envelope is
tables.py        the tables; migrations.py brings older ones up to them
roles.py         what each process may do to each table; grants.py makes PostgreSQL refuse the rest
"""

from hub.store.roles import Role
from hub.store.store import Store
from hub.store.stored_rows import ArrivedRow, StoredSummary

__all__ = ["ArrivedRow", "Role", "Store", "StoredSummary"]
