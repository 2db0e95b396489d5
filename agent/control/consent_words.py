"""A signed yes as it goes to the running agent over the control socket."""

import json

from agent.wire.consent import SignedYes
from agent.wire.message import ConsentMessage, FeaturesMessage, Grant


def encode_yes(yes: SignedYes) -> str:
    """As JSON; bytes in hex."""
    return json.dumps(
        {
            "record": yes.record.record.hex(),
            "signature": yes.record.signature.hex(),
            "consent_hash": yes.features.consent_hash.hex(),
            "feature_ids": list(yes.features.feature_ids),
            "grants": [[one.signal, one.purpose, one.recipient] for one in yes.features.grants],
            "features_signature": yes.features.signature.hex(),
        }
    )


def decode_yes(argument: str) -> SignedYes:
    """Inverse of `encode_yes`; signatures are the caller's to verify.

    Raises:
        ValueError, KeyError, TypeError: It is nothing of that kind.
    """
    given = json.loads(argument)
    record, signature, consent_hash, features_signature = (
        bytes.fromhex(given[name]) for name in ("record", "signature", "consent_hash", "features_signature")
    )
    ids = tuple(int(one) for one in given["feature_ids"])
    grants = tuple(Grant(*(str(part) for part in one)) for one in given["grants"])
    return SignedYes(ConsentMessage(record, signature), FeaturesMessage(consent_hash, ids, grants, features_signature))
