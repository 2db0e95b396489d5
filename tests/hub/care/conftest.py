"""A hub with people of every kind, made once for all tests that only read it."""

import pytest

from tests.support.cared import NOW_UTC_S, alert, cared_hub, filled


@pytest.fixture
def hub(tmp_path):
    """A new hub."""
    with cared_hub(tmp_path / "hub") as made:
        yield made


@pytest.fixture(scope="session")
def everybody(tmp_path_factory):
    """People with every mix of grants, asks, gaps, and alerts in every state. Nothing may be written into it."""
    with cared_hub(tmp_path_factory.mktemp("care") / "hub") as made:
        filled(made, 14)
        alert(made.people[2], 1, "silent_days")
        alert(made.people[3], 2, "asked_for_help")
        alert(made.people[4], 3, "index_low_above_50_weeks", "acknowledged", by="N. Example")
        alert(made.people[0], 4, "check_in_burnout", "closed", closed_utc_s=NOW_UTC_S - 86_400, by="B. Other")
        yield made
