"""Sign-in by another site's word: OpenID Connect, authorisation code flow with PKCE.

A provider vouches for people whom we know already: by the subject it named before, else by a verified e-mail address
at their first sign-in. It makes nobody a user.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select

from app.config import Config
from app.domain import story
from app.domain.errors import HandoffError, NotSignedIn
from app.domain.models import ForeignIdentity, User
from app.extensions import db

STAFF, MEMBERS = "staff", "members"
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures that we take: public keys only, never “none”."""
LEEWAY_S = 60
KEPT_S = 600.0
_known: dict[str, tuple[float, dict[str, Any]]] = {}


class Unreachable(HandoffError):
    """The provider does not answer, or not as the standard says."""

    status = 502
    title = "Sign-in is not possible there right now"


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and whom it vouches for."""

    which: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    seconds: float

    def vouches_for(self, user: User) -> bool:
        return user.is_staff is (self.which == STAFF)


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it must bring back; kept in its signed cookie meanwhile."""

    url: str
    state: str
    nonce: str
    verifier: str


def providers(config: Config) -> list[Provider]:
    """Those that are configured."""
    said = [
        Provider(STAFF, config.staff_oidc_name, config.staff_oidc_issuer, config.staff_oidc_client_id,
                 config.staff_oidc_client_secret, config.call_read_seconds),
        Provider(MEMBERS, config.member_oidc_name, config.member_oidc_issuer, config.member_oidc_client_id,
                 config.member_oidc_client_secret, config.call_read_seconds),
    ]  # fmt: skip
    return [one for one in said if one.issuer]


def begin(provider: Provider, back: str) -> Begun:
    """Send somebody to the provider; `back` is where it sends them afterwards."""
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    where = discovered(provider)["authorization_endpoint"]
    url, state = _client(provider, back, None).create_authorization_url(where, nonce=nonce, code_verifier=verifier)
    return Begun(url, state, nonce, verifier)


def finish(provider: Provider, back: str, code: str, verifier: str, nonce: str) -> User:
    """Whom the provider vouches for. `NotSignedIn` if it is nobody of ours, `Unreachable` if it cannot be asked."""
    where = discovered(provider)["token_endpoint"]
    us = httpx.BasicAuth(provider.client_id, provider.client_secret)
    try:
        with httpx.Client(timeout=provider.seconds, follow_redirects=False, trust_env=False) as web:
            token = _client(provider, back, web).fetch_token(where, code=code, code_verifier=verifier, auth=us)
    except OAuth2Error as refused:
        raise NotSignedIn(f"{provider.name} did not confirm who you are. Please try again.") from refused
    except (httpx.HTTPError, ValueError) as away:
        raise _unreachable(provider) from away
    return _user_of(provider, _claims(provider, str(token.get("id_token") or ""), nonce))


def _client(provider: Provider, back: str, web: httpx.Client | None) -> Any:
    return OAuth2Client(
        web, provider.client_id, provider.client_secret, scope=SCOPE, redirect_uri=back, code_challenge_method="S256"
    )


def discovered(provider: Provider) -> dict[str, Any]:
    """The provider's own description (OpenID Connect Discovery 1.0), kept for ten minutes."""
    return _fetched(provider, f"{provider.issuer}/.well-known/openid-configuration", _is_description)


def _is_description(provider: Provider, said: dict[str, Any]) -> bool:
    named = all(isinstance(said.get(f"{name}_endpoint"), str) for name in ("authorization", "token"))
    return named and isinstance(said.get("jwks_uri"), str) and str(said.get("issuer")).rstrip("/") == provider.issuer


def _fetched(provider: Provider, url: str, fits: Any, fresh: bool = False) -> dict[str, Any]:
    kept = _known.get(url)
    if kept is not None and not fresh and time.monotonic() - kept[0] < KEPT_S:
        return kept[1]
    try:
        answer = httpx.get(url, timeout=provider.seconds, follow_redirects=False, trust_env=False)
        said = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as away:
        raise _unreachable(provider) from away
    if not isinstance(said, dict) or not fits(provider, said):
        raise _unreachable(provider)
    _known[url] = (time.monotonic(), said)
    return said


def _unreachable(provider: Provider) -> Unreachable:
    return Unreachable(f"{provider.name} cannot be reached. Please try again, or sign in with your password.")


def _claims(provider: Provider, id_token: str, nonce: str) -> dict[str, Any]:
    """What the provider says of the person, its signature and terms checked (OpenID Connect Core 1.0, 3.1.3.7)."""
    where = discovered(provider)["jwks_uri"]
    try:
        try:
            decoded = _decoded(provider, id_token, where, fresh=False)
        except (JoseError, ValueError):  # its keys may have changed
            decoded = _decoded(provider, id_token, where, fresh=True)
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S, iss={"essential": True, "values": [provider.issuer, f"{provider.issuer}/"]},
            aud={"essential": True, "value": provider.client_id}, exp={"essential": True}, sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        rules.validate(decoded)
    except (JoseError, ValueError) as why:
        raise NotSignedIn(f"What {provider.name} says cannot be trusted. Please try again.") from why
    if isinstance(decoded.get("aud"), list) and len(decoded["aud"]) > 1 and decoded.get("azp") != provider.client_id:
        raise NotSignedIn(f"What {provider.name} says is meant for another site.")
    return decoded


def _decoded(provider: Provider, id_token: str, where: str, *, fresh: bool) -> dict[str, Any]:
    keys = _fetched(provider, where, lambda _provider, said: isinstance(said.get("keys"), list), fresh)
    return dict(jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims)  # type: ignore[arg-type]


def _user_of(provider: Provider, claims: dict[str, Any]) -> User:
    """The person of ours. Commits when the provider's name for them is new."""
    subject = str(claims["sub"])[:255]
    known = db.session.get(ForeignIdentity, (provider.issuer, subject))
    user = known.user if known is not None else _by_address(claims)
    if user is None or not user.active or not provider.vouches_for(user):
        story.audit("nobody", "sign-in failed", subject=f"{provider.which}: {claims.get('email') or subject}"[:200])
        db.session.commit()
        raise NotSignedIn(f"{provider.name} knows you, but there is no login for you here. Please ask us for one.")
    if known is None:
        db.session.add(ForeignIdentity(issuer=provider.issuer, subject=subject, user_id=user.id))
        story.audit(user.name, "identity noted", subject=user.email, after={"provider": provider.which})
        db.session.commit()
    return user


def _by_address(claims: dict[str, Any]) -> User | None:
    """Only by an address that the provider has verified: anybody could claim another's."""
    email = str(claims.get("email") or "").strip().lower()
    if not email or claims.get("email_verified") is not True:
        return None
    return db.session.execute(select(User).where(User.email == email)).scalar_one_or_none()
