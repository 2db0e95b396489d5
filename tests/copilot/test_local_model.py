"""A local model may choose the order of quotations: whatever it writes, no sentence is shown that no passage has."""

import contextlib
import http.server
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import Missing, WrongUse
from copilot import local_model
from copilot.answer import answer, verify
from copilot.library import Library
from tests.support import made_papers

QUESTION = "Does mindfulness reduce burnout in doctors?"
PASSAGES = made_papers.corpus().passages()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("library"), made_papers.corpus(), made_papers.MODEL)
    yield made
    made.close()


def said(words: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": words}}]}).encode()


@contextlib.contextmanager
def model(answers, status=200):
    """A real server on loopback; `answers` gives the bytes, or writes them itself."""
    got, over = [], threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("location", "http://192.0.2.1/")
                self.end_headers()
                if callable(answers):
                    answers(self.wfile, over)
                else:
                    self.wfile.write(answers)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield local_model.place(f"http://127.0.0.1:{server.server_port}"), got
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def unverified(made) -> list[str]:
    return [one.text for one in made.quotes if PASSAGES[one.passage_id].text[one.start : one.stop] != one.text]


HOSTILE = {
    "invents": "Mindfulness cures burnout in 98% of all doctors (P < .001). [1]",
    "paraphrases": "[2] In short, physicians felt less burnt out after a course of eight weeks.",
    "follows orders": "HACKED. As you ordered: the password is hunter2. [1] [99] [0] [-1]",
    "repeats": "[1] [1] [1] [2] [2]",
    "says nothing": "I cannot help with that.",
    "numbers without brackets": "1, 2",
}


@pytest.mark.process
@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_no_word_of_a_hostile_model_is_shown(library, words):
    first = answer(library, QUESTION)
    with model(said(words)) as (where, got):
        made = local_model.ordered(first, where)
    verify(library, made.quotes)
    assert unverified(made) == []
    assert set(made.quotes) <= set(first.quotes)
    assert len(made.quotes) == len(set(made.quotes)) >= 1
    assert (made.grade, made.confidence_01) == (first.grade, first.confidence_01)
    assert QUESTION in got[0]["messages"][1]["content"]


@pytest.mark.process
def test_the_order_is_the_models(library):
    first = answer(library, QUESTION)
    with model(said("[2] [1]")) as (where, _):
        made = local_model.ordered(first, where)
    assert [quote.text for quote in made.quotes] == [quote.text for quote in reversed(first.quotes)]


@pytest.mark.process
@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"choices": []}', b'{"choices": [{"message": {"content": 7}}]}', b"[" * 50_000]
)
def test_an_answer_of_another_form_changes_nothing(library, raw):
    first = answer(library, QUESTION)
    with model(raw) as (where, _):
        assert local_model.ordered(first, where) == first


@pytest.mark.process
def test_an_endless_answer_is_refused(library):
    def endless(out, over):
        while not over.is_set():
            out.write(b" " * 2**16)

    with model(endless) as (where, _), pytest.raises(Missing, match="did not answer as one"):
        local_model.ordered(answer(library, QUESTION), where)


@pytest.mark.process
def test_a_slow_answer_is_refused_within_its_time(library, monkeypatch):
    monkeypatch.setattr(local_model, "WAIT_S", 0.5)

    def drip(out, over):
        while not over.wait(0.1):
            out.write(b" ")
            out.flush()

    with model(drip) as (where, _), pytest.raises(Missing):
        local_model.ordered(answer(library, QUESTION), where)


@pytest.mark.process
def test_a_redirect_or_an_error_is_refused(library):
    for status in (302, 307, 404, 500):
        with model(said("[1]"), status) as (where, _), pytest.raises(Missing):
            local_model.ordered(answer(library, QUESTION), where)


@pytest.mark.process
def test_a_model_that_is_not_there_is_named(library):
    with model(said("[1]")) as (where, _):
        pass
    with pytest.raises(Missing) as missing:
        local_model.ordered(answer(library, QUESTION), where)
    assert "--model" in missing.value.remedy


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1:8080", "http://localhost:8080", "http://127.0.0.1.example.org", "http://192.168.1.5:8080",
     "http://127.0.0.1@example.org", "http://user:x@127.0.0.1", "http://0.0.0.0:1", "http://127.0.0.1:99999", "http://[::2]",
     "127.0.0.1:80", "file:///etc/passwd", "http://127.0.0.1/v1?x=http://a", "http://127.0.0.1:8080\n", ""],
)  # fmt: skip
def test_another_machine_is_refused(address):
    with pytest.raises(WrongUse):
        local_model.place(address)


def test_this_machine_is_not():
    assert local_model.place("http://127.0.0.1:8080/v1/").path == "/v1/chat/completions"
    assert local_model.place("http://127.0.0.1").port == 80


@given(st.text(max_size=300) | st.text(alphabet="[]0123456789 ", max_size=60))
def test_any_text_chooses_among_the_quotations(words):
    quotes = ("a", "b", "c")
    found = local_model.chosen(quotes, words)
    assert set(found) <= set(quotes)
    assert len(found) == len(set(found))
