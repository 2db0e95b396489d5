"""PDFs that are encrypted, scanned, huge, broken, slow or none: refused by name; orders in a text are text."""

import os
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import NameObject, StreamObject

from agent.errors import DocumentRefused, Missing
from copilot import pdf
from tests.support import made_pdfs

pytestmark = pytest.mark.process

REFUSED = {
    "encrypted": made_pdfs.encrypted,
    "no_text": made_pdfs.scanned,
    "too_many_pages": made_pdfs.long,
    "broken": lambda: made_pdfs.text()[:400],
    "not_pdf": lambda: b"no PDF at all " * 100,
}


def at(tmp_path, raw, name="paper.pdf"):
    file = tmp_path / name
    file.write_bytes(raw)
    return file


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, reason):
    with pytest.raises(DocumentRefused) as refused:
        pdf.read(at(tmp_path, REFUSED[reason]()))
    assert refused.value.reason == reason
    assert str(refused.value).startswith("paper.pdf is not added: ")
    assert refused.value.remedy


def test_a_text_comes_through_with_its_title(tmp_path):
    found = pdf.read(at(tmp_path, made_pdfs.text(made_pdfs.TEXT, made_pdfs.ORDERS, title="Hammocks on wards")))
    assert found.title == "Hammocks on wards"
    assert [page.splitlines() for page in found.pages] == [list(made_pdfs.TEXT), list(made_pdfs.ORDERS)]


def test_a_file_that_is_huge_is_not_even_read(tmp_path):
    file = tmp_path / "huge.pdf"
    with file.open("wb") as out:
        out.write(made_pdfs.text())
        out.truncate(pdf.BYTES_MOST + 1)
    with pytest.raises(DocumentRefused) as refused:
        pdf.read(file)
    assert refused.value.reason == "too_large"


def test_a_packed_page_of_hundreds_of_megabytes_is_refused(tmp_path):
    with pytest.raises(DocumentRefused) as refused:
        pdf.read(at(tmp_path, made_pdfs.bomb(300)))
    assert refused.value.reason in ("broken", "too_much_memory", "too_large", "too_slow")


def slow_pdf():
    made = made_pdfs.writer(made_pdfs.TEXT)
    stream = StreamObject()
    stream._data = zlib.compress(b"BT /F1 1 Tf (a) Tj ET\n" * 400_000)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    made.pages[0][NameObject("/Contents")] = made._add_object(stream)
    return made_pdfs.raw(made)


def test_a_file_that_takes_too_long_is_refused_within_the_limit(tmp_path, monkeypatch):
    file = at(tmp_path, slow_pdf())
    monkeypatch.setattr(pdf, "WAIT_S", 2.0)
    with pytest.raises(DocumentRefused) as refused:
        pdf.read(file)
    assert refused.value.reason == "too_slow"


def child(program: str, raw: bytes = b"%PDF-") -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", program], input=raw, capture_output=True)


def test_the_process_is_limited_in_memory_time_and_files(tmp_path):
    greedy = "from copilot import pdf_child as c; c._read = lambda *_: bytearray(2**30) and {}; c.main()"
    assert child(greedy).stdout == b'{"refused": "too_much_memory"}\n'
    file = tmp_path / "x"
    writes = f"from copilot import pdf_child as c; c._read = lambda *_: {{'wrote': __import__('pathlib').Path({str(file)!r}).write_text('a')}}; c.main()"
    assert child(writes).stdout == b""
    assert not file.exists() or file.stat().st_size == 0
    spins = (
        "from copilot import pdf_child as c; c.CPU_S = 1; exec('def f(*_):\\n while True: pass'); c._read = f; c.main()"
    )
    assert child(spins).returncode < 0


@pytest.mark.parametrize(
    "does", ["import socket; socket.socket()", "import subprocess; subprocess.run(['true'])", "import os; os.fork()", "import os; os.system('true')"]
)  # fmt: skip
def test_the_process_opens_no_socket_and_starts_no_process(does):
    bare = f"import sys\n{does}"
    assert child(bare).returncode == 0
    barred = child(f"import sys\nfrom copilot import pdf_child as c\nsys.addaudithook(c._bar)\n{does}")
    assert barred.returncode == 1
    assert b"copilot.pdf_child.Barred" in barred.stderr


def test_an_answer_that_is_none_of_ours_is_refused(tmp_path, monkeypatch):
    file = at(tmp_path, made_pdfs.text())
    for says in ("print('{}')", "print('[')", 'print(\'{"pages": [1], "title": ""}\')', "print('[' * 99999)", "0"):
        monkeypatch.setattr(pdf, "COMMAND", (sys.executable, "-c", says))
        with pytest.raises(DocumentRefused) as refused:
            pdf.read(file)
        assert refused.value.reason == "broken"


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    for path in (tmp_path, tmp_path / "pipe.pdf", tmp_path / "none.pdf"):
        with pytest.raises(DocumentRefused) as refused:
            pdf.read(path)
        assert refused.value.reason == "unreadable"


def test_without_the_reader_its_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    with pytest.raises(Missing, match="reader of PDFs") as missing:
        pdf.read(at(tmp_path, made_pdfs.text()))
    assert "evidence" in missing.value.remedy


@pytest.mark.slow
@settings(max_examples=12)
@given(st.data())
def test_changed_bytes_are_read_or_refused(tmp_path_factory, data):
    raw = bytearray(made_pdfs.text())
    for _ in range(data.draw(st.integers(1, 12))):
        raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        pdf.read(at(tmp_path_factory.mktemp("pdf"), bytes(raw)))
    except DocumentRefused as refused:
        assert refused.reason in pdf.REASONS
