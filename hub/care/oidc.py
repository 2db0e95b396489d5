"""Sign-in by an account of the site's OpenID provider: authorization code with PKCE, state and nonce.

Who may sign in, and in which role, is what `hub staff add --oidc` says, and no claim of the provider's.

Source: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9700 (best current practice).
"""

import base64
import hashlib
import secrets
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from agent.errors import ConfigInvalid
from hub.care.issuer import Issuer, ProviderFailed
from hub.keys.staff import account

FILE: Final = "care-oidc.yaml"
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA")  # of public keys alone: a key is never a password
_CACHED_S: Final = 3600.0
_AGAIN_S: Final = 60.0  # an unknown key makes us ask again, but not at every request
_LEEWAY_S: Final = 60
_SUBJECT_MOST: Final = 255


class OidcSettings(BaseModel):
    """The keys of care-oidc.yaml.

    Attributes:
        issuer: Address of the provider, as it names itself.
        client_id: Our name there.
        client_secret_file: File with the secret, which its owner alone may read.
        ca_file: PEM of the authority that the provider's certificate is of; none: those of the system.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=9, max_length=500)
    client_id: str = Field(min_length=1, max_length=200)
    client_secret_file: Path
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun at our side.

    Attributes:
        state, nonce, verifier: Random, for this one.
    """

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Provider:
    """The site's OpenID provider. Its methods wait for the network.

    Args:
        settings: Of the site.
        secret: Ours at the provider.
        now_s: A clock that never jumps, for what is cached.

    Raises:
        ValueError, OSError: As `hub.care.issuer.Issuer`.
    """

    def __init__(self, settings: OidcSettings, secret: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._secret, self._now_s = settings, secret, now_s
        self._issuer = Issuer(settings.issuer, settings.ca_file)
        self._found: dict[str, Any] = {}
        self._keys = KeySet([])
        self._found_s = self._keys_s = -_CACHED_S

    def address(self, begun: Begun, back: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            ProviderFailed: The provider does not say where.
        """
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back,
            "scope": "openid",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        at = str(self._place("authorization_endpoint"))
        return f"{at}{'&' if '?' in at else '?'}{QueryParams(asked)}"

    def credential(self, begun: Begun, code: str, back: str) -> str:
        """Whose account a code is of, as `hub.keys.staff` knows it.

        Raises:
            ProviderFailed: The provider's answer proves nobody.
        """
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        sent["code_verifier"] = begun.verifier
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        methods = self._discovered().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            sent |= {"client_id": self._settings.client_id, "client_secret": self._secret}
        else:
            both = f"{_quoted(self._settings.client_id)}:{_quoted(self._secret)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
        place = self._place("token_endpoint")
        answer = self._issuer.asked(place, str(QueryParams(sent)).encode(), headers)
        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise ProviderFailed("the answer holds no token")
        return account(self._settings.issuer, self._subject(self._claims(token), begun.nonce))

    def _claims(self, token: str) -> dict[str, Any]:
        for is_last in (False, True):
            try:
                return dict(jwt.decode(token, self._key_set(again=is_last), algorithms=_ALGORITHMS).claims)
            except (JoseError, ValueError) as error:
                if is_last:
                    raise ProviderFailed(f"the token is not valid ({type(error).__name__})") from error
        raise AssertionError

    def _subject(self, claims: dict[str, Any], nonce: str) -> str:
        now_utc_s, to, subject = time.time(), claims.get("aud"), claims.get("sub")
        ends, made = claims.get("exp"), claims.get("iat")
        ours = self._settings.client_id
        holds = {
            "issuer": claims.get("iss") == self._settings.issuer,
            "audience": to in (ours, [ours]) or (isinstance(to, list) and ours in to and claims.get("azp") == ours),
            "party": claims.get("azp") in (None, ours),
            "end": isinstance(ends, int | float) and now_utc_s < ends + _LEEWAY_S,
            "time": isinstance(made, int | float) and abs(now_utc_s - made) < _AGED_S,
            "nonce": secrets.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()),
        }
        wrong = [name for name, is_right in holds.items() if not is_right]
        if wrong:
            raise ProviderFailed(f"the token's {' and '.join(wrong)} is wrong")
        if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_MOST or not subject.isprintable():
            raise ProviderFailed("the token names nobody")
        return subject

    def _place(self, name: str) -> str:
        place = self._discovered().get(name)
        if not isinstance(place, str) or not self._issuer.is_here(place):
            raise ProviderFailed(f"its {name} is not at the issuer's host")
        return place

    def _discovered(self) -> dict[str, Any]:
        if self._now_s() - self._found_s >= _CACHED_S:
            found = self._issuer.asked(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if not isinstance(found, dict) or found.get("issuer") != self._settings.issuer:
                raise ProviderFailed("it names another issuer than the settings do")
            self._found, self._found_s = found, self._now_s()
        return self._found

    def _key_set(self, *, again: bool) -> KeySet:
        if self._now_s() - self._keys_s >= (_AGAIN_S if again else _CACHED_S):
            found = self._issuer.asked(self._place("jwks_uri"))
            try:
                self._keys = KeySet.import_key_set(found)
            except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderFailed("its keys cannot be read") from error
            self._keys_s = self._now_s()
        return self._keys


_AGED_S: Final = 600


def load_settings(folder: Path) -> OidcSettings | None:
    """The settings in a hub's folder, their paths relative to it; None: the site has no provider.

    Raises:
        ConfigInvalid: They are not valid; names the key.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        found = OidcSettings.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        if first["type"] == "extra_forbidden":
            raise _invalid(f"unknown key {where!r}; the keys are {', '.join(OidcSettings.model_fields)}") from error
        raise _invalid(f"{where}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _invalid(f"it cannot be read as YAML ({type(error).__name__})") from error
    ca_file = None if found.ca_file is None else folder / found.ca_file
    return found.model_copy(update={"client_secret_file": folder / found.client_secret_file, "ca_file": ca_file})


def load_provider(folder: Path) -> Provider | None:
    """The provider of a hub's folder; None: the site has none. Nothing is asked yet.

    Raises:
        ConfigInvalid: The settings or the files that they name are not valid.
    """
    settings = load_settings(folder)
    if settings is None:
        return None
    file = settings.client_secret_file
    try:
        if sys.platform != "win32" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise _invalid(f"client_secret_file: others may read {file}; set its mode to 0600")
        secret = file.read_text(encoding="utf-8").strip()
        if not secret:
            raise _invalid(f"client_secret_file: {file} is empty")
        return Provider(settings, secret)
    except OSError as error:
        raise _invalid(f"{error.filename or settings.ca_file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _invalid(f"issuer: {error}") from error


def _invalid(reason: str) -> ConfigInvalid:
    return ConfigInvalid(f"{FILE}: {reason}", remedy="docs/care.md shows every key.")


def _quoted(text: str) -> str:
    return str(QueryParams({"": text}))[1:]
