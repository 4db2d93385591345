"""An OpenID provider on loopback: a discovery document, keys, and tokens for whoever it was told to vouch for."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "handoff", "a-client-secret"


@dataclass
class OpenIdProvider:
    """`claims` is what it says of the person; `spoil` may change the claims of a token before it is signed."""

    claims: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))
    foreign_key: ECKey | None = None
    """Signs instead of the published key, as somebody else would."""
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def start(self) -> "OpenIdProvider":
        provider = self

        class Handler(_Handler):
            of = provider

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def vouch(self, address: str) -> str:
        """What its sign-in page does when the person agrees: the address that it sends the browser back to."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert said["client_id"] == CLIENT and said["response_type"] == "code" and "openid" in said["scope"]
        code = f"code-{len(self._codes)}"
        self._codes[code] = said
        return f"{said['redirect_uri']}?code={code}&state={said['state']}"

    def description(self) -> dict[str, Any]:
        return {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys"}  # fmt: skip

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        wanted = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        begun = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        if begun is None or authorization != wanted or begun["code_challenge"] != proof:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"], **self.claims}
        key = self.foreign_key or self.key
        signed = jwt.encode({"alg": "ES256", "kid": self.key.kid}, self.spoil(said), key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


class _Handler(BaseHTTPRequestHandler):
    of: OpenIdProvider

    def do_GET(self) -> None:
        if self.path == "/keys":
            self._answer(200, {"keys": [self.of.key.as_dict(private=False)]})
        else:
            self._answer(200, self.of.description())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(*self.of.token(form, self.headers.get("Authorization", "")))

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
