"""Desktop notifications that the person may switch on: one table of kinds, a pure decision, one module a desktop.

    facts ─▶ decide(facts, memory) ─▶ show or withdraw ─▶ the system's own notifications

A notification is a fixed sentence of `rows`: never a value, a name or the words of a message. All are off at first.
"""
