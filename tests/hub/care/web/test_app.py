"""What the server's own pages say around a session: signed out, lapsed, refused with a way on."""

import pytest

from hub.care.web.sessions import IDLE_S
from tests.support.care_inside import inside
from tests.support.care_site import ACTIONS, DONE, care_site

ON = 'href="/">Go to the list of people</a>'


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


@pytest.fixture
def view(site):
    with inside(site) as made:
        yield made


def test_the_sign_in_page_says_why_a_session_is_over_and_only_then(site, view):
    ada = site.member("Ada", "lead")
    first = view("GET", "/sign-in", ada).text
    assert "Ada</strong>, care lead." in first
    assert "signed out" not in first
    cookie = view.signed_in(ada)
    assert "signed out" not in view("GET", "/sign-in", ada, cookie).text
    view.clock.ahead_s += IDLE_S + 5
    assert view("GET", "/", ada, cookie).headers["location"] == ["/sign-in"]
    assert "You were signed out: there was no request for 15 minutes" in view("GET", "/sign-in", ada, cookie).text

    cookie = view.signed_in(ada)
    answer = view("POST", "/sign-out", ada, cookie, {"token": view("GET", "/", ada, cookie).token})
    assert answer.headers["location"] == ["/sign-in?signed-out"]
    assert "You are signed out." in view("GET", "/sign-in?signed-out", ada).text


def test_signing_in_leads_to_the_page_that_was_wanted_and_to_no_other_place(site, view):
    ada, person = site.member("Ada", "lead"), site.person()
    site.consents(person)
    wanted = f"/people/{person.name}"
    (to,) = view("GET", wanted, ada).headers["location"]
    assert f'action="{to}"' in view("GET", to, ada).text
    assert view("POST", to, ada).headers["location"] == [wanted]
    assert view("POST", "/sign-in", ada).headers["location"] == ["/"]
    for other in (
        "//example.org",
        "https://example.org",
        "/people/%0d%0aset-cookie:x",
        "/nowhere",
        "/sign-out",
        "x",
        "/people/a/b",
        "%2f%2fexample.org",
    ):
        assert view("POST", f"/sign-in?page={other}", ada).headers["location"] == ["/"], other
        assert 'action="/sign-in"' in view("GET", f"/sign-in?page={other}", ada).text


def test_a_form_after_the_session_s_end_says_so_and_changes_nothing(site, view):
    ada, person = site.member("Ada", "lead"), site.person()
    site.consents(person)
    cookie = view.signed_in(ada)
    view.clock.ahead_s += IDLE_S + 5
    before = len(DONE)
    answer = view("POST", ACTIONS[0].path.replace("{device}", person.name), ada, cookie, {"token": "x", "words": "x"})
    assert answer.status == 403
    assert len(DONE) == before
    assert "You were signed out" in answer.text
    assert "was not saved" in answer.text
    assert 'href="/">Sign in</a>' in answer.text


def test_a_refusal_leads_on_where_the_caller_may_come_in(site, view):
    ada = site.member("Ada", "reader")
    cookie = view.signed_in(ada)
    nothing = view("GET", "/people/d-unknown", ada, cookie)
    assert nothing.status == 404
    assert ON in nothing.text
    assert ON in view("GET", "/nowhere", ada, cookie).text
    assert ON not in view("POST", "/sign-in", site.stranger()).text
