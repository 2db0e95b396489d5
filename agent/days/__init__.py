"""Values of a day: the roster, imported sleep and activity, the journal. Importers, and the store on this machine.

store.py   sealed rows beside the windows' history: what each source says of each day, shifts, journal entries
chosen.py  one value a day and row of DAYS, whatever the number of sources
"""
