"""The clock of a look back: what it knows of each hour is what the machine says of any moment."""

import pytest

from agent.system import host
from agent.weeks import scores

HOURS = range(455_000, 500_000)  # 2021 to 2027
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu")


@pytest.fixture(autouse=True)
def _zone_of_before(monkeypatch):
    yield
    monkeypatch.undo()
    host.local_time(0.0)  # the C library reads the zone when asked to


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_asked_for_by_the_hour_are_the_machines_own(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    of_hours = scores.offsets_by_hour()
    assert [hour for hour in HOURS[::7] if of_hours(hour * 3600) != scores.offset_s(hour * 3600)] == []
    winter, summer = of_hours(1_767_258_000), of_hours(1_782_900_000)
    assert (winter != summer) == (zone not in ("UTC", "Asia/Kathmandu", "Africa/Casablanca"))


def test_a_look_back_uses_the_zone_that_the_machine_has_at_its_beginning(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert scores.offsets_by_hour()(1_767_258_000) == 3600
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # a traveller's machine
    assert scores.offsets_by_hour()(1_767_258_000) == 32_400
