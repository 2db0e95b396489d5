"""Every page says whom it shows, escapes what people wrote, and shows nothing that was not granted."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from agent.errors import WrongUse
from agent.wire.context import DAY_S
from hub.care import reading
from hub.care.pages import ACTIONS, PAGES, frame, people, words
from hub.care.pages import person as person_page
from hub.care.picture import Picture, WeekShown
from hub.care.reading import SeenPerson
from hub.care.rows import Made, Seen, TeamRole
from hub.store.team_alerts import ACKNOWLEDGED, WITH_TEAM
from tests.support.care_page import made, opened, sent
from tests.support.cared import NOW_UTC_S, TODAY, alert, relabel

EXTERNAL = re.compile(r"(?:href|src|action)=\"(?!/[^/]|#|/\")")
INLINE = re.compile(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def addresses(hub) -> Iterator[str]:
    """Every page, and every page of every person."""
    for row in PAGES:
        if "{device}" in row.path:
            yield from (row.path.replace("{device}", person.name) for person in hub.people)
        else:
            yield row.path
    yield from ("/?find=P0", "/?find=P0&page=2", "/?find=nobody", "/?page=99999", "/?page=x")


def in_html(hub, page: Made) -> set[bytes]:
    """The people of whom something stands in a page: the detector."""
    labels = hub.keys.people.labels()
    return {
        person.kid
        for person in hub.people
        if person.name in page.html or (person.kid in labels and re.search(rf">\s*{labels[person.kid]}\s*<", page.html))
    }


def unlogged(hub, page: Made) -> set[bytes]:
    """People in a page whom it does not say, and the other way round."""
    return in_html(hub, page) ^ {seen.kid for seen in page.seen}


@pytest.mark.parametrize("role", list(TeamRole))
def test_each_page_says_whom_it_shows(everybody, role):
    shown = 0
    for address in addresses(everybody):
        page = made(everybody, address, role)
        assert unlogged(everybody, page) == set(), address
        shown += len(page.seen)
    assert shown > 3 * len(everybody.people)


def test_a_page_that_forgets_one_is_found(everybody):
    for address in ("/", "/alerts", f"/people/{everybody.people[0].name}"):
        page = made(everybody, address)
        assert len(unlogged(everybody, replace(page, seen=page.seen[:-1]))) == 1
        assert unlogged(everybody, replace(page, seen=(*page.seen, Seen(b"somebody", "list")))) == {b"somebody"}


def test_each_page_names_its_view(everybody):
    person = everybody.people[3].name
    views = {"/": "list", f"/people/{person}": "person", f"/people/{person}/print": "print", "/alerts": "alerts"}
    for address, view in views.items():
        assert {seen.view for seen in made(everybody, address).seen} == {view}
    assert made(everybody, "/group").seen == made(everybody, "/help").seen == ()


def test_no_page_holds_a_script_a_style_or_an_address_elsewhere(everybody):
    for address in addresses(everybody):
        html = made(everybody, address).html
        assert EXTERNAL.findall(html) == []
        assert INLINE.findall(html) == []
    assert EXTERNAL.findall('<a href="https://example.org">')  # the same detectors on planted breaches
    assert EXTERNAL.findall('<img src="//example.org/x">')
    assert INLINE.findall('<p style="color: red">')


def test_burnout_is_named_only_where_check_ins_are_shared(everybody):
    named = 0
    for person in everybody.people:
        page = made(everybody, f"/people/{person.name}")
        seen = reading.person(opened(everybody), person.name)
        says = "burnout" in page.html.lower()
        assert not says or "context" in seen.picture.granted
        named += says
    assert named


def test_each_part_of_a_page_stands_under_its_grant(everybody):
    heads = {"heart": "Hours worn", "index": "Index by weeks", "context": "Check-ins"}
    for person in everybody.people:
        page, picture = (
            made(everybody, f"/people/{person.name}"),
            reading.person(opened(everybody), person.name).picture,
        )
        for grant, head in heads.items():
            assert (f"<h2>{head}</h2>" in page.html) == (grant in picture.granted), (person.name, grant)
        assert ("<h2>Their own range</h2>" in page.html) == bool(picture.lines)


def test_somebody_who_is_not_there_is_answered_like_somebody_unknown(hub):
    person = hub.person().consents()
    hub.project_all()
    assert made(hub, f"/people/{person.name}").status == 200
    person.withdraws()
    gone, unknown = made(hub, f"/people/{person.name}"), made(hub, "/people/d-unknown")
    assert (gone.status, gone.html, gone.seen) == (404, unknown.html, ())


def test_each_picture_says_when_it_was_made_and_when_next(everybody):
    address = f"/people/{everybody.people[0].name}"
    page = made(everybody, address).html
    assert page.count("Made 30 Nov 2026, 00:53 UTC. Next by 30 Nov 2026, 06:53 UTC.") == 4
    people = made(everybody, "/").html
    assert "The oldest line was made 30 Nov 2026, 00:53 UTC; all are made again by 30 Nov 2026, 06:53 UTC." in people
    assert "should have been made again" not in page + people
    later = NOW_UTC_S + 7 * 3600
    assert made(everybody, address, now_utc_s=later).html.count("It should have been made again") == 4
    assert "14 of these pictures should have been made again" in made(everybody, "/", now_utc_s=later).html


# ---- order


def shown(kid: int, **picture) -> SeenPerson:
    args = {"serial": 1, "granted": ("heart",), "from_utc_s": 0, "until_utc_s": 0, "made_utc_s": 0, "next_utc_s": 0}
    return SeenPerson(bytes([kid]), f"P{kid:03d}", Picture(f"d{kid}", **args, last_day=TODAY, worn_h=(1.0,), **picture))


@given(st.permutations(range(6)))
def test_who_asks_stands_first_then_gaps_and_never_a_score(order):
    def gap(days, reason="not_worn"):
        return ((TODAY - days, TODAY - 1, reason),)

    every = [
        shown(1, asked_utc_s=100, state="usual"),
        shown(2, asked_utc_s=200, gaps=gap(9)),
        shown(3, gaps=gap(9), state="usual"),
        shown(4, gaps=gap(2), state="apart"),
        shown(5, state="learning"),
        shown(6, gaps=gap(20, "no_consent"), state="apart"),
    ]
    assert people.in_order([every[n] for n in order]) == every


def test_the_list_is_read_page_by_page_and_searched(hub):
    for n in range(60):
        hub.person(f"Q{n:02d}").consents(("context",))
    hub.project_all()
    first, second = made(hub, "/"), made(hub, "/?page=2")
    assert (len(first.seen), len(second.seen)) == (50, 10)
    assert not {seen.kid for seen in first.seen} & {seen.kid for seen in second.seen}
    assert "1 to 50 of 60" in first.html
    assert {seen.kid for seen in made(hub, "/?find=q07").seen} == {hub.people[7].kid}
    assert 'value="&lt;b&gt;"' in made(hub, "/?find=<b>").html


def test_an_empty_hub_says_so(hub):
    page = made(hub, "/")
    assert "Nobody lets this team see them yet." in page.html
    assert page.seen == ()


# ---- what people wrote


class Tags(HTMLParser):
    """Elements and the names of their attributes, in order; and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += data


ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><b>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;",
    "</title><svg onload=alert(1)>",
)
TEXT = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    from tests.support.cared import cared_hub

    with cared_hub(tmp_path_factory.mktemp("written") / "hub") as hub:
        person = hub.person("P01").consents()
        person.asks("words")
        hub.project_all()
        alert(person, 1, "asked_for_help", "acknowledged", by="B. Other")
        sent(hub, f"/people/{person.name}/notes", fields={"text": "note"})
        yield hub


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=TEXT, words=TEXT, note=TEXT, name=TEXT)
def test_what_people_wrote_adds_no_element_to_any_page(written, monkeypatch, label, words, note, name):
    person = written.people[0]
    pages = ("/", f"/people/{person.name}", f"/people/{person.name}/print", "/alerts")
    plain = {address: Tags(made(written, address).html).tags for address in pages}

    def wild(seen):
        return replace(seen, label=label, picture=replace(seen.picture, asked_words=words))

    with monkeypatch.context() as patch:
        real, one, notes = reading.people, reading.person, reading.notes
        patch.setattr(reading, "people", lambda opened: [wild(seen) for seen in real(opened)])
        patch.setattr(reading, "person", lambda opened, device: wild(one(opened, device)))
        patch.setattr(reading, "notes", lambda opened, kid: [replace(row, text=note) for row in notes(opened, kid)])
        for address in pages:
            found = Tags(made(written, address, name=name).html)
            assert found.tags == plain[address]
            if address != "/alerts":
                assert label.split() == [] or label.split()[0] in found.text


