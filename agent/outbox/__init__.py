"""One SQLite file, two faces: the ledger (plain words, for the person) and the outbox (sealed, for the hub).

file.py      tables, streams, the one append that writes both faces in a transaction
consents.py  consent records, withdrawal, pauses
settle.py    what receipts and notices do to rows
ledger.py    reading and proving the chain
rescue.py    a damaged file set aside, and what of it is carried on
"""

from agent.outbox.file import Outbox, Row, Sealing
from agent.outbox.limits import Limits

__all__ = ["Limits", "Outbox", "Row", "Sealing"]
