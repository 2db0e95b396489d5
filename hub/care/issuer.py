"""Requests to the site's OpenID provider: HTTPS to the host that the operator named, and nowhere else."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import URL

_TIMEOUT_S: Final = 5.0
_WITHIN_S: Final = 10.0
_ANSWER_MOST: Final = 262_144
_PIECE: Final = 16_384


class ProviderFailed(Exception):
    """The provider did not answer as it must; the message is one of our own sentences."""


class Issuer:
    """The provider's server.

    Args:
        address: The issuer's: ``https://HOST[:PORT][/PATH]``.
        ca_file: PEM of the authority that its certificate is of; None: those of the system.

    Raises:
        ValueError: The address is not of that form.
        OSError, ssl.SSLError: The file cannot be read.
    """

    def __init__(self, address: str, ca_file: Path | None = None) -> None:
        url = URL(address)
        if url.scheme != "https" or not url.hostname or url.query or url.fragment or url.username:
            raise ValueError("an issuer's address is https://HOST[:PORT][/PATH]")
        self._at = url.hostname, url.port or 443
        self._context = ssl.create_default_context(cafile=ca_file)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    def is_here(self, address: object) -> bool:
        """Whether an address is one of this server."""
        try:
            url = URL(address) if isinstance(address, str) else None
            return url is not None and url.scheme == "https" and (url.hostname, url.port or 443) == self._at
        except ValueError:
            return False

    def asked(self, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that an address answers with; no redirect is followed.

        Args:
            address: One of this server.
            body: Of a POST; None: it is a GET.
            headers: More of them.

        Raises:
            ProviderFailed: There is no such answer.
        """
        if not self.is_here(address):
            raise ProviderFailed("an address of another server")
        url = URL(address)
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        connection = http.client.HTTPSConnection(*self._at, timeout=_TIMEOUT_S, context=self._context)
        try:
            sent = {"Accept": "application/json", **(headers or {})}
            connection.request("GET" if body is None else "POST", path, body, sent)
            answer = connection.getresponse()
            content = _read(answer)
        except (OSError, http.client.HTTPException) as error:
            raise ProviderFailed(f"the provider {_cause(error)}") from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ProviderFailed(f"the answer's status is {answer.status}")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ProviderFailed("the answer is not JSON") from error


def _cause(error: Exception) -> str:
    """Why there is no answer, for the operator's log."""
    if isinstance(error, socket.gaierror):
        return "has a host name that is not known here"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "has a certificate that is not valid (an authority of your own needs ca_file)"
    return "is too slow" if isinstance(error, TimeoutError) else "does not answer"


def _read(answer: http.client.HTTPResponse) -> bytes:
    ends_s, content = time.monotonic() + _WITHIN_S, b""
    while part := answer.read1(_PIECE):
        content += part
        if len(content) > _ANSWER_MOST or time.monotonic() > ends_s:
            raise ProviderFailed("the answer is too long or too slow")
    return content
