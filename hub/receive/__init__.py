"""From the broker to the store and back.

receiver.py   MQTT in, batches stored, PUBACK and sealed answers out
turns.py      what waits, by device and within budgets
grid.py       answers leave at ticks
hourly.py     one line of the log an hour
way_in.py     the subscription, alone or shared
probe.py      whether the broker delivers
client.py     the MQTT client: TLS, session, failures
batch.py      one batch through verification into one transaction
verify.py     the order of checks on an envelope
reply.py      answers, sealed to each device
"""

from hub.receive.receiver import BATCH, Receiver

__all__ = ["BATCH", "Receiver"]
