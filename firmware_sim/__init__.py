"""Simulated straps on a real Bluetooth stack; a program of its own that imports nothing of agent or hub.

body ─▶ strap ─▶ GATT, ATT, L2CAP, HCI (Bumble) ─▶ radio ─▶ dongle ─┬─▶ bleak_backend   (pip alone)
beats   packets                                                     ├─▶ bluez: org.bluez on a private D-Bus
and     faults                                                      └─▶ an HCI port on TCP
truth
"""
