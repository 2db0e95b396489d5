"""A webhook: HTTPS POST with a signature over time, number and body. A redirect is refused."""

import hashlib
import hmac
import http.client
import json
import ssl
from contextlib import closing
from typing import Final

from hub.alerts.channels import TIMEOUT_S, WHOLE_S, NotDelivered, WebhookChannel, at_most, secret, tls, words
from hub.store.posts import Post

_OK: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)


def deliver(channel: WebhookChannel, post: Post, now_utc_s: int) -> None:
    """Post a message.

    Args:
        channel: Where to.
        post: The message.
        now_utc_s: The clock; it is part of what is signed.

    Raises:
        NotDelivered: The server did not answer with 2xx.
    """
    body = json.dumps({"id": post.number, "count": post.count, "text": words(post.count)}).encode()
    try:
        context = tls(channel.ca_file)
        key = secret(channel.secret_file)
        connection = http.client.HTTPSConnection(channel.host, channel.port, timeout=TIMEOUT_S, context=context)
        with at_most(WHOLE_S, lambda: connection.sock), closing(connection):
            connection.request("POST", channel.path, body, headers(key, post.number, now_utc_s, body))
            status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered("the certificate is not valid") from error
    except TimeoutError as error:
        raise NotDelivered("the server is too slow") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered("the server does not answer") from error
    if status in _REDIRECT:
        raise NotDelivered("the server sends elsewhere, which is not followed")
    if status not in _OK:
        raise NotDelivered(f"the server answered {status}")


def headers(key: bytes, number: int, now_utc_s: int, body: bytes) -> dict[str, str]:
    """Headers of a request; the signature is HMAC-SHA256 over ``number.time.body``.

    Args:
        key: The secret.
        number: Of the message: the same at each try.
        now_utc_s: When it is sent.
        body: What is sent.
    """
    signed = hmac.new(key, f"{number}.{now_utc_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "Wardbeat-Id": str(number),
        "Wardbeat-Time": str(now_utc_s),
        "Wardbeat-Signature": f"v1={signed}",
    }
