"""Enrollments half done, and papers as somebody who stole a key would write them."""

from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from agent.enrollment import identity
from agent.privacy.vault import Vault, open_vault
from agent.wire import armor, directory, enroll
from agent.wire.keys import SignKey
from hub import site
from hub.rotation import rotate
from hub.site import open_keys, read_root
from tests.support.world import PIN

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


@dataclass
class Begun:
    """A machine that wrote its request and waits for the answer."""

    folder: Path
    vault: Vault
    bundle: enroll.Bundle
    paper: bytes

    @property
    def request(self):
        return enroll.verified_request(self.paper)

    @property
    def receive(self):
        return identity.load(self.folder, self.vault).receive

    def finish(self, answer):
        return identity.finish(self.folder, self.vault, answer)


def bundle_of(hub):
    return enroll.decode_bundle(armor.dearmor("BUNDLE", site.invite(hub)))


def begun(hub, folder, bundle=None):
    folder.mkdir(mode=0o700)
    vault = open_vault(folder, "file")
    bundle = bundle or bundle_of(hub)
    return Begun(folder, vault, bundle, identity.begin(folder, vault, bundle.encode(), PIN))


@dataclass
class Thief:
    """Who copied a hub's directory key with the certificate that the root gave it."""

    site: str
    key: SignKey
    cert: bytes
    signature: bytes

    @classmethod
    def of(cls, hub):
        keys = open_keys(hub)
        stolen = cls(keys.site, keys.sign_key("directory"), keys.value("cert"), keys.value("cert signature"))
        keys.close()
        return stolen

    def published(self, like, **changes):
        """A directory of the thief's: real in form, under the stolen key."""
        return directory.publish_under(self.cert, self.signature, self.key, replace(like, **changes), self.site)

    def answer(self, request, answer, published):
        return enroll.sealed_answer(answer, request, self.key, published)


def replace_directory_key(hub):
    """What an operator does who heard of the theft: a new key under the root."""
    rotate(hub, read_root(hub / "root.key"))


def reissued(authority, tbs):
    """Any bytes as the body of a certificate (DER), signed by an authority's P-256 key."""
    signature = authority.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return _der(0x30, tbs + ECDSA_SHA256 + _der(0x03, b"\0" + signature))


def _der(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    width = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + size.to_bytes(width, "big") + content
