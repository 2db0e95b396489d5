"""Outbox to MQTT, and the hub's answers back.

publisher.py  the three loops: the link, the slots, what comes back
link.py       one connection in a thread
reasons.py    why a broker cannot be used, in words
probe.py      asks a broker who it is without becoming its client
schedule.py   which row goes next, and when a row goes again
enrolling.py  a request through the broker, before this machine has an identity
answers.py    receipts, notices, a newer directory, a new certificate, the end of an enrollment
"""

from agent.publisher.link import Settings as PublisherSettings
from agent.publisher.publisher import BACKLOG, Publisher

__all__ = ["BACKLOG", "Publisher", "PublisherSettings"]
