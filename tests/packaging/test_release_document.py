"""docs/release.md is a program: its blocks parse, and what it names exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/release.md"
RELEASE = ROOT / "packaging/release"


@pytest.fixture(scope="module")
def release():
    """The modules of packaging/release that need nothing but Python."""
    sys.path.insert(0, str(RELEASE))
    try:
        import document
        import set_version
        import sign
    finally:
        sys.path.pop(0)
    return {"document": document, "set_version": set_version, "sign": sign}


def targets():
    return set(re.findall(r"^([a-z][a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def missing(text, root):
    """Targets of make and files that a text names and that are not there."""
    named = re.findall(
        r"\bmake ((?:[a-z][a-z-]+ ?)+)", "\n".join(re.findall(r"`make [^`]*`|^.*\bmake .*$", text, re.MULTILINE))
    )
    words = {word for row in named for word in row.split()} - {"it", "sure"}
    files = {
        name
        for name in re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|sh|txt))`", text)
        if not name.startswith("dist/")
    }
    return [f"make {word}" for word in sorted(words - targets())] + [
        name for name in sorted(files) if not (root / name).exists()
    ]


def test_every_target_and_file_that_the_document_names_exists():
    text = DOCUMENT.read_text()
    assert missing(text, ROOT) == []
    assert {"deb", "sboms", "licences", "sign", "wheel", "offline-kit"} <= set(re.findall(r"make ([a-z-]+)", text))


def test_a_target_and_a_file_that_do_not_exist_are_found():
    text = "Run `make deb` and\n\n```sh step x\nmake check tset\n```\n\nand read `docs/nowhere.md`."
    assert missing(text, ROOT) == ["make tset", "docs/nowhere.md"]


def test_the_steps_stand_in_the_order_of_a_release(release):
    names = [block.name for block in release["document"].steps(DOCUMENT)]
    wanted = ["state", "version", "tests", "packages", "python", "kit", "sboms", "licences", "sign", "signature", "tag"]
    assert [name for name in names if name in wanted] == wanted
    assert names[0] == "state"
    assert names[-1] == "tag"


def test_no_step_pushes_or_uploads(release):
    text = "".join(block.text for block in release["document"].steps(DOCUMENT))
    assert not re.search(r"git push|twine|curl|scp|rsync|upload", text)


def test_no_step_makes_a_key(release):
    text = "".join(block.text for block in release["document"].steps(DOCUMENT))
    text += "".join((RELEASE / name).read_text() for name in ("sign.py", "run_document.py"))
    assert not re.search(r"minisign[^\n]*-G|generate-key|gen-key", text)


@pytest.mark.process
def test_each_block_is_a_script_of_the_shell(release):
    for block in release["document"].blocks(DOCUMENT):
        done = subprocess.run(["bash", "-n", "-c", block.text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block.name}: {done.stderr}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```sh\nls\n```\n", "write 'sh step NAME'"),
        ("```sh stepp a\nls\n```\n", "write 'sh step NAME'"),
        ("```sh step a b\nls\n```\n", "write 'sh step NAME'"),
        ("```sh step a\nls\n", "has no end"),
        ("```sh step a\nls\n```\n```sh example a\nls\n```\n", "two blocks are named 'a'"),
    ],
)
def test_a_document_that_is_none_is_refused(release, tmp_path, text, said):
    file = tmp_path / "x.md"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)):
        release["document"].blocks(file)


def test_blocks_of_another_language_are_no_steps(release, tmp_path):
    file = tmp_path / "x.md"
    file.write_text("```\nrm -rf /\n```\n```python\nx\n```\n```sh step a\nls\n```\n```sh example b\nls\n```\n")
    assert [(block.name, block.kind, block.line) for block in release["document"].blocks(file)] == [
        ("a", "step", 7),
        ("b", "example", 10),
    ]
    assert [block.name for block in release["document"].steps(file)] == ["a"]


@pytest.mark.process
def test_a_step_that_fails_ends_the_run_and_says_how_to_go_on(tmp_path):
    file = tmp_path / "x.md"
    blocks = ("echo one", "false; echo never", "echo three")
    file.write_text("".join(f"```sh step s{n}\n{words}\n```\n" for n, words in enumerate(blocks)))

    def run(*words):
        words = [sys.executable, str(RELEASE / "run_document.py"), str(file), *words]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    failed = run()
    assert failed.returncode == 1
    assert "one" in failed.stdout
    assert "never" not in failed.stdout
    assert "three" not in failed.stdout
    assert "make release FROM=s1" in failed.stderr
    assert run("--from", "s2").returncode == 0
    assert run("--only", "s0").returncode == 0
    assert run("--from", "s9").returncode == 2


def test_a_version_is_written_where_the_program_reads_it(release):
    changed = release["set_version"].changed(ROOT, "9.8.7", "2030-01-02")
    assert set(changed) == {"pyproject.toml", "agent/__init__.py"}
    assert '\nversion = "9.8.7"\n' in changed["pyproject.toml"]
    assert '__version__ = "9.8.7"\n__built__ = "2030-01-02"  # ' in changed["agent/__init__.py"]


@pytest.mark.parametrize(
    ("version", "day"), [("v1.0.0", "2030-01-02"), ("1.0.0", "today"), ("1", "2030-01-02"), ("1.0; x", "2030-01-02")]
)
def test_a_word_that_is_no_version_or_day_changes_nothing(release, version, day):
    with pytest.raises(ValueError, match="write a version"):
        release["set_version"].changed(ROOT, version, day)


def test_a_file_without_the_line_changes_nothing(release, tmp_path):
    (tmp_path / "pyproject.toml").write_text('version = "1"\nversion = "2"\n')
    with pytest.raises(ValueError, match="2 lines"):
        release["set_version"].changed(tmp_path, "1.0.0", "2030-01-02")


def test_checksums_name_every_file_but_their_own(release, tmp_path):
    (tmp_path / "deb").mkdir()
    (tmp_path / "deb/a_1+deb12.deb").write_bytes(b"a")
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit/SHA256SUMS").write_bytes(b"b")
    for name in ("SHA256SUMS", "SHA256SUMS.minisig", "SHA256SUMS.asc"):
        (tmp_path / name).touch()
    assert release["sign"].sums(tmp_path) == (
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  deb/a_1+deb12.deb\n"
        "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  kit/SHA256SUMS\n"
    )


@pytest.mark.parametrize("name", ["a b", "a\nb", "a\\b", "é"])
def test_a_name_that_not_everybody_reads_alike_is_not_signed(release, tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match="characters"):
        release["sign"].sums(tmp_path)


def test_an_empty_folder_and_a_link_are_not_signed(release, tmp_path):
    with pytest.raises(ValueError, match="holds no file"):
        release["sign"].sums(tmp_path)
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="is a link"):
        release["sign"].sums(tmp_path)
