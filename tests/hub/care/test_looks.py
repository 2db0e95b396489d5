"""The log of looks: written before the answer, one list for each person, and every change of it is found."""

import time

import pytest
from sqlalchemy import text

from hub.care.looks import faults, log_looks
from hub.care.rows import Opened, Seen, TeamRole, Viewer
from hub.cli import main
from hub.store.looks import NoConsent
from tests.support.care_site import care_site


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


def look(site, *people, who="Ada", view="person", now_utc_s=None):
    opened = Opened(site.keys, site.store, Viewer(who, TeamRole.LEAD), now_utc_s or int(time.time()))
    log_looks(opened, [Seen(one.kid, view) for one in people])


def looked(site, n=6):
    """Two people, and looks at them in turn."""
    people = [site.consents(site.person()) for _ in range(2)]
    for number in range(n):
        look(site, people[number % 2])
    assert list(faults(site.store, site.keys)) == []
    return people


def test_each_look_has_its_number_in_the_whole_and_of_its_person(site):
    one, two = looked(site)
    look(site, one, two, view="list")
    rows = list(site.store.looks())
    assert [row.n for row in rows] == list(range(1, 9))
    assert [row.look.number for row in rows if row.kid == one.kid] == [1, 2, 3, 4]
    assert site.keys.generations.look_head() == (8, rows[-1].link)


def test_nothing_is_written_where_one_of_several_does_not_consent(site):
    one, two = looked(site, 0)
    site.withdraws(two)
    with pytest.raises(NoConsent):
        look(site, one, two)
    assert list(site.store.looks()) == []
    with site.store.checked() as db:
        assert db.execute(text("SELECT count(*) FROM ride")).scalar() == 0


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("DELETE FROM look WHERE n = 3", "look 3 is missing"),
        ("DELETE FROM look WHERE n = 1", "look 1 is missing"),
        ("DELETE FROM look WHERE n = 6", "the log was cut"),
        ("DELETE FROM look WHERE n > 3", "looks 4 to 6 are missing: the log was cut"),
        ("DELETE FROM look", "looks 1 to 6 are missing"),
        ("UPDATE look SET who = 'Eve' WHERE n = 2", "look 2 is not as it was written"),
        ("UPDATE look SET who = 'Eve' WHERE n = 6", "look 6 is not as it was written"),
        ("UPDATE look SET view = 'list' WHERE n = 4", "look 4 is not as it was written"),
        ("UPDATE look SET role = 'nobody' WHERE n = 4", "look 4 is not as it was written"),
        ("UPDATE look SET at_utc_s = at_utc_s - 1 WHERE n = 4", "look 4 is not as it was written"),
        ("UPDATE look SET link = zeroblob(32) WHERE n = 6", "look 6 is not as it was written"),
        ("UPDATE look SET own_link = zeroblob(32) WHERE n = 4", "does not follow the one before it of its person"),
    ],
)
def test_a_look_that_was_deleted_changed_or_cut_off_is_found(site, change, word):
    looked(site)
    assert main(["looks", str(site.folder), "--check"]) == 0
    with site.store.checked() as db:
        db.execute(text(change))
    assert any(word in one for one in faults(site.store, site.keys)), list(faults(site.store, site.keys))


def test_a_log_that_was_cut_goes_on_behind_what_is_missing(site):
    people = looked(site)
    with site.store.checked() as db:
        db.execute(text("DELETE FROM look WHERE n > 4"))
    look(site, people[0])
    assert [row.n for row in site.store.looks()] == [1, 2, 3, 4, 7]
    assert "looks 5 to 6 are missing" in list(faults(site.store, site.keys))


def test_the_command_lists_every_look_and_fails_where_one_is_missing(site, capsys):
    person, _ = looked(site)
    assert main(["looks", str(site.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert '"who": "Ada", "role": "lead", "view": "person"' in lines[0]
    assert person.name in lines[0]
    assert main(["looks", str(site.folder), "--check"]) == 0
    assert "The log of looks is whole: 6 looks." in capsys.readouterr().err
