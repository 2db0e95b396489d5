"""Scores of one person against their own past; pure, imported by commands, page and hub.

record      summaries to readings          days        readings by day, in stretches
level       how far a week lies from the 60 days before, and how sure that is
baseline    what is usual, and whether it may be spoken of
channels    CHANNELS, what an index may be made of     index       0 to 100, with contributions that sum
change      the alarm      drift       the slow way    weeks       the log: all of these in one
instruments self-report    arousal     the acute state messages    when and how a change is told
population  drawn people   scorers     ours and three biased ones  audit       rates by group, and the gate
"""
