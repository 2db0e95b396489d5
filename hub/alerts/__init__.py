"""Alerts: facts about people who consented, rules, and who hears of them when."""
