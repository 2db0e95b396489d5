"""Tables that every package may read: pure data, below whoever uses it.

signals.py       SIGNALS: what can be measured of a person, and which kinds of number it may carry
profiles.py      PROFILES: which (signal, kind) pairs each kind of place may release
day_spec.py      what a row of DAYS holds
days.py          DAYS: numbers of a day, from the roster, an import or the journal
feature_spec.py  what a row of FEATURES holds; the rows stand beside their formulas in `agent.features`
"""
