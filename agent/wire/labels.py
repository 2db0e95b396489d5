"""The wire format's tables: labels of every signature and seal, message kinds, and reasons by code."""

from enum import StrEnum
from typing import Final

VERSION: Final = 1
# What this program speaks. A peer that has not stated a schema speaks the first, that of release 0.1.0.
SCHEMA: Final = 2
FIRST_SCHEMA: Final = 1
SUMMARY_SCHEMA: Final = 2
RECORD_SCHEMA: Final = 1


class Label(StrEnum):
    """First element of every signed or sealed array, so that no signature serves two ends."""

    SEAL = "wardbeat/1/seal"
    ENVELOPE = "wardbeat/1/envelope"
    CONSENT_GIVE = "wardbeat/1/consent-give"
    CONSENT_WITHDRAW = "wardbeat/1/consent-withdraw"
    CONSENT_FEATURES = "wardbeat/2/consent-features"
    DIRECTORY_KEY = "wardbeat/1/directory-key"
    DIRECTORY = "wardbeat/1/directory"
    BUNDLE = "wardbeat/1/bundle"
    REQUEST = "wardbeat/1/request"
    REQUEST_WORDS = "wardbeat/1/request-words"
    REQUEST_CONSENT_KEY = "wardbeat/1/request-consent-key"
    REQUEST_RECOVERY_KEY = "wardbeat/1/request-recovery-key"
    ANSWER = "wardbeat/1/answer"
    ANSWER_SEAL = "wardbeat/1/answer-seal"
    ENROLL_TLS = "wardbeat/2/enroll-tls"
    ENROLL_SEAL = "wardbeat/2/enroll-seal"
    ENROLL_UP = "wardbeat/2/enroll-up"
    ENROLL_DOWN = "wardbeat/2/enroll-down"
    ERASED = "wardbeat/1/erased"
    REGISTER = "wardbeat/2/register"
    RETENTION = "wardbeat/2/retention"
    SCORE = "wardbeat/2/score"
    ALERT = "wardbeat/2/alert"
    RECOVERY = "wardbeat/1/recovery"
    KEY_BACKUP = "wardbeat/1/key-backup"


# Codes of one receipt entry. 0 and 1 settle a row; from 10 on it was not stored.
STORED: Final = 0
DUPLICATE: Final = 1
REASONS: Final[dict[int, str]] = {
    STORED: "stored",
    DUPLICATE: "duplicate",
    10: "fork",
    11: "bad_plaintext",
    12: "consent_unknown",
    13: "consent_expired",
    14: "consent_withdrawn",
    15: "schema_too_new",
    16: "bad_consent",
    17: "erased",
    18: "not_granted",
    19: "open_failed",
    20: "kem_unknown",
    21: "restored",
    22: "quarantined",
    23: "revoked",
}
# Codes that a device of the first schema does not know: it would refuse the whole envelope.
SECOND_SCHEMA_CODES: Final = frozenset({23})
CODES: Final[dict[str, int]] = {name: code for code, name in REASONS.items()}

# The row waits and is offered again.
NOT_FINAL: Final = frozenset({"consent_unknown", "schema_too_new"})
# The row is sealed again in a new stream.
SEAL_AGAIN: Final = frozenset({"fork", "kem_unknown"})

# Refusals of bytes whose sender cannot be known: counted, never answered.
ANONYMOUS: Final = frozenset(
    {"too_large", "malformed", "unknown_version", "bad_seq", "unknown_key", "revoked", "wrong_topic", "bad_signature"}
)


def up_topic(site: str, device: str) -> str:
    """Where a device's envelopes go."""
    return f"wardbeat/v1/{site}/up/{device}"


def down_topic(site: str, device: str) -> str:
    """Where a device's receipts and notices come from."""
    return f"wardbeat/v1/{site}/down/{device}"


def keys_topic(site: str) -> str:
    """Where the key directory is kept, the only retained message."""
    return f"wardbeat/v1/{site}/keys"
