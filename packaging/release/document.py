"""The shell blocks of a document. Behind ```sh stands `step NAME`, which `make release` runs, or `example NAME`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KINDS: Final = ("step", "example")
_FENCE: Final = re.compile(r"^```(?P<info>.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One block.

    Attributes:
        kind: ``step`` or ``example``.
        name: The only one of this name in the document.
        text: What the shell reads.
        line: Where it begins, counted from 1.
    """

    kind: str
    name: str
    text: str
    line: int


def blocks(document: Path) -> list[Block]:
    """The shell blocks in the order of the document; blocks of another language are left out.

    Raises:
        ValueError: A shell block has no kind and name, two have one name, or one has no end.
    """
    found: list[Block] = []
    info, start, lines = None, 0, []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence is None:
            lines.append(line)
        elif info is None:
            info, start, lines = fence["info"].split(), number, []
        else:
            if info[:1] == ["sh"]:
                found.append(_block(info, "\n".join(lines) + "\n", f"{document.name}:{start}", start))
            info = None
    if info is not None:
        raise ValueError(f"{document.name}:{start}: this block has no end")
    names = [block.name for block in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{document.name}: two blocks are named {twice[0]!r}")
    return found


def steps(document: Path) -> list[Block]:
    """The blocks that are run."""
    return [block for block in blocks(document) if block.kind == "step"]


def _block(info: list[str], text: str, where: str, line: int) -> Block:
    if len(info) != 3 or info[1] not in KINDS:
        raise ValueError(f"{where}: write 'sh step NAME' or 'sh example NAME' behind the fence")
    return Block(info[1], info[2], text, line)
