"""The guard that the pages of agent and hub share."""

import pytest

from agent.web import guard
from agent.web.guard import Bucket, by_name, foreign

HOSTS = ("care.example:8443", "127.0.0.1:8443")


def asked(method="GET", *, may_open=False, **sent):
    headers = {"host": HOSTS[0]} | {name.replace("_", "-"): value for name, value in sent.items()}
    refused = foreign(method, headers, HOSTS, "https", may_open=may_open)
    return None if refused is None else refused.status


@pytest.mark.parametrize("host", ["evil.example", "care.example", "care.example:8443.", "care.example:8443, evil", ""])
def test_another_name_is_refused(host):
    assert asked(host=host) == 421


def test_only_the_origin_of_the_name_that_was_asked_is_ours():
    assert asked("POST", origin="https://care.example:8443") is None
    for origin in ("null", "http://care.example:8443", "https://127.0.0.1:8443", "https://evil.example", ""):
        assert asked("POST", origin=origin) == 403, origin
        assert asked("GET", origin=origin) == 403, origin
    assert asked("POST") == 403
    assert asked("GET") is None


def test_another_site_may_open_a_window_where_that_is_allowed_and_nothing_else():
    assert asked(sec_fetch_site="cross-site") == 403
    assert asked(sec_fetch_site="cross-site", sec_fetch_dest="document", may_open=True) is None
    assert asked(sec_fetch_site="cross-site", sec_fetch_dest="iframe", may_open=True) == 403
    assert asked("POST", sec_fetch_site="cross-site", origin="https://care.example:8443", may_open=True) == 403
    assert asked(sec_fetch_site="same-origin") is None


def test_a_header_sent_twice_is_neither_of_the_two():
    assert by_name([(b"Host", b"a"), (b"Cookie", b"x"), (b"host", b"a")]) == {"host": "a, a", "cookie": "x"}


def test_a_bucket_gives_so_many_at_once_and_so_many_a_second():
    bucket = Bucket(0.0, 3, 2)
    assert [bucket.has_token(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.has_token(1.0) for _ in range(3)] == [True, True, False]


def test_a_page_with_forms_sends_them_home_alone_and_says_its_origin():
    page, care = guard.headers(), guard.headers(form_action="'self'", referrer="same-origin")
    assert "form-action 'none'" in page["content-security-policy"]
    assert "form-action 'self'" in care["content-security-policy"]
    assert care["referrer-policy"] == "same-origin"  # with no-referrer a browser sends the origin "null"
    assert all("unsafe" not in headers["content-security-policy"] for headers in (page, care))
