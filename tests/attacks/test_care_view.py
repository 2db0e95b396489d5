"""Who sees whom: every address by every role and every state of consent, and attacks on the session, without sockets."""

import contextlib
import time

import pytest
from sqlalchemy import text

from agent.wire.message import Grant
from hub.care import pages as care_pages
from hub.care.rows import CareAction, CarePage, Made, TeamRole
from hub.care.web.sessions import IDLE_S, SHIFT_S
from hub.database import CANNOT_WRITE
from hub.database_users import make_users
from hub.site import open_keys
from hub.store import Role, Store
from tests.support import care_site as made_of
from tests.support.care_inside import HOST, Inside, inside
from tests.support.care_site import ACTIONS, ALL, DAY_S, DONE, PAGES, care_site
from tests.support.cared import NOW_UTC_S, cared_hub
from tests.support.world import owner_url

SEEN = "in force"
CONSENTS = (
    "none",
    "other recipient",
    "other purpose",
    "withdrawn",
    "expired",
    "not begun",
    "erased",
    "revoked device",
    SEEN,
)
ROLES = ("none", "stranger", "revoked", "expired", "reader", "member", "lead")


@pytest.fixture
def site(tmp_path):
    with care_site(tmp_path / "hub") as made:
        yield made


@pytest.fixture
def view(site):
    with inside(site) as made:
        yield made


def people_of_every_kind(site):
    """A person in each state of consent."""
    found = {name: site.person() for name in CONSENTS}
    site.consents(found["other recipient"], recipient="Another team")
    site.consents(found["other purpose"], purpose="research")
    site.consents(found["expired"], from_s=-3 * DAY_S, until_s=-DAY_S)
    site.consents(found["not begun"], from_s=DAY_S, until_s=2 * DAY_S)
    for name in ("withdrawn", "erased", "revoked device", SEEN):
        site.consents(found[name])
    site.withdraws(found["withdrawn"])
    site.erases(found["erased"])
    site.keys.devices.revoke(found["revoked device"].kid)
    return found


def badges(site):
    """A certificate of each kind of caller."""
    found = {role: site.member(f"A {role}", role) for role in TeamRole}
    gone = site.member("Gone", "lead")
    site.keys.staff.revoke([gone.fingerprint], int(time.time()))
    return {**{str(role): badge for role, badge in found.items()}, "none": None, "stranger": site.stranger(), "revoked": gone,
            "expired": site.expired("Late")}  # fmt: skip


def looks(site):
    return [(row.kid, row.look.who, row.look.view) for row in site.store.looks()]


def crawl(view: Inside, pages, actions):
    """Every cell of address, role and consent that is not as the rows say, and how many cells there were."""
    people, shown, beyond, cells = people_of_every_kind(view.site), badges(view.site), [], 0
    for role in ROLES:
        badge = shown[role]
        answer = view("POST", "/sign-in", badge)
        cookie = answer.cookie
        assert bool(cookie) == (role in list(TeamRole)), (role, answer.status)
        for row in (*pages, *actions):
            is_form = isinstance(row, CareAction)
            allowed = role in {str(one) for one in row.roles}
            for consent, person in [*people.items(), ("unknown", None)]:
                before, done = len(looks(view.site)), len(DONE)
                path = row.path.replace("{device}", person.name if person else "d-unknown")
                token = view.sessions.of(cookie).token if cookie else ""
                method, fields = ("POST", {"token": token, "words": "x"}) if is_form else ("GET", {})
                answer = view(method, path, badge, cookie, fields)
                visible = {one.name for name, one in people.items() if one.canary in answer.text}
                one_path = "{device}" in row.path
                may = allowed and (not one_path or consent == SEEN)
                expected = (
                    {people[SEEN].name} if may and not is_form and "value" in ROW_SHOWS.get(row.path, "") else set()
                )
                cells += 1
                written = len(looks(view.site)) - before
                if visible != expected or written < len(visible) or (len(DONE) - done) != int(may and is_form):
                    beyond.append((row.path, role, consent, answer.status, sorted(visible)))
                if one_path and allowed and consent != SEEN:
                    answer404 = view(method, row.path.replace("{device}", "nobody"), badge, cookie, fields)
                    if (answer.status, answer.text) != (404, answer404.text):
                        beyond.append((row.path, role, consent, answer.status, "not the same 404"))
    return beyond, cells


ROW_SHOWS = {"/": "value", "/people/{device}": "value", "/people/{device}/print": "value"}


