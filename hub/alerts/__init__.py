"""Alerts: facts about people who consented, rules, and who is told when."""
