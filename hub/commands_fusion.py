"""`wardbeat hub fusion`: fit a fusion to a site's people, or say why there are too few."""

import argparse
import json

import numpy as np

from agent.errors import WrongUse
from agent.system import host, output
from agent.system.output import say


def fusion(arguments: argparse.Namespace) -> int:
    """Fit, and write the card; or say why there is none."""
    from agent.scoring.fusion import Abstained
    from agent.scoring.fusion_card import as_card
    from agent.scoring.instruments import instruments
    from agent.scoring.person_weeks import target
    from hub.scoring.fusing import fused

    short, _, scale = arguments.predicts.partition(":")
    known = instruments()
    if short not in known or not scale:
        raise WrongUse(
            f"--predicts {arguments.predicts} names no answer",
            remedy="Use single:level, cbi:personal, cbi:work or cbi:client.",
        )
    if arguments.card is not None and arguments.card.exists():
        raise WrongUse(f"{arguments.card} is there already", remedy="Name a new file; nothing is overwritten.")
    made, table = fused(arguments.folder, target(known[short], scale))
    people = int(np.unique(table.person).size)
    found = {"predicts": arguments.predicts, "weeks": int(table.score.size), "people": people}
    if isinstance(made, Abstained):
        output.show(json.dumps({**found, "fitted": False, "reason": made.reason, "words": made.words}))
        say(f"No probability: {made.words}.")
        return 0
    card = as_card(made)
    if arguments.card is not None:
        host.write_private(arguments.card, json.dumps(card, indent=1).encode() + b"\n")
    output.show(json.dumps({**found, "fitted": True, "evidence": card["evidence"]}))
    say(f"Fitted to {found['weeks']} weeks of {people} people. The card says how well it did on people left out.")
    return 0
