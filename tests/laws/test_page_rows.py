"""A page of the worker's page costs one template and one row, and the tables of pages and questions agree."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.page.queries import QUESTIONS
from agent.page.web import catalogue
from agent.page.web.table import PAGES
from agent.tables.profiles import PROFILES
from agent.tables.signals import KINDS

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "agent/page/web/templates"
WORDS = catalogue.read(catalogue.FIRST)

TEMPLATE = """<h1 tabindex="-1">{{ t("breaks.title") }}</h1>
<p class="lead">{{ t("breaks.lead") }}</p>
{% for one in notes.notes %}<p>{{ word("note", one.name) }}</p>{% endfor %}
"""
ROW = """        PageSpec(
            "breaks",
            "Breaks",
            asks=("notes", "check-ins"),
            in_every_profile=True,
            words={"breaks.title": "Your breaks", "breaks.lead": "What you noted about them."},
        ),
"""
RENDER = """
import asyncio, json, sys
from agent.page.web.pages import Pages
from agent.tables.profiles import PROFILES

async def ask(question, with_=None):
    return {"notes": {"notes": [{"name": "shift"}]}, "check-ins": {"instruments": []}}[question]

made = {}
for name, profile in PROFILES.items():
    pages = Pages({"profile": profile.as_json(), "names": {}})
    made[name] = [pages.shell(pages.local()), asyncio.run(pages.render("breaks", {}, ask, None))]
print(json.dumps(made))
"""


def planted(tmp_path: Path, row: str, template: str) -> Path:
    """A copy of the tree with one page more."""
    shutil.copytree(ROOT / "agent", tmp_path / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests/laws", tmp_path / "tests/laws", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "agent/page/web/templates/breaks.html").write_text(template)
    table = tmp_path / "agent/page/web/table.py"
    head, found, tail = table.read_text().partition("    for page in (\n")
    assert found
    table.write_text(head + found + row + tail)
    return tmp_path


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *words], cwd=tree, env=env, capture_output=True, text=True)


@pytest.mark.process
def test_a_new_page_costs_one_template_and_one_row(tmp_path):
    tree = planted(tmp_path, ROW, TEMPLATE)
    drawn = run(tree, "-c", RENDER)
    assert drawn.returncode == 0, drawn.stderr
    for shell, page in json.loads(drawn.stdout).values():
        assert '<a href="#breaks" data-page="breaks">' in shell
        assert "<span>Breaks</span>" in shell
        assert "<h1" in page
        assert "Your breaks" in page
    laws = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/laws/test_words.py")
    assert laws.returncode == 0, laws.stdout[-3000:]


@pytest.mark.process
def test_a_page_that_no_profile_lists_is_not_there(tmp_path):
    tree = planted(tmp_path, ROW.replace("in_every_profile=True", "in_every_profile=False"), TEMPLATE)
    for shell, page in json.loads(run(tree, "-c", RENDER).stdout).values():
        assert "breaks" not in shell
        assert page is None


@pytest.mark.process
def test_a_page_with_a_missing_sentence_is_found_by_the_law(tmp_path):
    tree = planted(tmp_path, ROW.replace('"breaks.lead": "What you noted about them."', ""), TEMPLATE)
    found = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/laws/test_words.py")
    assert found.returncode == 1
    assert "breaks.lead: asked for, and not in the catalogue" in found.stdout


def faults(pages, questions, templates: set[str], listed: dict[str, frozenset[str]]) -> list[str]:
    """What disagrees, each with its row and its cure."""
    found = []
    for name, page in pages.items():
        if name not in templates:
            found.append(f"PAGES, row {name}: templates/{name}.html is missing; write it")
        if not page.title.strip():
            found.append(f"PAGES, row {name}: no title; the menu shows it")
        if bool(page.asks) == (page.prepare is not None):
            found.append(f"PAGES, row {name}: it needs either questions (asks) or a function (prepare)")
        found += [
            f"PAGES, row {name}: {asked} is not in QUESTIONS; add a row there"
            for asked in page.asks
            if asked not in questions
        ]
        found += [f"PAGES, row {name}: {asked} is a decision; a page only asks" for asked in page.asks
                  if asked in questions and questions[asked].decides]  # fmt: skip
        found += [f"PAGES, row {name}: the key {key} does not begin with {name}., or the catalogue has it too; give it another"
                  for key in page.words if not key.startswith(f"{name}.") or key in WORDS]  # fmt: skip
        if page.with_kind and page.with_kind not in KINDS:
            found.append(f"PAGES, row {name}: {page.with_kind} is no kind")
        if not (page.in_every_profile or page.with_kind or any(name in names for names in listed.values())):
            found.append(f"PAGES, row {name}: no profile lists it, so nobody sees it")
    for profile, names in listed.items():
        found += [f"PROFILES, row {profile}: {name} is no page" for name in sorted(names - set(pages))]
    return found


def test_pages_questions_and_profiles_agree():
    templates = {file.stem for file in TEMPLATES.glob("*.html")}
    listed = {name: profile.pages for name, profile in PROFILES.items()}
    assert faults(PAGES, QUESTIONS, templates, listed) == []
    assert faults(PAGES, QUESTIONS, templates - {"today"}, listed) == [
        "PAGES, row today: templates/today.html is missing; write it"
    ]
    assert faults(PAGES, {**QUESTIONS, "check-ins": QUESTIONS["pause"]}, templates, listed) == [
        "PAGES, row check-in: check-ins is a decision; a page only asks"
    ]
    assert faults(PAGES, QUESTIONS, templates, listed | {"care": frozenset({"diary"})}) == [
        "PROFILES, row care: diary is no page"
    ]
    hides = dataclasses.replace(PAGES["today"], words={"today.title": "Then"})
    assert len(faults({**PAGES, "today": hides}, QUESTIONS, templates, listed)) == 1
    questions = {name: row for name, row in QUESTIONS.items() if name != "place"}
    assert len(faults(PAGES, questions, templates, listed)) == 2


def test_scripts_and_templates_decide_only_what_the_table_knows():
    decisions = {name for name, question in QUESTIONS.items() if question.decides}
    used = set()
    for file in [*TEMPLATES.glob("*.html"), *(TEMPLATES.parent / "static").glob("*.js")]:
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r'data-do="([a-z-]+)"', text)) | set(re.findall(r'\bask\("([a-z-]+)"', text))
    assert used - decisions == set()
    assert {"pause", "resume", "withdraw", "erase"} <= used
