"""Signing in by another site's word, and everything it may get wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from app.config import Config
from app.domain.models import ForeignIdentity
from app.extensions import db
from app.services import openid
from app.settings import ConfigError
from tests import cast
from tests.support.openid_provider import CLIENT, SECRET, OpenIdProvider
from tests.web.desk import Desk, later, words


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    openid._known.clear()
    started = OpenIdProvider().start()
    started.claims = {"sub": "u-17", "email": cast.ENGINEER, "email_verified": True}
    yield started
    started.stop()


@pytest.fixture
def config(config: Config, provider: OpenIdProvider) -> Config:
    return replace(
        config, staff_oidc_issuer=provider.issuer, staff_oidc_client_id=CLIENT, staff_oidc_client_secret=SECRET,
        staff_oidc_name="Exchange accounts", call_read_seconds=5.0,
    )  # fmt: skip


def sign_in(desk: Desk, provider: OpenIdProvider, client: FlaskClient | None = None, target: str = "") -> TestResponse:
    """Out to the provider and back with what it says."""
    client = client or desk.app.test_client()
    out = client.get("/login/with/staff" + (f"?next={target}" if target else ""))
    assert out.status_code == 303, words(out)
    return client.get(provider.vouch(out.location).removeprefix(desk.config.public_url))


def said(client: FlaskClient) -> str:
    return words(client.get("/login"))


def test_the_sign_in_page_offers_what_is_configured(desk: Desk) -> None:
    page = desk.app.test_client().get("/login")
    assert "Exchange accounts" in page.text and "/login/with/staff" in page.text
    assert desk.app.test_client().get("/login/with/members").status_code == 404


def test_a_person_whom_the_provider_vouches_for_is_signed_in(desk: Desk, provider: OpenIdProvider) -> None:
    client = desk.app.test_client()
    assert sign_in(desk, provider, client, "/work?view=mine").location == "/work?view=mine"
    assert client.get("/me").status_code == 200


def test_from_then_on_they_are_known_by_the_providers_own_name_for_them(desk: Desk, provider: OpenIdProvider) -> None:
    sign_in(desk, provider)
    provider.claims = {"sub": "u-17", "email": "changed@elsewhere.example"}
    assert sign_in(desk, provider).location == "/"
    with desk.app.app_context():
        assert db.session.query(ForeignIdentity).count() == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u-1", "email": "stranger@elsewhere.example", "email_verified": True},
        {"sub": "u-1", "email": cast.ENGINEER, "email_verified": False},
        {"sub": "u-1", "email": cast.ENGINEER},
        {"sub": "u-1"},
        {"sub": "u-1", "email": cast.MEMBER, "email_verified": True},
    ],
    ids=["unknown", "not verified", "not said to be verified", "no address", "a member at the staff's provider"],
)
def test_nobody_else_gets_in(desk: Desk, provider: OpenIdProvider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    client = desk.app.test_client()
    assert sign_in(desk, provider, client).location == "/login"
    assert "there is no login for you here" in said(client)
    assert client.get("/me").status_code == 303


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: {**claims, "nonce": "another"},
        lambda claims: {**claims, "aud": "another-site"},
        lambda claims: {**claims, "iss": "https://evil.example"},
        lambda claims: {**claims, "exp": 1_000_000_000},
        lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
        lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    ],
    ids=["nonce", "audience", "issuer", "expired", "no nonce", "no end"],
)
def test_a_token_that_is_not_meant_for_this_sign_in_is_refused(
    desk: Desk, provider: OpenIdProvider, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    provider.spoil = spoil
    client = desk.app.test_client()
    assert sign_in(desk, provider, client).location == "/login"
    assert "cannot be trusted" in said(client)


def test_a_token_signed_by_somebody_else_is_refused(desk: Desk, provider: OpenIdProvider) -> None:
    provider.foreign_key = ECKey.generate_key("P-256", {"kid": "first"})
    client = desk.app.test_client()
    sign_in(desk, provider, client)
    assert "cannot be trusted" in said(client)


def test_a_provider_that_changes_its_keys_is_asked_again(desk: Desk, provider: OpenIdProvider) -> None:
    sign_in(desk, provider)
    provider.key = ECKey.generate_key("P-256", {"kid": "second"})
    assert sign_in(desk, provider).location == "/"


def test_what_was_begun_in_another_browser_does_not_end_here(desk: Desk, provider: OpenIdProvider) -> None:
    theirs, mine = desk.app.test_client(), desk.app.test_client()
    back = provider.vouch(theirs.get("/login/with/staff").location).removeprefix(desk.config.public_url)
    assert mine.get(back).location == "/login"
    mine.get("/login/with/staff")
    assert mine.get(back).location == "/login"
    assert mine.get("/me").status_code == 303


def test_a_sign_in_that_took_too_long_is_begun_anew(desk: Desk, provider: OpenIdProvider) -> None:
    client = desk.app.test_client()
    out = client.get("/login/with/staff")
    later(minutes=11)
    client.get(provider.vouch(out.location).removeprefix(desk.config.public_url))
    assert "took too long" in said(client)


def test_a_provider_that_says_no_or_is_away_is_told_in_a_sentence(desk: Desk, provider: OpenIdProvider) -> None:
    client = desk.app.test_client()
    agreed = provider.vouch(client.get("/login/with/staff").location).removeprefix(desk.config.public_url)
    assert client.get(agreed.replace("code=code-0", "error=access_denied")).location == "/login"
    assert "did not confirm who you are" in said(client)
    openid._known.clear()
    provider.stop()
    assert client.get("/login/with/staff").location == "/login"
    assert "cannot be reached" in said(client)
    provider.start()


def test_a_provider_needs_all_of_its_settings(config: Config) -> None:
    with pytest.raises(ConfigError, match="MEMBER_OIDC_CLIENT_ID must be set"):
        replace(config, member_oidc_issuer="https://id.example")
    with pytest.raises(ConfigError, match="must start with https"):
        replace(config, member_oidc_issuer="http://id.example")
