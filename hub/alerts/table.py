"""The rules in force as rows of a table, for `hub alerts --check`."""

from collections.abc import Iterator

from hub.alerts.channels import Channel, MailChannel
from hub.alerts.rules import RULES, AlertRule
from hub.alerts.settings import SiteRules

_HEAD = ("fact", "consent", "begins at", "ends below", "team after", "at most", "once in", "lead after")


def rows(site: SiteRules) -> Iterator[str]:
    """Lines: a head, a line for each rule, those that are off, and each channel."""
    cells = [_HEAD, *(_cells(rule) for rule in site.rules)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(_HEAD))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    off = [rule.name for rule in RULES if rule.name not in {one.name for one in site.rules}]
    yield f"off: {', '.join(off) or 'none'}"
    yield from (_channel(channel) for channel in site.channels)
    if not site.channels:
        yield "channels: none; the team reads alerts on its page alone"
    if site.quiet is not None:
        yield f"quiet: {site.quiet.begin:%H:%M} to {site.quiet.end:%H:%M} {site.quiet.zone.key}"


def _cells(rule: AlertRule) -> tuple[str, ...]:
    team = (f"{rule.lead_h:g} h", f"{rule.wait_h:g} h") if rule.may_team else ("never", "")
    lead = f"{rule.escalate_h:g} h" if rule.may_team and rule.escalate_h else "never"
    consent = f"{rule.purpose}: {rule.signal or 'any'}"
    levels = f"{rule.on_level:g}", f"{rule.off_level:g}"
    return rule.name, consent, *levels, *team, f"{rule.again_days} d", lead


def _channel(channel: Channel) -> str:
    way = "mail" if isinstance(channel.way, MailChannel) else "webhook"
    return f"channel {channel.name}: {way}, {channel.a_day} a day{', for the lead' if channel.is_lead else ''}"
