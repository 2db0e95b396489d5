"""The register of consents: who agreed to what and until when, each with the person's signature, in a signed file.

It holds no measured value. Labels are left out unless asked for, because the file may leave the hub.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent.errors import WireRefused
from agent.system import host
from agent.wire import schema
from agent.wire.consent import grant_items, names_features
from agent.wire.consent import verified as verified_consent
from agent.wire.labels import Label
from agent.wire.message import ConsentMessage, FeaturesMessage, Grant
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.signed_lines import SignedLines, read_signed, signed
from hub.site import open_keys
from hub.store import Role, Store
from hub.store.records import SignedRecord, standing
from hub.views.utc import ends_utc_s, moment_text


def write_register(folder: Path, into: Path, now_utc_s: int, *, labels: bool = False) -> Counter[str]:
    """Write the register; returns how many consents there are of each state.

    Args:
        folder: The hub's.
        into: The new file; readable for its owner alone.
        now_utc_s: States are as of now.
        labels: With the study labels.

    Raises:
        Missing: The database does not respond.
        StorageFull: The file cannot be written.
    """
    with closing(open_keys(folder)) as keys, Store(folder, keys, Role.SHOW) as store:
        lines = list(_lines(keys, store, now_utc_s, labels=labels))
        host.write_private(into, signed(keys, Label.REGISTER, lines))
    return Counter(str(line["state"]) for line in lines[1:])


def read_register(file: bytes) -> SignedLines:
    """A register that its hub signed, and in which the people's keys signed every consent.

    Raises:
        WireRefused: ``malformed``, ``weak_key``, ``bad_signature`` or ``bad_consent``, which names the line.
    """
    read = read_signed(Label.REGISTER, file)
    for n, line in enumerate(read.lines[1:], start=2):
        try:
            _prove(read.site, line)
        except (WireRefused, ValueError, TypeError, KeyError) as error:
            raise WireRefused("bad_consent", f"line {n}: its person did not sign this") from error
    return read


def _lines(keys: KeyStore, store: Store, now_utc_s: int, *, labels: bool) -> Iterator[dict[str, Any]]:
    names = keys.people.labels() if labels else {}
    yield {
        "kind": "register",
        "site": keys.site,
        "operator": keys.operator,
        "synthetic": keys.synthetic,
        "made_utc": moment_text(now_utc_s),
    }
    for device in keys.devices.all():
        for record in store.records(device):
            yield _consent(device, record, names.get(device.kid), now_utc_s)


def _consent(device: Device, signed_record: SignedRecord, label: str | None, now_utc_s: int) -> dict[str, Any]:
    record, stated = signed_record.record, signed_record.features
    known = schema.features()
    grants = [*record.grants, *(stated.grants if stated else ())]
    line: dict[str, Any] = {
        "kind": "consent",
        "device": device.device,
        "label": label,
        "serial": record.serial,
        "action": record.action,
        "profile": record.profile,
        "from_utc": moment_text(record.from_utc_s),
        "until_utc": moment_text(ends_utc_s(record)),
        "state": standing(device, record, now_utc_s),
        "grants": [asdict(grant) for grant in grants],
        "numbers": None if stated is None else [known[one].name for one in stated.feature_ids if one in known],
        "text_sha256": record.text_hash.hex(),
        "consent_key": device.consent_public.hex(),
        "device_key": device.sign_public.hex(),
        "record": signed_record.message.record.hex(),
        "signature": signed_record.message.signature.hex(),
        "statement": None,
    }
    if stated is not None:
        line["statement"] = {
            "features": list(stated.feature_ids),
            "grants": grant_items(stated.grants),
            "signature": stated.signature.hex(),
        }
    return line


def _prove(site: str, line: dict[str, Any]) -> None:
    """Whether the keys in a line signed what it says in clear.

    Raises:
        WireRefused, ValueError, TypeError, KeyError: They did not.
    """
    message = ConsentMessage(bytes.fromhex(line["record"]), bytes.fromhex(line["signature"]))
    consent_key = bytes.fromhex(line["consent_key"])
    record = verified_consent(message, site, consent_key, bytes.fromhex(line["device_key"]))
    said = (record.device, record.serial, record.action, record.profile, moment_text(record.from_utc_s))
    grants = list(record.grants)
    if line["statement"] is not None:
        stated = line["statement"]
        more = tuple(Grant(*one) for one in stated["grants"])
        statement = FeaturesMessage(record.hash, tuple(stated["features"]), more, bytes.fromhex(stated["signature"]))
        if not names_features(statement, site, consent_key):
            raise WireRefused("bad_consent", "the statement")
        grants += more
    shown = [Grant(one["signal"], one["purpose"], one["recipient"]) for one in line["grants"]]
    in_clear = tuple(line[name] for name in ("device", "serial", "action", "profile", "from_utc"))
    if said != in_clear or moment_text(ends_utc_s(record)) != line["until_utc"] or shown != grants:
        raise WireRefused("bad_consent", "the line says something else than its record")