def test_no_address_shows_anybody_beyond_the_table(view):
    beyond, cells = crawl(view, PAGES, ACTIONS)
    print(f"\n{cells} cells")
    assert beyond == []
    assert cells == len(ROLES) * (len(PAGES) + len(ACTIONS)) * (len(CONSENTS) + 1)
    assert {kid for kid, _, _ in looks(view.site)} == {view.site.people[CONSENTS.index(SEEN)].kid}


def test_a_page_that_shows_everybody_is_found_by_the_same_crawl(site):
    """Planted: it asks nobody's consent, and says nobody is in it."""

    def everybody(opened, _):
        return Made("".join(f"value-of-{device.device}" for device in opened.keys.devices.all()))

    with inside(site, (*PAGES[1:], CarePage("/", "People", ALL, everybody))) as view:
        beyond, _ = crawl(view, (*PAGES[1:], CarePage("/", "People", ALL, everybody)), ACTIONS)
    assert {row[0] for row in beyond} == {"/"}
    assert {row[1] for row in beyond} == {"reader", "member", "lead"}


def test_a_page_that_names_whom_it_shows_shows_nobody_who_does_not_consent(site):
    """Planted: it asks nobody's consent, and says truly who is in it."""

    def everybody(opened, _):
        every = opened.keys.devices.all()
        return Made(
            "".join(f"value-of-{one.device}" for one in every), tuple(made_of.Seen(one.kid, "list") for one in every)
        )

    people = people_of_every_kind(site)
    with inside(site, (CarePage("/", "People", ALL, everybody),)) as view:
        badge = site.member("Ada", "lead")
        answer = view("GET", "/", badge, view.signed_in(badge))
    assert answer.status == 404
    assert not any(one.canary in answer.text for one in people.values())
    assert looks(site) == []


def cared_people(hub):
    """A person in each state of consent, whose picture was made while it was in force."""
    found = {name: hub.person(label=f"Label {name}") for name in REAL_CONSENTS}
    for name in ("withdrawn", "erased", "revoked device", SEEN):
        found[name].consents()
    found["expired"].consents(from_utc_s=NOW_UTC_S - 100 * DAY_S, until_utc_s=NOW_UTC_S - DAY_S)
    found["other recipient"].consents(recipient="Another team")
    found["other purpose"].consents(care=(), more=(Grant("heart", "research", made_of.OPERATOR),))
    hub.project_all(NOW_UTC_S - 2 * DAY_S)
    hub.keys.devices.withdraw(found["withdrawn"].kid, found["withdrawn"].serial)
    hub.keys.devices.erase(found["erased"].kid, found["erased"].serial)
    hub.keys.devices.revoke(found["revoked device"].kid)
    return found


REAL_CONSENTS = ("none", "other recipient", "other purpose", "withdrawn", "expired", "erased", "revoked device", SEEN)
FORM = {"text": "a note", "words": "a note", "number": "1", "back": "person"}


def test_no_real_page_or_form_goes_beyond_its_row(tmp_path):
    """The rows of `hub.care.pages`, with pictures of people whose consents have ended since."""
    with cared_hub(tmp_path / "hub") as hub:
        people, site = cared_people(hub), made_of.CareSite(hub.folder, hub.keys, hub.store)
        shown, beyond, cells, answered = badges(site), [], 0, set()
        with inside(site, care_pages.PAGES, care_pages.ACTIONS) as view:
            view.clock.ahead_s = NOW_UTC_S - time.time()
            for role in ROLES:
                cookie = view("POST", "/sign-in", shown[role]).cookie
                for row in (*care_pages.PAGES, *care_pages.ACTIONS):
                    is_form = isinstance(row, CareAction)
                    allowed = role in {str(one) for one in row.roles}
                    for consent, person in people.items():
                        path = row.path.replace("{device}", person.name)
                        token = view.sessions.of(cookie).token if cookie else ""
                        before = len(looks(site))
                        method, fields = ("POST", {"token": token, **FORM}) if is_form else ("GET", {})
                        answer = view(method, path, shown[role], cookie, fields)
                        visible = {
                            name
                            for name, one in people.items()
                            if one.name in answer.text or f"Label {name}" in answer.text
                        }
                        visible -= {consent} if answer.status == 400 and consent == SEEN else set()
                        may = allowed and ("{device}" not in row.path or consent == SEEN)
                        wrong = visible - ({SEEN} if may and not is_form else set())
                        unseen = visible and len(looks(site)) == before
                        done = is_form and answer.status == 303 and not may
                        open_to = not may and answer.status not in (303, 401, 403, 404)
                        cells += 1
                        answered |= {(row.path, answer.status)} if may else set()
                        if wrong or unseen or done or open_to:
                            beyond.append((row.path, role, consent, answer.status, sorted(visible)))
    print(f"\n{cells} cells")
    assert beyond == []
    assert {(row.path, 200) for row in care_pages.PAGES} <= answered
    assert cells == len(ROLES) * (len(care_pages.PAGES) + len(care_pages.ACTIONS)) * len(REAL_CONSENTS)


