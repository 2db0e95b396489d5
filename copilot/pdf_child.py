"""The process that reads a PDF: its bytes on stdin, one JSON line on stdout.

It has bounded time and memory, no file that it could write, no socket and no child: a PDF is foreign bytes.
What the text says is text, whatever it orders.
"""

import io
import json
import sys
from typing import Any, Final

from agent.system import host

BYTES_MOST: Final = 50 * 2**20
PAGES_MOST: Final = 400
LETTERS_MOST: Final = 4_000_000
MEMORY_BYTES: Final = 768 * 2**20
CPU_S: Final = 60
_BARRED: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.spawn", "ctypes.")
_TITLE_MOST: Final = 300


class Barred(Exception):
    """Something that a reader of PDFs has no use for."""


def main() -> int:
    """Answer, and end."""
    host.no_core_dumps()
    out = host.only_way_out()
    raw = sys.stdin.buffer.read(BYTES_MOST + 1)
    import pypdf

    host.limit_this_process(cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, writes=False)
    sys.addaudithook(_bar)
    try:
        found = _read(pypdf, raw)
    except MemoryError:
        found = {"refused": "too_much_memory"}
    out.write(json.dumps(found).encode() + b"\n")
    out.flush()
    return 0


def _bar(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_BARRED):
        raise Barred(event)


def _read(pypdf: Any, raw: bytes) -> dict[str, Any]:
    """Pages and title, or the reason of a refusal; whatever the library raises is one."""
    if len(raw) > BYTES_MOST:
        return {"refused": "too_large"}
    try:
        reader = pypdf.PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted:
            return {"refused": "encrypted"}
        if len(reader.pages) > PAGES_MOST:
            return {"refused": "too_many_pages"}
        return _pages(reader)
    except MemoryError:
        raise
    except Exception:  # the library may raise anything on a foreign file: it is refused by name
        return {"refused": "broken"}


def _pages(reader: Any) -> dict[str, Any]:
    pages, letters = [], 0
    for page in reader.pages:
        text = str(page.extract_text())
        letters += len(text)
        if letters > LETTERS_MOST:
            return {"refused": "too_large"}
        pages.append(text)
    title = (reader.metadata or {}).get("/Title")
    return {"pages": pages, "title": str(title)[:_TITLE_MOST] if isinstance(title, str) else ""}


if __name__ == "__main__":
    sys.exit(main())
