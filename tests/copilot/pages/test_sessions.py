"""Who may use the evidence page: a code once, a key in a header, from this page alone."""

import pytest

from copilot.pages.sessions import CODE_S, KEY_HEADER, QUIET_S, SESSION_S, Sessions


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(4567, clock)


HOST = {"host": "127.0.0.1:4567", "origin": "http://127.0.0.1:4567"}


def test_a_code_works_once_and_for_thirty_seconds(sessions, clock):
    for wrong in (None, 7, "", "x", sessions.code + "x", "\u00e9"):
        assert sessions.enter(wrong) is None
    assert sessions.enter(sessions.code)
    assert sessions.enter(sessions.code) is None
    late = Sessions(1, clock)
    clock.now_s += CODE_S + 1
    assert late.enter(late.code) is None


def test_only_a_key_of_this_session_is_answered(sessions, clock):
    key = sessions.enter(sessions.code)
    assert sessions.refusal("POST", HOST | {KEY_HEADER: key}, is_public=False) is None
    for sent in (HOST, HOST | {KEY_HEADER: key + "x"}):
        assert sessions.refusal("POST", sent, is_public=False).status == 401
    assert sessions.refusal("POST", HOST | {KEY_HEADER: key, "host": "example.org"}, is_public=False).status == 421
    assert (
        sessions.refusal("POST", HOST | {KEY_HEADER: key, "origin": "http://example.org"}, is_public=False).status
        == 403
    )
    assert (
        sessions.refusal("GET", {"host": HOST["host"], "sec-fetch-site": "cross-site"}, is_public=False).status == 403
    )
    assert sessions.refusal("GET", {"host": HOST["host"]}, is_public=True) is None
    clock.now_s += SESSION_S + 1
    assert sessions.refusal("POST", HOST | {KEY_HEADER: key}, is_public=False).status == 401


def test_a_flood_is_refused(sessions, clock):
    key = sessions.enter(sessions.code)
    found = [sessions.refusal("POST", HOST | {KEY_HEADER: key}, is_public=False) for _ in range(200)]
    assert found[0] is None
    assert found[-1].status == 429
    clock.now_s += 10
    assert sessions.refusal("POST", HOST | {KEY_HEADER: key}, is_public=False) is None


def test_it_is_empty_when_nobody_looks_any_more(sessions, clock):
    assert not sessions.is_empty()
    key = sessions.enter(sessions.code)
    assert not sessions.is_empty()
    clock.now_s += QUIET_S - 1
    sessions.refusal("POST", HOST | {KEY_HEADER: key}, is_public=False)
    clock.now_s += QUIET_S - 1
    assert not sessions.is_empty()
    clock.now_s += 2
    assert sessions.is_empty()