def test_a_template_that_does_not_escape_is_found(written, monkeypatch):
    """The same detector on a planted breach."""
    address = "/"
    plain = Tags(made(written, address).html).tags
    monkeypatch.setattr(frame._jinja(), "autoescape", False)
    frame._jinja().cache.clear()
    try:
        relabel_unchecked(written, "<b>bold</b>")
        assert Tags(made(written, address).html).tags != plain
    finally:
        relabel(written, written.people[0], "P01")
        frame._jinja().cache.clear()


def relabel_unchecked(hub, label):
    from sqlalchemy import update

    from hub.keys.tables import LABEL, mark_changed

    with hub.keys._engine.begin() as db:
        db.execute(update(LABEL).values(label=label))
        mark_changed(db)


# ---- forms


def test_roles_of_forms():
    assert {row.path: row.roles for row in ACTIONS} == {
        "/people/{device}/notes": {TeamRole.LEAD, TeamRole.MEMBER},
        "/people/{device}/notes/delete": {TeamRole.LEAD},
        "/people/{device}/alerts/acknowledge": {TeamRole.LEAD, TeamRole.MEMBER},
    }
    assert all(row.roles == set(TeamRole) for row in PAGES)


def test_a_page_offers_what_its_reader_may_send(everybody):
    person = everybody.people[3].name

    def forms(role):
        html = made(everybody, f"/people/{person}", role).html
        return {action for action in ("/notes", "/notes/delete", "/acknowledge") if f'{action}"' in html}

    assert forms(TeamRole.READER) == set()
    assert forms(TeamRole.MEMBER) == {"/notes", "/acknowledge"}
    assert "I will take care of it" not in made(everybody, "/alerts", TeamRole.READER).html


