"""A small OpenID provider over TLS, which can also lie in every way that a client must notice."""

import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.support.processes import free_port

CLIENT, SECRET = "wardbeat", "s3cret"


@dataclass
class OidcProvider:
    """What it is asked, and what it answers.

    Attributes:
        claims: Take the place of true ones; None: the claim is left out.
        lie: ``none``, ``other key``, ``hmac``, ``garbage``: how the token is signed.
    """

    port: int
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "a"}))
    claims: dict = field(default_factory=dict)
    found: dict = field(default_factory=dict)
    lie: str = ""
    subject: str = "person-1"
    codes: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}/realm"

    def discovery(self) -> dict:
        made = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", "token_endpoint": f"{self.issuer}/token",
                "authorization_endpoint": f"{self.issuer}/auth"}  # fmt: skip
        return made | self.found

    def authorize(self, address: str) -> str:
        """What a browser comes back with: the query of the redirect."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/auth?")
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return urlencode({"code": code, "state": asked["state"]})

    def token(self, form: dict, authorization: str) -> dict | None:
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proves = asked and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        if not proves or authorization != f"Basic {basic}" or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
        }
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return {"id_token": self.signed(claims), "token_type": "Bearer", "access_token": "x"}

    def signed(self, claims: dict) -> str:
        if self.lie == "none":
            parts = (json.dumps({"alg": "none"}), json.dumps(claims))
            return ".".join([*(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts), ""])
        if self.lie == "garbage":
            return "a.b.c"
        if self.lie == "hmac":  # the public key as a password
            import hmac

            parts = (json.dumps({"alg": "HS256", "kid": "a"}), json.dumps(claims))
            head = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
            mac = hmac.digest(self.key.as_pem(private=False), head.encode(), "sha256")
            return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        key = RSAKey.generate_key(2048, {"kid": "a"}) if self.lie == "other key" else self.key
        alg = "ES256" if isinstance(key, ECKey) else "RS256"
        return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, algorithms=[alg])


@contextlib.contextmanager
def oidc_provider(certificate: Path, key: Path) -> Iterator[OidcProvider]:
    """The provider, listening."""
    made = OidcProvider(free_port())

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            made.asked.append(self.path)
            known = {"/realm/.well-known/openid-configuration": made.discovery}
            known["/realm/keys"] = lambda: KeySet([made.key]).as_dict(private=False)
            self.reply(known[self.path]() if self.path in known else None)

        def do_POST(self):
            made.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.reply(made.token({name: one[0] for name, one in form.items()}, self.headers.get("Authorization", "")))

        def reply(self, answer):
            body = json.dumps(answer).encode()
            self.send_response(200 if answer is not None else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", made.port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
