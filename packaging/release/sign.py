"""`make sign`: SHA256SUMS over every file of a folder, signed with the caller's key: minisign's, GnuPG's, or both.

sign.py FOLDER VERSION [--minisign SECRET_KEY_FILE] [--gpg FINGERPRINT]: no key is made here. minisign asks for the
key's password at the terminal, and signs the version as a trusted comment: nobody can pass an older release off as a
newer one.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

SUMS: Final = "SHA256SUMS"
_OWN: Final = (SUMS, f"{SUMS}.minisig", f"{SUMS}.asc")
_PLAIN: Final = re.compile(r"[\w.+~@/-]+", re.ASCII)


def main() -> int:
    """Write the list and its signatures; 2 where no key is named or a file cannot be listed."""
    parser = argparse.ArgumentParser(description="List and sign what a release consists of.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("version")
    parser.add_argument("--minisign", type=Path, metavar="FILE")
    parser.add_argument("--gpg", metavar="FINGERPRINT")
    words = parser.parse_args()
    if words.minisign is None and words.gpg is None:
        parser.error("name a key: --minisign FILE or --gpg FINGERPRINT")
    for name in _OWN[1:]:
        (words.folder / name).unlink(missing_ok=True)
    try:
        text = sums(words.folder)
    except ValueError as error:
        parser.error(str(error))
    (words.folder / SUMS).write_text(text, encoding="ascii")
    if words.minisign is not None:
        said = ["-t", f"wardbeat {words.version}", "-c", "signature of Wardbeat's files"]
        _run(["minisign", "-S", "-s", str(words.minisign.resolve()), "-m", SUMS, *said], words.folder)
    if words.gpg is not None:
        _run(["gpg", "--batch", "--yes", "--armor", "--local-user", words.gpg, "--detach-sign", SUMS], words.folder)
    print(f"{words.folder / SUMS}: {text.count(chr(10))} files, signed.")
    return 0


def sums(folder: Path) -> str:
    """A line for each file below the folder, sorted, as `sha256sum --check` reads it.

    Raises:
        ValueError: A name has other characters than plain ones, or is a link; or there is no file.
    """
    rows = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise ValueError(f"{name} is a link: only files can be signed")
        if not path.is_file() or name in _OWN:
            continue
        if not _PLAIN.fullmatch(name):
            raise ValueError(f"{name!r} has characters that not every system's sha256sum reads alike")
        with path.open("rb") as file:
            rows.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    if not rows:
        raise ValueError(f"{folder} holds no file: build something first")
    return "".join(rows)


def _run(words: list[str], folder: Path) -> None:
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