def test_a_note_is_kept_shown_and_deleted(hub):
    person = hub.person("P01").consents()
    hub.project_all()
    to = sent(hub, f"/people/{person.name}/notes", TeamRole.MEMBER, "M. Member", fields={"text": " Called.\r\nTwice. "})
    assert to == f"/people/{person.name}?done=note#notes"
    assert "The note is saved." in made(hub, to.partition("#")[0]).html
    (note,) = reading.notes(opened(hub), person.kid)
    assert (note.text, note.who, note.at_utc_s) == ("Called.\nTwice.", "M. Member", NOW_UTC_S)
    assert "Called.\nTwice." in made(hub, f"/people/{person.name}").html
    to = sent(hub, f"/people/{person.name}/notes/delete", fields={"number": str(note.number)})
    assert "The note is deleted." in made(hub, to.partition("#")[0]).html
    assert 'role="status"' not in made(hub, f"/people/{person.name}?done=<b>").html
    assert reading.notes(opened(hub), person.kid) == []


@pytest.mark.parametrize("text", ["", " \n ", "a" * 2001, "bell\x07", "null\x00"])
def test_a_note_that_is_no_text_is_refused(hub, text):
    person = hub.person().consents()
    with pytest.raises(WrongUse):
        sent(hub, f"/people/{person.name}/notes", fields={"text": text})
    assert reading.notes(opened(hub), person.kid) == []


def test_nothing_is_written_of_somebody_who_is_not_there(hub):
    person, other = hub.person().consents(), hub.person().consents()
    alert(person, 1, "silent_days")
    person.withdraws()
    forms = {"notes": {"text": "x"}, "notes/delete": {"number": "1"}, "alerts/acknowledge": {"number": "1"}}
    for device in (person.name, "d-unknown"):
        for path, fields in forms.items():
            with pytest.raises(WrongUse):
                sent(hub, f"/people/{device}/{path}", fields=fields)
    assert reading.notes(opened(hub), person.kid) == []
    sent(hub, f"/people/{other.name}/notes", fields={"text": "x"})
    assert len(reading.notes(opened(hub), other.kid)) == 1


@pytest.mark.parametrize("number", ["", "x", "-1", "１", "9" * 20])
def test_a_form_with_a_number_that_is_none_is_refused(hub, number):
    person = hub.person().consents()
    for path in ("notes/delete", "alerts/acknowledge"):
        with pytest.raises(WrongUse):
            sent(hub, f"/people/{person.name}/{path}", fields={"number": number})


