"""The library: what differs from its digest is named and made again; a folder that this user alone can enter."""

import stat

import pytest

from copilot.library import FOLDER, Library
from copilot.papers import Passage, own_paper, sha256_of
from tests.support import made_papers


@pytest.fixture
def library(tmp_path):
    made = Library(tmp_path, made_papers.corpus(), made_papers.MODEL)
    yield made
    made.close()


def test_what_differs_or_is_missing_is_named_and_made_again(library):
    assert library.faults() == []
    library.index._db.execute("UPDATE passage SET text = text || '!' WHERE name = 'mind-2019-1'")
    library.index._db.execute("DELETE FROM passage WHERE name = 'quick-2018-1'")
    assert sorted(library.faults()) == ["mind-2019-1", "quick-2018-1"]
    library.mend()
    assert library.faults() == []


def test_a_changed_own_passage_is_named_and_stays(library):
    text = "Hammocks helped."
    library.index.add([own_paper("own:a", "A", {}, (Passage("own:a-1", "results", text, sha256_of(text)),))])
    library.look_again()
    assert library.faults() == []
    library.index._db.execute("UPDATE passage SET text = 'Hammocks cured.' WHERE name = 'own:a-1'")
    assert library.faults() == ["own:a-1"]
    library.mend()
    assert library.faults() == ["own:a-1"]


def test_a_passage_that_names_a_shipped_paper_and_is_not_in_it_is_a_fault(library):
    library.index._db.execute(
        "INSERT INTO passage (paper, name, section, text, sha256, asked) "
        "VALUES (1, 'nap-2020-9', 'results', 'Naps cure.', ?, '')",
        (sha256_of("Naps cure."),),
    )
    assert library.faults() == ["nap-2020-9"]


def test_its_folder_is_this_users_alone(library, tmp_path):
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / FOLDER).iterdir())
