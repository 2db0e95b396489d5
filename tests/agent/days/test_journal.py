"""The journal: a mood that the person chooses, words that stay, requests that are strict, and no journal at a workplace."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.days.contacts import help_contact, in_words
from agent.days.journal import Journal
from agent.days.store import DayStore
from agent.errors import PolicyDenied, WardbeatError, WrongUse
from agent.privacy.vault import Vault
from agent.tables.days import MOODS
from agent.tables.profiles import PROFILES

NOW = 1_764_400_000
VAULT = Vault(bytes(32), "a test")


STORES = []


@pytest.fixture(autouse=True)
def _closed():
    yield
    close_stores()


def close_stores():
    while STORES:
        STORES.pop().close()


def journal(folder, profile="personal", offset_s=3600):
    STORES.append(DayStore(folder / "history.db", VAULT))
    return Journal(STORES[-1], PROFILES[profile], lambda: NOW, lambda _: offset_s)


def ask(one, **request):
    return one.asked(json.dumps(request))


def test_an_entry_is_kept_listed_counted_and_removed(tmp_path):
    one = journal(tmp_path)
    first = ask(one, do="write", mood="negative", words="Bett 4, schon wieder")
    second = ask(one, do="write", mood="positive")
    assert first["at_utc_s"] != second["at_utc_s"], "two entries of one second are two"
    listed = ask(one, do="list")
    assert [entry["words"] for entry in listed["entries"]] == ["Bett 4, schon wieder", ""]
    assert listed["counts"] == {"positive": 1, "neutral": 0, "negative": 1, "distressed": 0}
    assert ask(one, do="list", from_day="2025-11-30")["entries"] == []
    assert ask(one, do="remove", at_utc_s=first["at_utc_s"]) == {"removed": True}
    assert ask(one, do="remove", at_utc_s=first["at_utc_s"]) == {"removed": False}


def test_an_entry_belongs_to_the_persons_own_day(tmp_path):
    STORES.append(DayStore(tmp_path / "history.db", VAULT))
    late = Journal(STORES[-1], PROFILES["personal"], lambda: 86_400 * 20_000 - 60, lambda _: 3600)
    assert ask(late, do="write", mood="neutral")["day"] == "2024-10-04"


@pytest.mark.parametrize("profile", ["eu-workplace"])
@pytest.mark.parametrize("request_", [{"do": "describe"}, {"do": "list"}, {"do": "write", "mood": "positive"}])
def test_there_is_no_journal_at_a_workplace(tmp_path, profile, request_):
    with pytest.raises(PolicyDenied, match="no journal"):
        ask(journal(tmp_path, profile), **request_)
    assert ask(journal(tmp_path, "care"), do="describe")["moods"] == list(MOODS)


@pytest.mark.parametrize(
    "request_",
    ["", "[]", "nonsense", '{"do": "write"}', '{"do": "write", "mood": "furious"}', '{"do": "write", "mood": 3}',
     '{"do": "write", "mood": "neutral", "words": 5}', '{"do": "write", "mood": "neutral", "extra": 1}',
     '{"do": "list", "from_day": "yesterday"}', '{"do": "remove"}', '{"do": "remove", "at_utc_s": true}',
     '{"do": "drop"}', '{"mood": "neutral"}', "[" * 100_000, '{"do": "write", "mood": "neutral", "words": "%s"}' % ("x" * 2001)],
)  # fmt: skip
def test_a_wrong_request_is_refused_with_a_reason_and_keeps_nothing(tmp_path, request_):
    one = journal(tmp_path)
    with pytest.raises(WrongUse) as refused:
        one.asked(request_)
    assert refused.value.remedy
    assert ask(one, do="list")["entries"] == []


@given(request_=st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                             lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                                 ["do", "mood", "words", "at_utc_s", "from_day", "until_day", "x"]), inner)))  # fmt: skip
def test_no_request_fails_otherwise(tmp_path_factory, request_):
    one = journal(tmp_path_factory.mktemp("j"))
    try:
        assert isinstance(one.asked(json.dumps(request_)), dict)
    except WardbeatError as error:
        assert str(error)
    finally:
        close_stores()


@pytest.mark.parametrize(("country", "reach"), [("DE", "0800 111"), ("de_AT.UTF-8", "142"), ("en-GB", "116 123"),
                                                ("fr_FR", "3114"), ("xx_ZZ", "findahelpline"), ("", "findahelpline")])  # fmt: skip
def test_help_contacts_are_those_of_the_country(country, reach):
    contact = help_contact(country)
    assert contact.reach.startswith(reach)
    assert all((contact.name, contact.emergency))
    assert any(contact.reach in line for line in in_words(contact))


def test_a_guess_is_off_until_the_person_switches_it_on_and_nothing_is_kept_of_it(tmp_path):
    words = "I am so angry about this roster, it is awful"
    with pytest.raises(WrongUse, match="switched off"):
        ask(journal(tmp_path), do="suggest", words=words)
    store = DayStore(tmp_path / "history.db", VAULT)
    on = Journal(store, PROFILES["personal"], lambda: NOW, lambda _: 0, suggests=True)
    assert ask(on, do="suggest", words=words) == {"mood": "negative"}
    assert ask(on, do="suggest", words="Heute war es wieder viel zu voll auf der Station")["mood"] is None
    assert ask(on, do="list")["entries"] == []
    at_work = Journal(store, PROFILES["eu-workplace"], lambda: NOW, lambda _: 0, suggests=True)
    with pytest.raises(PolicyDenied):
        ask(at_work, do="suggest", words=words)
    store.close()


# ---- the command


@pytest.fixture
def call(tmp_path, capsys, monkeypatch):
    (tmp_path / "settings.yaml").write_text(f"state_dir: {tmp_path}/state\nkey_store: file\n")

    def run(*words, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main(["--config", str(tmp_path / "settings.yaml"), *words]) == 0
        return capsys.readouterr()

    return run


def test_a_program_writes_and_lists_through_the_command(call):
    requests = [
        {"do": "describe"},
        {"do": "write", "mood": "distressed", "words": "a canary"},
        {"do": "write", "mood": "furious"},
        {"do": "list"},
    ]
    done = call("journal", "api", stdin="\n".join(json.dumps(one) for one in requests) + "\n")
    described, written, refused, listed = map(json.loads, done.out.splitlines())
    assert described["api"] == 1
    assert written["mood"] == "distressed"
    assert "refused" in refused
    assert listed["entries"] == [written]
    assert "canary" not in done.err


def test_distressed_shows_whom_to_call(call):
    done = call("journal", "--mood", "distressed", "--country", "DE")
    assert "0800 111 0 111" in done.out + done.err
    calm = call("journal", "--mood", "positive", "--country", "DE")
    assert "0800" not in calm.out + calm.err
