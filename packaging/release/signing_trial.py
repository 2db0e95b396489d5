"""`make release-check`: signs with keys that are thrown away, and verifies by the commands that the document gives.

signing_trial.py DOCUMENT: exit code 1 where a good folder is refused, or anything else is accepted.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from document import blocks
from run_document import SHELL

_SIGN: Final = Path(__file__).with_name("sign.py")
_FILES: Final = {"deb/a_1.deb": b"a" * 5000, "python/b-1.whl": b"b", "licences.md": b"words\n"}


@dataclass(frozen=True, slots=True)
class Keys:
    """One signer: a pair of minisign's, and a key in a keyring of GnuPG."""

    secret: Path
    public: Path
    gpg: str
    keyring: Path


def main() -> int:
    """Print a line for each case."""
    commands = {block.name: block.text for block in blocks(Path(sys.argv[1]))}
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        os.environ["GNUPGHOME"] = str(base / "gnupg")
        (base / "gnupg").mkdir(mode=0o700)
        ours, foreign = (new_keys(base, name) for name in ("ours", "foreign"))
        for name, change in CASES.items():
            for example, signature in (("verify", "SHA256SUMS.minisig"), ("verify-gpg", "SHA256SUMS.asc")):
                folder = _signed(base, ours)
                shutil.copy((foreign if "key" in name else ours).public, folder / "wardbeat.pub")
                shutil.copy((foreign if "key" in name else ours).keyring, folder / "wardbeat.gpg")
                change(folder, folder / signature)
                done = subprocess.run([*SHELL, commands[example]], cwd=folder, capture_output=True, check=False)
                good = (done.returncode == 0) == (name == _GOOD)
                verdict = "accepted" if done.returncode == 0 else "refused"
                print(f"{'ok  ' if good else 'FAIL'} {example:10} {name}: {verdict}", flush=True)
                failed += not good
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
    return int(failed > 0)


def new_keys(base: Path, name: str) -> Keys:
    """Keys without a password, for a trial alone; GnuPG's go into the keyring of GNUPGHOME."""
    secret, public, keyring = (base / f"{name}.{ending}" for ending in ("key", "pub", "gpg"))
    words = ["minisign", "-G", "-W", "-s", str(secret), "-p", str(public)]
    subprocess.run(words, check=True, capture_output=True)
    mail = f"{name}@wardbeat.invalid"
    words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", mail, "default", "default", "1d"]
    subprocess.run(words, check=True, capture_output=True)
    subprocess.run(["gpg", "--output", str(keyring), "--export", mail], check=True, capture_output=True)
    listed = ["gpg", "--batch", "--with-colons", "--list-keys", mail]
    rows = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.splitlines()
    fingerprint = next(row.split(":")[9] for row in rows if row.startswith("fpr:"))
    return Keys(secret, public, fingerprint, keyring)


def _signed(base: Path, keys: Keys) -> Path:
    folder = base / "release"
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    words = [sys.executable, str(_SIGN), str(folder), "1.0", "--minisign", str(keys.secret), "--gpg", keys.gpg]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return folder


def _other_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _other_list(folder: Path, _: Path) -> None:
    """A file and its line are both changed, as somebody does who has no key."""
    _other_byte(folder / "deb/a_1.deb")
    words = ["sha256sum", *_FILES]
    said = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
    (folder / "SHA256SUMS").write_text(said, encoding="ascii")


_GOOD: Final = "nothing was changed"
CASES: Final[dict[str, Callable[[Path, Path], None]]] = {
    _GOOD: lambda _, __: None,
    "one byte of a file was changed": lambda folder, _: _other_byte(folder / "deb/a_1.deb"),
    "a file and the list were changed": _other_list,
    "one byte of the signature was changed": lambda _, signature: _other_byte(signature),
    "a file is missing": lambda folder, _: (folder / "licences.md").unlink(),
    "the signature is missing": lambda _, signature: signature.unlink(),
    "the key is another's": lambda _, __: None,
}


if __name__ == "__main__":
    sys.exit(main())
