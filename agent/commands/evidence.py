"""`wardbeat evidence`: what papers say, word for word, or a refusal."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.commands.loading import load
from agent.errors import CheckFailed, WrongUse
from agent.system.output import say, show

if TYPE_CHECKING:
    from copilot.library import Library

_ABOUT: Final = """\
ask "QUESTION"     sentences of papers on burnout, stress, sleep and shifts of healthcare workers, word for word
show PASSAGE       a passage with its paper, as 'ask' names it
list               the papers, with their licences
add FILE|FOLDER    papers of your own (PDF); they stay on this machine and are never part of an export
remove PAPER       a paper of your own
check              compare every stored passage with its digest
open               the same in your browser

No question leaves this machine, and nothing is written that no paper says.
exit code: 0 answered or done, 1 refused or a check failed, 2 the file or an option is wrong
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _ABOUT
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument("what", nargs="*", help="the question, passage, paper, file or folder")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, without sentences of your own files"
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="ADDRESS",
        help="let a model on this machine (http://127.0.0.1:PORT) choose the order; it adds no word",
    )
    parser.add_argument(
        "--print", dest="only_print", action="store_true", help="with open: print the file name; do not open a browser"
    )


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat evidence`."""
    arguments.what = " ".join(arguments.what)
    needs = arguments.action in ("ask", "show", "add", "remove")
    if needs != bool(arguments.what.strip()) and arguments.action != "ask":
        raise WrongUse(
            f"{arguments.action} takes {'one name' if needs else 'nothing more'}",
            remedy="See 'wardbeat evidence --help'.",
        )
    return _ACTIONS[arguments.action](arguments)


@contextmanager
def _library(arguments: argparse.Namespace) -> "Iterator[Library]":
    from copilot.library import Library

    settings, _ = load(arguments)
    library = Library(settings.state_dir)
    try:
        yield library
    finally:
        library.close()


def _ask(arguments: argparse.Namespace) -> int:
    from copilot import local_model, shown
    from copilot.answer import Answer, answer, verify

    where = local_model.place(arguments.model) if arguments.model else None
    with _library(arguments) as library:
        made = answer(library, arguments.what)
        if where is not None and isinstance(made, Answer):
            made = local_model.ordered(made, where)
            verify(library, made.quotes)
    if arguments.json:
        show(json.dumps(shown.as_json(made), ensure_ascii=False))
    else:
        for line in shown.lines(made):
            show(line)
    return 0 if isinstance(made, Answer) else 1


def _show(arguments: argparse.Namespace) -> int:
    from copilot import shown

    with _library(arguments) as library:
        stored = library.index.passage(arguments.what)
        if stored is None:
            raise WrongUse(f"there is no passage {arguments.what!r}", remedy="'wardbeat evidence ask' names passages.")
        paper = library.papers[stored.paper_id]
        if reason := library.fault(stored):
            raise CheckFailed(f"passage {arguments.what}: {reason}", remedy="Run 'wardbeat evidence check'.")
    if arguments.json and paper.is_own:
        raise WrongUse("a passage of your own file is not exported", remedy="Leave --json out.")
    if arguments.json:
        passage = stored.passage
        made = {"passage": passage.id, "section": passage.section, "text": passage.text, "sha256": passage.sha256}
        show(json.dumps(made | {"citation": shown.citation(paper), "licence": paper.licence}, ensure_ascii=False))
        return 0
    show(stored.passage.text)
    show()
    show(f"{stored.passage.section}. {shown.citation(paper)}")
    show(f"{shown.facts(paper)}; {paper.licence}")
    if paper.retraction is not None:
        show(f"This paper was retracted in {paper.retraction.year}: {shown.doi(paper.retraction.notice_doi)}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from copilot import shown

    with _library(arguments) as library:
        papers = tuple(library.papers.values())
    if arguments.json:
        rows = [
            {"id": one.id, "citation": shown.citation(one), "licence": one.licence} for one in papers if not one.is_own
        ]
        show(json.dumps({"papers": rows}, ensure_ascii=False))
        return 0
    for paper in papers:
        show(f"{paper.id:<24} {shown.citation(paper)} [{paper.licence}]{' RETRACTED' if paper.retraction else ''}")
    say(f"{len(papers)} papers")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from copilot.adding import add

    with _library(arguments) as library:
        found = add(library, Path(arguments.what))
    code = found.refused[0].exit_code if found.refused else 0
    if arguments.json:
        added = [{"id": paper.id, "passages": len(paper.passages), "licence": paper.licence} for paper in found.papers]
        faults = [{"reason": str(one), "remedy": one.remedy} for one in found.refused]
        show(json.dumps({"added": added, "refused": faults}, ensure_ascii=False))
        return code
    for paper in found.papers:
        n = len(paper.passages)
        say(f"added: {paper.id} ({n} {'passage' if n == 1 else 'passages'}; {paper.licence})")
    for refused in found.refused:
        say(f"wardbeat: {refused}")
        say(f"  \u2192 {refused.remedy}")
    return code


def _remove(arguments: argparse.Namespace) -> int:
    with _library(arguments) as library:
        if not library.index.remove(arguments.what):
            raise WrongUse(f"there is no own paper {arguments.what!r}", remedy="'wardbeat evidence list' names them.")
    if arguments.json:
        show(json.dumps({"removed": arguments.what}, ensure_ascii=False))
    else:
        say(f"removed: {arguments.what}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    with _library(arguments) as library:
        faults = library.faults()
        count = library.index.passages_n
        if faults:
            library.mend()
    if arguments.json:
        show(json.dumps({"passages": count, "papers": len(library.papers), "differed": faults}, ensure_ascii=False))
    if faults:
        raise CheckFailed(
            f"{len(faults)} of {count} passages differed from their digest: {', '.join(faults[:5])}",
            remedy="The shipped ones were read in again. Add your own files again that are named.",
        )
    if not arguments.json:
        say(f"{count} passages of {len(library.papers)} papers are as they were read in")
    return 0


def _open(arguments: argparse.Namespace) -> int:
    from agent.system.browser import lead_in
    from copilot.pages.serve import serve

    settings, _ = load(arguments)
    with _library(arguments) as library:
        serve(
            library,
            settings.state_dir,
            lambda file: lead_in(file, only_print=arguments.only_print, command="wardbeat evidence open"),
        )
    say("The page is closed: nobody looked at it any more.")
    return 0


_ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "ask": _ask,
    "show": _show,
    "list": _list,
    "add": _add,
    "remove": _remove,
    "check": _check,
    "open": _open,
}
