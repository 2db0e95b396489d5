"""One SQLite file with two sides: the ledger (plain words, for the person) and the outbox (sealed, for the hub).

tables.py    the tables, and the states of a row
rows.py      reading rows, words and notices
file.py      streams, limits, and the one append that writes both sides in a transaction
limits.py    which rows are beyond the limits
consents.py  consent, withdrawal, erasure; consent_records.py: the records, sealed
pauses.py    pauses, private hours, switched sensors; camera_plan.py: when the camera may run
arousal_choice.py  whether the person wants to see raised arousal
receipts.py  what receipts and notices do to rows
ledger.py    reading and proving the chain
damage.py    a damaged file set aside, and what of it is carried on
"""

from agent.outbox.file import Outbox, Sealing
from agent.outbox.limits import Limits
from agent.outbox.rows import Row

__all__ = ["Limits", "Outbox", "Row", "Sealing"]
