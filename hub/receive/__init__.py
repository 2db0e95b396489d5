"""From the broker to the store and back.

receiver.py   MQTT in, batches stored, PUBACK and sealed answers out
client.py     the MQTT client: TLS, session, failures
batch.py      one batch through verification into one transaction
verify.py     the order of checks on an envelope
reply.py      answers, sealed to each device
"""

from hub.receive.receiver import BATCH, Receiver

__all__ = ["BATCH", "Receiver"]