@pytest.mark.parametrize("table", ["row", "digest", "score", "down", "due", "contact"])
def test_the_server_refuses_a_page_that_reads_what_care_may_not(server, tmp_path, table):
    """Planted: code that is wrong. The database role has no right to it."""
    url = server.base()
    with care_site(tmp_path / "hub", url) as site:
        make_users(site.folder, owner_url(url))

        def wrong(opened, _):
            with opened.store.checked() as db:
                return Made(str(db.execute(text(f'SELECT * FROM "{table}"')).all()))

        badge = site.member("Ada", "lead")
        with inside(site, (CarePage("/", "", ALL, wrong), CarePage("/people", "", ALL, made_of.people))) as view:
            cookie = view.signed_in(badge)
            site.consents(site.person())
            assert view("GET", "/", badge, cookie).status == 503
            right = view("GET", "/people", badge, cookie)
        assert right.status == 200
        assert site.people[0].canary in right.text
        assert len(looks(site)) == 1
        with contextlib.closing(open_keys(site.folder)) as keys, Store(site.folder, keys, Role.CARE) as store:
            with pytest.raises(CANNOT_WRITE, match="permission denied"), store.checked() as db:
                db.execute(text(f'SELECT * FROM "{table}"'))
            with pytest.raises(CANNOT_WRITE, match="permission denied"), store.checked() as db:
                db.execute(text("DELETE FROM look"))


# ---- in mid-view


@pytest.mark.parametrize("end", ["withdraws", "erases"])
def test_after_a_withdrawal_or_an_erasure_the_next_request_shows_nothing(site, view, end):
    person, badge = site.consents(site.person()), site.member("Ada", "lead")
    cookie = view.signed_in(badge)
    for path in ("/", f"/people/{person.name}"):
        assert person.canary in view("GET", path, badge, cookie).text
    getattr(site, end)(person)
    for path in ("/", f"/people/{person.name}", f"/people/{person.name}/print"):
        assert person.canary not in view("GET", path, badge, cookie).text
    assert view("GET", f"/people/{person.name}", badge, cookie).status == 404
    assert len(looks(site)) == 2


def test_a_withdrawal_while_a_page_is_made_keeps_it_back(site):
    """Between the page and the look: what was made is not given."""
    person, other = site.consents(site.person()), site.consents(site.person())

    def slow(opened, asked):
        made = made_of.people(opened, asked)
        if not person_is_gone:
            site.withdraws(person)
            person_is_gone.append(1)
        return made

    person_is_gone = []
    with inside(site, (CarePage("/", "", ALL, slow),)) as view:
        badge = site.member("Ada", "lead")
        answer = view("GET", "/", badge, view.signed_in(badge))
    assert answer.status == 200
    assert person.canary not in answer.text
    assert other.canary in answer.text
    assert [kid for kid, _, _ in looks(site)] == [other.kid]


def test_a_look_that_cannot_be_written_is_not_answered(site, view):
    person, badge = site.consents(site.person()), site.member("Ada", "lead")
    cookie = view.signed_in(badge)
    assert view("GET", f"/people/{person.name}", badge, cookie).status == 200
    with site.store.checked() as db:
        db.execute(text("DROP TABLE look"))
    for path in ("/", f"/people/{person.name}"):
        answer = view("GET", path, badge, cookie)
        assert answer.status == 503
        assert person.canary not in answer.text


# ---- sessions


