"""alerts.yaml: what it changes holds, what it may not say is refused by name, and nothing of a refused file holds."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigInvalid
from hub.alerts.rules import RULES
from hub.alerts.settings import Quiet, parsed, read_rules
from hub.alerts.site_words import MODELS
from hub.alerts.table import rows
from hub.cli import main

GOOD = """
time_zone: Europe/Vienna
quiet_hours: {begin: "22:00", end: "06:30"}
rules:
  silent_days: {purpose: care, on_level: 10, lead_hours: 1}
  check_in_burnout: {purpose: care, enabled: false}
channels:
  ward:
    mail: {server: mail.example, sender: w@example.org, to: [team@example.org], security: tls, port: 465}
    a_day: 6
  pager: {webhook: {url: "https://pager.example:8443/in?x=1", secret_file: pager.secret}, lead: true}
"""


def test_a_site_changes_levels_and_adds_channels(tmp_path):
    site = parsed(GOOD, tmp_path)
    by_name = {rule.name: rule for rule in site.rules}
    assert (by_name["silent_days"].on_level, by_name["silent_days"].lead_h) == (10, 1)
    assert "check_in_burnout" not in by_name
    assert len(site.rules) == len(RULES) - 1
    ward, pager = site.channels
    assert (ward.way.starts_tls, ward.a_day, ward.is_lead) == (False, 6, False)
    assert (pager.way.host, pager.way.port, pager.way.path) == ("pager.example", 8443, "/in?x=1")
    assert pager.way.secret_file == tmp_path / "pager.secret"


@pytest.mark.parametrize(
    ("text", "fault", "remedy"),
    [
        ("rules: {silent_day: {purpose: care}}", "there is no fact 'silent_day'", "'silent_days'"),
        (
            "rules: {heart_rate_high: {purpose: care}}",
            "there is no fact 'heart_rate_high'",
            "facts are asked_for_help,",
        ),
        ("rules: {silent_days: {on_level: 3}}", "silent_days names no consent purpose", "purpose: care"),
        ("rules: {silent_days: {purpose: }}", "silent_days names no consent purpose", "purpose: care"),
        ("rules: {silent_days: }", "silent_days names no consent purpose", "purpose: care"),
        ("rules: {silent_days: {purpose: research}}", "a consent for 'care'", "purpose: care"),
        ("rules: {change_alarm: {purpose: score, to_team: true}}", "never to a team", "to_team: false"),
        ("rules: {silent_days: {purpose: care, on_levl: 3}}", "unknown key 'rules.silent_days.on_levl'", "'on_level'"),
        ("rules: {silent_days: {purpose: care, on_level: 1, off_level: 4}}", "must lie below", "off_level"),
        ("rules: {silent_days: {purpose: care, on_level: 1, off_level: 1}}", "must lie below", "off_level"),
        ("rules: {silent_days: {purpose: care, lead_hours: -1}}", "lead_hours", "docs/alerts.md"),
        ("rules: [1]", "rules", "docs/alerts.md"),
        ("chanels: {}", "unknown key 'chanels'", "'channels'"),
        ("channels: {Ward: {mail: {server: m, sender: a@b, to: [c@d]}}}", "not a name", "small letters"),
        ("channels: {w: {}}", "one of 'mail' and 'webhook'", "docs/alerts.md"),
        ("channels: {w: {mail: {server: m, sender: a@b, to: []}}}", "channels.w.mail.to", "docs/alerts.md"),
        ('channels: {w: {mail: {server: m, sender: "a@b\\nBcc: x@y", to: [c@d]}}}', "is not an address", "NAME@HOST"),
        ("channels: {w: {mail: {server: m, sender: a@b, to: [c@d], user: u}}}", "go together", "docs/alerts.md"),
        ("channels: {w: {webhook: {url: 'http://h/', secret_file: s}}}", "is not https://", "HTTPS"),
        ("channels: {w: {webhook: {url: 'https://u:p@h/', secret_file: s}}}", "is not https://", "HTTPS"),
        ('channels: {w: {webhook: {url: "https://h/a\\r\\nX: y", secret_file: s}}}', "is not https://", "HTTPS"),
        ("channels: {w: {webhook: {url: 'https://h:0/', secret_file: s}}}", "is not https://", "HTTPS"),
        ("time_zone: Europe/Wien", "'Europe/Wien' is not known", "UTC"),
        ("quiet_hours: {begin: '25:00', end: '06:00'}", "quiet_hours.begin", "in quotes"),
        ("quiet_hours: {begin: 22:00, end: '06:00'}", "quiet_hours.begin: must be text", 'in quotes, such as "22:00"'),
        ("quiet_hours: {begin: '22:00'}", "quiet_hours.end: this key is missing", "docs/alerts.md"),
        ("channels: {w: {a_day: 0}}", "channels.w.a_day: must be at least 1", "docs/alerts.md"),
        ("channels: {w: {a_day: 1.5}}", "channels.w.a_day: must be a whole number", "docs/alerts.md"),
        ("a: 1\nrules: {}\nrules: {}", "line 1: 'rules' stands there twice", "Keep one"),
        (
            "rules: {silent_days: {purpose: care}, silent_days: {purpose: care}}",
            "'silent_days' stands there",
            "Keep one",
        ),
        ("- a", "not a list of", "docs/alerts.md"),
        ("a: [", "line", "docs/alerts.md"),
    ],
)
def test_what_is_not_right_is_refused_by_name(tmp_path, text, fault, remedy):
    with pytest.raises(ConfigInvalid) as refused:
        parsed(text, tmp_path)
    assert fault in str(refused.value)
    assert remedy in refused.value.remedy


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        parsed(text, Path("/nowhere"))
    except ConfigInvalid as refused:
        assert refused.remedy


def test_without_a_file_the_table_holds(tmp_path):
    assert read_rules(tmp_path).rules == RULES
    (tmp_path / "alerts.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        read_rules(tmp_path)


def test_check_prints_the_rules_in_force_or_names_the_fault(tmp_path, capsys):
    (tmp_path / "alerts.yaml").write_text(GOOD)
    secret = tmp_path / "pager.secret"
    secret.write_text("a secret\n")
    secret.chmod(0o600)
    assert main(["alerts", str(tmp_path), "--check"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines() == list(rows(parsed(GOOD, tmp_path)))
    for words in ("silent_days", "off: check_in_burnout", "channel ward: mail, 6 a day", "for the lead", "22:00"):
        assert words in said
    line = next(line for line in said.splitlines() if line.startswith("change_alarm"))
    assert "never" in line


@pytest.mark.parametrize(("content", "cause"), [(None, "cannot be read"), ("", "is empty")])
def test_check_names_a_channel_whose_secret_cannot_be_used(tmp_path, content, cause):
    (tmp_path / "alerts.yaml").write_text(GOOD)
    if content is not None:
        (tmp_path / "pager.secret").write_text(content)
        (tmp_path / "pager.secret").chmod(0o600)
    with pytest.raises(ConfigInvalid, match=f"channels.pager: pager.secret {cause}") as refused:
        main(["alerts", str(tmp_path), "--check"])
    assert "mode 0600" in refused.value.remedy


def test_a_day_of_quiet_hours_ends_when_they_end():
    night = Quiet(dt.time(22), dt.time(6, 30), ZoneInfo("Europe/Vienna"))
    at = dt.datetime(2026, 3, 28, 23, 0, tzinfo=ZoneInfo("Europe/Vienna"))  # the clock goes forward in this night
    ends = dt.datetime(2026, 3, 29, 6, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert night.until(int(at.timestamp())) == int(ends.timestamp())
    assert night.until(int(ends.timestamp())) == int(ends.timestamp())
    noon = Quiet(dt.time(12), dt.time(13), ZoneInfo("UTC"))
    assert noon.until(12 * 3600 + 5) == 13 * 3600
    assert noon.until(11 * 3600) == 11 * 3600


def test_every_key_is_in_the_documentation():
    text = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text()
    for model in MODELS:
        for key in model.model_fields:
            assert f"`{key}`" in text, key
