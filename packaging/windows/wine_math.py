"""A stand-in for functions that numpy asks of its C runtime and wine lacks; in the trial's own copy of numpy alone."""

import re
import struct
import subprocess
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).with_suffix(".c")
_RUNTIME: Final = b"api-ms-win-crt-math-l1-1-0.dll"
_STAND_IN: Final = b"wine-trial-crt-math-l1-1-0.dll"
_COMPILER: Final = "x86_64-w64-mingw32-gcc"


def mend(numpy: Path) -> int:
    """Let a copy of numpy use the stand-in; how many of its modules do.

    Args:
        numpy: The package's folder, which is changed.
    """
    modules = [file for file in sorted(numpy.rglob("*.pyd")) if _RUNTIME in file.read_bytes()]
    wanted = sorted({name for file in modules for name in imported(file.read_bytes(), _RUNTIME.decode())})
    ours = _complex_names()
    rows = [f"{name}=w_{name}" if name in ours else f"{name}=ucrtbase.{name}" for name in wanted]
    definitions = numpy / "stand_in.def"
    definitions.write_text("EXPORTS\n" + "".join(f"{row}\n" for row in rows))
    made = numpy / _STAND_IN.decode()
    subprocess.run(
        [_COMPILER, "-shared", "-static", "-O1", "-o", str(made), str(_SOURCE), str(definitions)], check=True
    )
    definitions.unlink()
    for file in modules:
        file.write_bytes(file.read_bytes().replace(_RUNTIME, _STAND_IN))
        beside = file.with_name(made.name)
        if not beside.exists():
            beside.write_bytes(made.read_bytes())
    return len(modules)


def _complex_names() -> set[str]:
    names = re.findall(r"(?:COMPLEX|REAL)\((c\w+)\)", _SOURCE.read_text())
    return {f"{name}{kind}" for name in (*names, "cpow") for kind in ("", "f", "l")}


def imported(content: bytes, library: str) -> list[str]:
    """What a module of Windows (PE32+) asks of a library, by name.

    Source:
        learn.microsoft.com, PE Format: the import directory table
    """
    header = struct.unpack_from("<I", content, 0x3C)[0]
    count, size = struct.unpack_from("<H12xH", content, header + 6)
    table = header + 24 + size
    sections = [struct.unpack_from("<8x4I", content, table + 40 * number) for number in range(count)]

    def place(address: int) -> int:
        return next(raw + address - at for length, at, held, raw in sections if at <= address < at + max(length, held))

    def text(at: int) -> str:
        return content[at : content.index(b"\0", at)].decode()

    row = place(struct.unpack_from("<I", content, header + 24 + 120)[0])
    while (fields := struct.unpack_from("<5I", content, row))[3]:
        if text(place(fields[3])) == library:
            names, at = [], place(fields[0])
            while entry := struct.unpack_from("<Q", content, at)[0]:
                names.append(text(place(entry) + 2))
                at += 8
            return names
        row += 20
    return []