def test_a_session_is_new_at_sign_in_and_of_one_certificate(site, view):
    ada, eve = site.member("Ada", "lead"), site.member("Eve", "lead")
    fixed = "x" * 43
    answer = view("POST", "/sign-in", ada, fixed)
    assert answer.cookie not in ("", fixed)
    (given,) = answer.headers["set-cookie"]
    assert given.startswith("__Host-")
    assert all(f"; {word}" in given for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    assert view("GET", "/", ada, fixed).status == 303
    again = view("POST", "/sign-in", ada, answer.cookie).cookie
    assert view("GET", "/", ada, answer.cookie).status == 303  # the one before ended
    assert view("GET", "/", ada, again).status == 200
    assert view("GET", "/", eve, again).status == 303  # stolen
    assert view("GET", "/", ada, again).status == 303  # and signed out by that
    assert view("GET", "/", None, view.signed_in(ada)).status == 303


def test_sessions_end_by_the_clock_by_sign_out_and_by_revocation(site, view):
    ada = site.member("Ada", "lead")
    cookie = view.signed_in(ada)
    view.clock.ahead_s += IDLE_S - 5
    assert view("GET", "/", ada, cookie).status == 200
    view.clock.ahead_s += IDLE_S + 5
    assert view("GET", "/", ada, cookie).status == 303
    cookie, began_s = view.signed_in(ada), view.clock.ahead_s
    while view.clock.ahead_s - began_s < SHIFT_S - IDLE_S:
        view.clock.ahead_s += IDLE_S - 60
        assert view("GET", "/", ada, cookie).status == 200
    view.clock.ahead_s = began_s + SHIFT_S
    assert view("GET", "/", ada, cookie).status == 303
    cookie = view.signed_in(ada)
    token = view("GET", "/", ada, cookie).token
    assert view("POST", "/sign-out", ada, cookie, {"token": "x"}).status == 403
    assert view("POST", "/sign-out", ada, cookie, {"token": token}).status == 303
    assert view("GET", "/", ada, cookie).status == 303
    both = [view.signed_in(ada) for _ in range(2)]
    site.keys.staff.revoke([ada.fingerprint], int(time.time()))
    for one in both:
        answer = view("GET", "/", ada, one)
        assert answer.status in (303, 403)
        assert view("GET", "/sign-in", ada).status == 403
        assert "revoked" in view("GET", "/sign-in", ada).text


def test_each_certificate_that_may_not_come_in_is_named(site, view, caplog):
    site.member("Ada", "lead")
    gone = site.member("Gone", "member")
    site.keys.staff.revoke([gone.fingerprint], int(time.time()))
    for badge, word, logged in (
        (None, "No staff certificate", "without a staff certificate"),
        (site.stranger(), "Unknown certificate", "was not added"),
        (site.expired("Late"), "has ended", "'Late' that has ended"),
        (gone, "was revoked", "revoked certificate or account of 'Gone'"),
    ):
        for method in ("GET", "POST"):
            answer = view(method, "/sign-in", badge)
            assert answer.status in (401, 403)
            assert word in answer.text
            assert answer.cookie == ""
        assert logged in caplog.text


def test_a_form_of_another_session_or_site_does_nothing(site, view):
    person, ada, eve = site.consents(site.person()), site.member("Ada", "lead"), site.member("Eve", "lead")
    cookie, other = view.signed_in(ada), view.signed_in(eve)
    path = f"/people/{person.name}/note"
    token, foreign = (view("GET", f"/people/{person.name}", *who).token for who in ((ada, cookie), (eve, other)))
    assert token
    assert token != foreign
    DONE.clear()
    for fields in ({}, {"token": ""}, {"token": foreign}, {"token": token + "x"}):
        assert view("POST", path, ada, cookie, fields).status == 403, fields
    assert view("POST", path, ada, cookie, body=f"token={token}&token={token}".encode()).status == 400
    for body in (b"\xff", b"token=" + b"x" * 70_000, b"&".join(b"a%d=1" % n for n in range(60))):
        assert view("POST", path, ada, cookie, body=body).status == 400
    plain = (("content-type", "text/plain"),)
    assert view("POST", path, ada, cookie, {"token": token}, more=plain, drop=("content-type",)).status == 400
    for origin in ("null", "https://evil.example", f"http://{HOST}", "https://127.0.0.1:8444"):
        more = (("origin", origin),)
        assert view("POST", path, ada, cookie, {"token": token}, more=more, drop=("origin",)).status == 403
        assert view("GET", "/", ada, cookie, more=more).status == 403
    assert view("POST", path, ada, cookie, {"token": token}, drop=("origin",)).status == 403
    assert view("POST", path, ada, "", {"token": token}).status == 403
    assert DONE == []
    answer = view("POST", path, ada, cookie, {"token": token, "words": "hello & <b>"})
    assert (answer.status, answer.headers["location"]) == (303, [f"/people/{person.name}"])
    assert DONE == [("Ada", person.name, "hello & <b>")]


def test_a_form_leads_nowhere_else(site):
    badge = site.member("Ada", "lead")
    for number, target in enumerate(
        ("https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\r\nset-cookie: a=b", "")
    ):
        row = CareAction(f"/go{number}", ALL, lambda *_, to=target: to)
        with inside(site, PAGES, (row,)) as view:
            cookie = view.signed_in(badge)
            answer = view("POST", row.path, badge, cookie, {"token": view.sessions.of(cookie).token})
        assert answer.status == 500, target
        assert "location" not in answer.headers


def test_headers_and_paths_change_nothing_about_who_asks(site, view):
    person, ada = site.consents(site.person()), site.member("Ada", "reader")
    cookie = view.signed_in(ada)
    for name, value in (
        ("x-forwarded-host", "evil.example"), ("x-forwarded-for", "1.2.3.4"), ("forwarded", "host=evil"), ("x-ssl-client-cert", "x"),
        ("x-remote-user", "Eve"), ("authorization", "Basic eDp5"), ("x-http-method-override", "DELETE"),
    ):  # fmt: skip
        assert view("GET", "/", ada, cookie, more=((name, value),)).status == 200
        assert view("GET", "/lead", ada, cookie, more=((name, value),)).status == 403
        assert view("GET", "/", None, "", more=((name, value),)).status == 303
    for host in ("evil.example", "127.0.0.1", f"{HOST}.", "localhost:8443", f"{HOST}@evil"):
        assert view("GET", "/", ada, cookie, more=(("host", host),), drop=("host",)).status == 421
    assert view("GET", "/", ada, cookie, more=(("host", HOST),)).status == 421  # twice
    assert (
        view("GET", "/", ada, "", more=(("cookie", f"__Host-wardbeat-care={cookie}"), ("cookie", "a=b"))).status == 200
    )
    double = "; ".join([f"__Host-wardbeat-care={cookie}"] * 2)
    assert view("GET", "/", ada, "", more=(("cookie", double),)).status == 303
    for path in (
        "//", "/people", "/people/", f"/people/{person.name}/", f"/people/../people/{person.name}", "/people/..", "/static/../care_site.py",
        "/static/%2e%2e/x", f"/people/{person.name}/../../lead", f"/people/{person.name}%00", "/people/%00", "/people/" + "x" * 5000,
        "/People/x", "/lead/", "/sign-in/back", "/openapi.json", f"/people/{person.kid.hex()}", "/people/*", "/people/' OR 1=1 --",
    ):  # fmt: skip
        answer = view("GET", path, ada, cookie)
        assert answer.status == 404, path
        assert person.canary not in answer.text
    for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"):
        assert view(method, "/", ada, cookie).status == 405
    assert view("GET", f"/?{'&'.join(f'a{n}=1' for n in range(60))}", ada, cookie).status == 400
    assert view("GET", "/?a=1&a=2", ada, cookie).status == 400


def test_every_answer_has_its_headers_and_none_is_kept(site, view):
    ada = site.member("Ada", "reader")
    cookie = view.signed_in(ada)
    for answer in (
        view("GET", "/", ada, cookie), view("GET", "/", None), view("GET", "/none", ada, cookie), view("GET", "/sign-in"),
        view("POST", "/lead/do", ada, cookie), view("PUT", "/"), view("GET", "/", more=(("host", "evil"),), drop=("host",)),
    ):  # fmt: skip
        policy = answer.headers["content-security-policy"][0]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == ["no-store"]
        assert answer.headers["referrer-policy"] == ["same-origin"]
        assert "server" not in answer.headers


def test_another_site_opens_the_first_page_and_nothing_else(site, view):
    ada = site.member("Ada", "reader")
    cookie = view.signed_in(ada)
    cross = (("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document"))
    assert view("GET", "/", ada, "", more=cross).status == 303
    assert view("GET", "/lead", ada, cookie, more=cross).status == 403
    assert (
        view("GET", "/", ada, cookie, more=(("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "iframe"))).status
        == 403
    )


def test_a_flood_of_one_member_or_stranger_costs_the_others_nothing(site):
    ada, eve = site.member("Ada", "reader"), site.member("Eve", "reader")
    with inside(site, at_once=1.0) as view:
        mine, theirs = view.signed_in(ada), view.signed_in(eve)
        flood = [view("GET", "/", eve, theirs).status for _ in range(150)]
        strangers = [view("GET", "/", None).status for _ in range(150)]
        assert flood.count(429) > 50
        assert strangers.count(429) > 50
        assert view("GET", "/", ada, mine).status == 200


def test_a_page_that_fails_says_nothing_of_anybody(site, caplog):
    person = site.consents(site.person())

    def fails(opened, _):
        raise KeyError(person.canary)

    with inside(site, (CarePage("/", "", ALL, fails),)) as view:
        badge = site.member("Ada", "lead")
        answer = view("GET", "/", badge, view.signed_in(badge))
    assert answer.status == 500
    assert person.canary not in answer.text + caplog.text
    assert "KeyError" in caplog.text
