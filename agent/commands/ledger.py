"""`wardbeat ledger`: everything that was sealed, in plain words."""

import argparse
import json

from agent.commands.arguments import count
from agent.commands.loading import load, outbox_to_read
from agent.system.output import say, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--last", type=count, default=20, metavar="N", help="show this many rows (default 20, 0: all)")
    parser.add_argument("--verify", action="store_true", help="check the chain against the hub's receipts")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")


def run(arguments: argparse.Namespace) -> int:
    import datetime as dt

    from agent.enrollment import identity
    from agent.outbox import ledger

    settings, _ = load(arguments)
    with outbox_to_read(settings) as outbox:
        if arguments.verify:
            enrolled = identity.load_enrolled(settings.state_dir, outbox.vault)
            proven = ledger.verify(outbox, enrolled.open_answers)
            say(f"{proven.words}; {proven.receipted} rows receipted; the chain agrees with every stored receipt")
            for words in proven.breaks:
                say(f"known break: {words}")
            return 0
        for row in ledger.rows(outbox, arguments.last or None):
            if arguments.json:
                show(json.dumps(ledger.as_json(row)))
            else:
                said = "; ".join(row.said) or "(contents erased)"
                made = dt.datetime.fromtimestamp(row.made_utc_s, dt.UTC)
                show(f"{row.idx:>6}  {made:%Y-%m-%d %H:%M:%S} UTC  {row.bytes_sent} B  {row.state:<12} {said}")
    return 0
