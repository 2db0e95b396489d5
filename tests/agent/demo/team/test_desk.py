"""What the demo's member of the team reads of a page."""

import pytest

from agent.demo.team.desk import Form, Page
from agent.errors import CheckFailed

PAGE = Page(
    "/alerts",
    200,
    """
<form method="get" action="/people"><input name="q" value=""></form>
<form method="post" action="/alerts/7/acknowledge"><input type="hidden" name="token" value="a&amp;b">
<button name="go" value="1">Acknowledge</button></form><input name="outside" value="x">
""",
)


def test_a_form_is_read_with_the_fields_inside_it():
    assert PAGE.forms == [Form("/people", {"q": ""}), Form("/alerts/7/acknowledge", {"token": "a&b", "go": "1"})]
    assert PAGE.form("/7/").action == "/alerts/7/acknowledge"


def test_a_form_that_is_not_there_is_named():
    with pytest.raises(CheckFailed, match="no form for '/8/'"):
        PAGE.form("/8/")
