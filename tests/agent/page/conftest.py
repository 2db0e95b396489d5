"""Fixtures of the page's tests."""

import pytest

from tests.support import page_agent


@pytest.fixture(scope="module")
def browser():
    made = page_agent.Browser()
    yield made
    made.close()
