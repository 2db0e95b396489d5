"""The care team's view: what it may see of people who consented to that, and the pages that show it."""
