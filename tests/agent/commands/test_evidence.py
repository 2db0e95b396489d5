"""`wardbeat evidence`: quotations or a refusal, with exit codes; it opens no socket and starts no process."""

import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent import cli
from copilot import reading
from copilot.answer import DISCLAIMER
from copilot.papers import OWN_LICENCE
from tests.support import made_pdfs


@pytest.fixture
def evidence(tmp_path, capsys):
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({"state_dir": str(tmp_path / "state"), "key_store": "file"}))

    def run(*words):
        code = cli.main(["--config", str(settings), "evidence", *words])
        found = capsys.readouterr()
        return code, found.out, found.err

    run.settings = settings
    return run


def known_question() -> tuple[str, str]:
    """The words of a conclusion of the shipped corpus, and its paper."""
    return "Does resilience protect the mental health of healthcare workers from stress?", "resilience"


def test_a_question_is_answered_with_sentences_of_papers(evidence):
    code, out, _ = evidence("ask", known_question()[0], "--json")
    made = json.loads(out)
    assert code == 0
    passages = reading.load().passages()
    assert made["quotes"]
    assert all(one["text"] == passages[one["passage"]].text[one["start"] : one["stop"]] for one in made["quotes"])
    code, out, _ = evidence("ask", known_question()[0])
    assert code == 0
    assert made["quotes"][0]["text"] in out
    assert DISCLAIMER in out
    code, out, _ = evidence("show", made["quotes"][0]["passage"])
    assert code == 0
    assert made["quotes"][0]["text"] in out


def test_a_refusal_has_exit_code_one_and_the_disclaimer(evidence):
    code, out, _ = evidence("ask", "Am I burnt out?")
    assert code == 1
    assert out.startswith("No answer. This asks about one person.")
    assert DISCLAIMER in out
    code, out, _ = evidence("ask", "", "--json")
    assert code == 1
    assert json.loads(out)["refused"] == "empty"


def test_papers_are_listed_with_their_licences_and_checked(evidence):
    code, out, _ = evidence("list")
    assert code == 0
    assert all(paper.id in out and paper.licence in out for paper in reading.load().papers)
    code, _, err = evidence("check")
    assert code == 0
    assert "are as they were read in" in err


@pytest.mark.parametrize(
    "words", [("show", "nowhere-1"), ("show",), ("remove", "own:none"), ("add", "/nowhere.pdf"), ("list", "x"), ("ask", "Do naps help?", "--model", "http://example.org")]
)  # fmt: skip
def test_a_wrong_word_has_exit_code_two_and_a_remedy(evidence, words):
    code, _, err = evidence(*words)
    assert code == 2
    assert "\u2192" in err


@pytest.mark.process
@pytest.mark.parametrize("is_served", [False, True])
def test_the_page_is_opened_by_a_file_that_goes_when_the_page_ends(evidence, tmp_path, is_served):
    words = [sys.executable, "-m", "agent.cli", "--config", str(evidence.settings), "evidence", "open", "--print"]
    words = ["env", "--default-signal=INT", *words]  # a suite in the background has it ignored
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        file = Path(process.stdout.readline().strip())
        assert file == tmp_path / "state" / "evidence-open.html"
        port = int(re.search(r"127\.0\.0\.1:(\d+)/#", file.read_text())[1])
        if is_served:  # the server has its own handler by then
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as page:
                page.request("GET", "/")
                assert page.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert not file.exists()
    assert process.returncode == 130


@pytest.mark.process
def test_every_action_prints_one_object_where_that_is_asked(evidence, tmp_path):
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "hammocks.pdf").write_bytes(made_pdfs.text(title="Hammocks for nurses"))
    (papers / "torn.pdf").write_bytes(b"%PDF-1.7 torn")
    code, out, _ = evidence("add", str(papers), "--json")
    made = json.loads(out)
    assert code == 2
    assert [(one["passages"], one["licence"]) for one in made["added"]] == [(1, OWN_LICENCE)]
    assert "torn.pdf" in made["refused"][0]["reason"]
    assert made["refused"][0]["remedy"]
    code, out, _ = evidence("check", "--json")
    assert code == 0
    assert json.loads(out) == {"passages": len(reading.load().passages()) + 1, "papers": len(reading.load().papers) + 1, "differed": []}  # fmt: skip
    name = made["added"][0]["id"]
    code, out, _ = evidence("remove", name, "--json")
    assert (code, json.loads(out)) == (0, {"removed": name})


TRACED = """
import sys
events = []
sys.addaudithook(lambda event, args: events.append((event, str(args[:2]))))
from agent import cli
code = cli.main(["--config", sys.argv[1], "evidence", "ask", sys.argv[2]])
bad = [one for one in events if one[0].startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "urllib.", "http."))]
sys.exit(str(bad) if bad else code)
"""


@pytest.mark.process
def test_no_question_leaves_this_machine(evidence):
    def traced(program):
        words = [sys.executable, "-c", program, str(evidence.settings), known_question()[0]]
        return subprocess.run(words, capture_output=True, text=True)

    ran = traced(TRACED)
    assert ran.returncode == 0, ran.stderr
    planted = traced(TRACED.replace("code = cli", "import socket; socket.socket()\ncode = cli"))
    assert "socket.__new__" in planted.stderr
