"""An index of the made papers, for tests that only read it."""

import pytest

from copilot.index import Index
from tests.support import made_papers


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    made = Index(tmp_path_factory.mktemp("index") / "index.db", made_papers.corpus())
    yield made
    made.close()