def test_an_alert_is_acknowledged_once_by_the_first(hub):
    person, other = hub.person().consents(), hub.person().consents()
    hub.project_all()
    alert(person, 1, "silent_days")
    sent(hub, f"/people/{other.name}/alerts/acknowledge", fields={"number": "1"})  # not theirs
    assert [one.kept.state for one in reading.alerts(opened(hub))] == [WITH_TEAM]
    address = f"/people/{person.name}/alerts/acknowledge"
    assert sent(hub, address, fields={"number": "1"}) == "/alerts?done=taken"
    to = sent(hub, address, name="B. Other", fields={"number": "1", "back": "person"})
    assert to == f"/people/{person.name}?done=taken"
    assert all("who takes care of this alert" in made(hub, where).html for where in (to, "/alerts?done=taken"))
    (one,) = reading.alerts(opened(hub))
    assert (one.kept.state, one.kept.acknowledged_by, one.kept.acknowledged_utc_s) == (
        ACKNOWLEDGED,
        "N. Example",
        NOW_UTC_S,
    )
    assert one.kept.revision == 3
    assert "N. Example has been taking care of it since" in made(hub, "/alerts").html


# ---- what a page says


def test_past_alerts_are_listed_for_90_days_while_the_person_consents(hub):
    person, gone = hub.person("P01").consents(), hub.person("P02").consents()
    hub.project_all()
    for number, who in ((100, person), (200, gone)):
        alert(who, number, "silent_days", "closed", closed_utc_s=NOW_UTC_S - 89 * DAY_S, by="B. Other")
        alert(who, number + 1, "check_in_burnout", "closed", closed_utc_s=NOW_UTC_S - 91 * DAY_S)
    gone.withdraws()
    page = made(hub, "/alerts").html
    assert "Closed in the last 90 days" in page
    assert "P01" in page
    assert "P02" not in page
    assert page.count('data-label="Closed"') == 1
    assert "No data for several days" in page
    assert "burnout" not in page


def test_the_suggestion_and_the_words_of_who_asks_stand_with_the_alert_wherever_it_is(hub):
    person = hub.person("P01").consents()
    person.asks("Please call me.")
    hub.project_all()
    alert(person, 1, "index_low_above_50_weeks")
    alert(person, 2, "asked_for_help")
    for _ in ("waiting", "taken"):
        pages = (made(hub, "/alerts").html, made(hub, f"/people/{person.name}").html)
        assert all("A suggestion for the person, with its evidence" in html for html in pages)
        assert all("Evidence C" in html and "Please call me." in html for html in pages)
        sent(hub, f"/people/{person.name}/alerts/acknowledge", fields={"number": "1"})


def test_what_moved_the_index_says_which_way_each_measurement_lies():
    week = WeekShown(TODAY, 70.0, 55.0, 85.0, "", (("ln_rmssd", 12.0), ("hr_bpm", 8.0), ("yawns_per_min", 0.0)))
    found = {part.name: part.moved for part in person_page.parts(week)}
    assert found == {
        "Heart rate variability at rest": "lower than their normal",
        "Heart rate at rest": "higher than their normal",
        "Yawns": "at their normal",
    }
    less = replace(week, points=(("ln_rmssd", -12.0), ("hr_bpm", -8.0)))
    assert [part.moved for part in person_page.parts(less)] == ["higher than their normal", "lower than their normal"]


def test_the_first_sentence_says_what_the_number_means_or_why_there_is_none():
    week = WeekShown(TODAY - 1, 76.2, 57.0, 90.0, "")
    seen = shown(1, state="apart", weeks=(week,)).picture
    assert words.state_sentence(seen) == (
        "The seven days to 29 Nov 2026 show clearly more strain than their normal. Their index is 76 of 100; 50 is "
        "their normal, and more is more strain. The true value lies between 57 and 90 nine times in ten."
    )
    silent = shown(1, state="thin", gaps=((TODAY - 12, TODAY - 1, "silent"),)).picture
    assert words.state_sentence(silent) == (
        "Too little was measured lately for an index. Since 18 Nov 2026: the device was not heard."
    )
    worn = replace(silent, state="learning", gaps=((TODAY - 12, TODAY - 3, "silent"),))
    assert words.state_sentence(worn) == ("There is no index yet: their normal is learned from 42 readings on 14 days.")
