"""`hub alerts` whose rules count seconds for hours: a process of the demo. No configuration can do this.

python -m agent.demo.team.hurried SITE SECONDS
"""

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.errors import WrongUse
from agent.system.output import say

if TYPE_CHECKING:
    from hub.alerts.rules import AlertRule

_HOUR_S: Final = 3600.0


def hurried(rule: "AlertRule", hour_s: float) -> "AlertRule":
    """A rule whose hours last so many seconds.

    Args:
        rule: The row, with the site's levels.
        hour_s: Seconds of the clock that count as an hour.
    """
    share = hour_s / _HOUR_S
    return replace(
        rule,
        lead_h=rule.lead_h * share,
        wait_h=rule.wait_h * share,
        hold_h=rule.hold_h * share,
        escalate_h=rule.escalate_h * share,
    )


def main(words: list[str]) -> int:
    """Follow until SIGTERM, at a synthetic site alone.

    Raises:
        WrongUse: The site is not synthetic.
    """
    from hub.alerts.follower import Follower
    from hub.commands import stops_by_signal

    folder, hour_s = Path(words[0]), float(words[1])
    with closing(Follower(folder)) as follower:
        if not follower.keys.synthetic:
            raise WrongUse("only a synthetic site's alerts can be hurried", remedy="Run 'wardbeat hub alerts SITE'.")
        rules = tuple(hurried(rule, hour_s) for rule in follower.rules.rules)
        follower.rules = replace(follower.rules, rules=rules)
        say("Alerts run.")
        follower.run(stops_by_signal())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
