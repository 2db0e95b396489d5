"""A file of JSON lines that the hub signs: the last line is the signature over all bytes before it.

Whoever reads it needs no program of ours (`pandas.read_json(file, lines=True)`), and whoever keeps it can prove later
what the hub said.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from agent.errors import WireRefused
from agent.wire.directory import Verified, fingerprint_words, verified
from agent.wire.keys import verify
from agent.wire.labels import Label
from hub.keys.keystore import KeyStore

_KIND: Final = "signature"


@dataclass(frozen=True, slots=True)
class SignedLines:
    """Lines whose signature holds.

    Attributes:
        site: That signed.
        lines: All but the signature.
        directory: That lists the key which signed them.
        root: That the directory hangs on; its words are to be compared with the site's.
    """

    site: str
    lines: tuple[dict[str, Any], ...]
    directory: Verified
    root: bytes

    @property
    def root_words(self) -> str:
        """Eight words of the root."""
        return fingerprint_words(self.root)


def signed(keys: KeyStore, label: Label, lines: Iterable[dict[str, Any]]) -> bytes:
    """The file: lines, and the signature of the hub's receipt key."""
    body = b"".join(_line(line) for line in lines)
    signature = keys.sign_key("receipt").sign(label, keys.site, hashlib.sha256(body).digest())
    by = {
        "kind": _KIND,
        "site": keys.site,
        "root": keys.value("root public").hex(),
        "directory": keys.published().hex(),
    }
    return body + _line({**by, "signature": signature.hex()})


def read_signed(label: Label, file: bytes) -> SignedLines:
    """Inverse of `signed`.

    Raises:
        WireRefused: ``malformed``, ``weak_key``, or ``bad_signature``: a line was changed, added or taken away.
    """
    body, _, last = file.removesuffix(b"\n").rpartition(b"\n")
    try:
        by = json.loads(last)
        lines = tuple(json.loads(line) for line in body.splitlines())
        site, root = str(by["site"]), bytes.fromhex(by["root"])
        signature, published = bytes.fromhex(by["signature"]), bytes.fromhex(by["directory"])
    except (ValueError, TypeError, KeyError) as error:
        raise WireRefused("malformed", "this is not a signed file of a hub, or it is cut short") from error
    seen = verified(published, site, root, 0)
    digest = hashlib.sha256(body + b"\n").digest()
    if not any(verify(public, signature, label, site, digest) for public in seen.directory.receipt_keys()):
        raise WireRefused("bad_signature", "the file was changed, or another hub signed it")
    return SignedLines(site, lines, seen, root)


def _line(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
