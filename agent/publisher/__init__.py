"""Outbox to MQTT, and the hub's answers back.

publisher.py  the three loops: the link, the slots, what comes back
link.py       one connection in a thread
schedule.py   which row goes next, and when a row goes again
answers.py    receipts, notices, a newer directory, a new certificate, the end of an enrollment
"""

from agent.publisher.link import Settings as PublisherSettings
from agent.publisher.publisher import BACKLOG, Publisher

__all__ = ["BACKLOG", "Publisher", "PublisherSettings"]
