"""Who calls Google: accounts, access tokens and the sandbox's own service account."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.google.errors import CalendarError, bad_credentials
from sandbox.settings import SANDBOX_DOMAIN
from sandbox.world import World

SERVICE_ACCOUNT = "holdfast@sandbox.iam.gserviceaccount.com"
OWNER = f"owner@{SANDBOX_DOMAIN}"
TOKEN_SECONDS = 3599
TOKEN_AUDIENCE = "https://oauth2.googleapis.com/token"
KEY = "google.key"
_TOKEN = "google.token"


@dataclass(frozen=True)
class Account:
    """Whoever an access token stands for."""

    email: str
    bare_service_account: bool


class GrantError(Exception):
    """The token endpoint says no, in OAuth's words."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def google_credentials(world: World, base_url: str) -> dict[str, Any]:
    """The service account file of the sandbox, the same one every time."""
    key = world.get(KEY, SERVICE_ACCOUNT)
    if key is None:
        key = {"id": world.new_id("", 40).lower(), "pem": _fresh_key()}
        world.put(KEY, SERVICE_ACCOUNT, key)
    return {
        "type": "service_account",
        "project_id": "holdfast-sandbox",
        "private_key_id": key["id"],
        "private_key": key["pem"],
        "client_email": SERVICE_ACCOUNT,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": f"{base_url.rstrip('/')}/google/token",
        "universe_domain": "googleapis.com",
    }


def _fresh_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def token_for_assertion(world: World, assertion: str) -> dict[str, Any]:
    """An access token for a service account that signed this assertion."""
    claims = _claims(assertion)
    if claims.get("aud") != TOKEN_AUDIENCE:
        raise GrantError("invalid_grant", "Invalid JWT: Failed audience check.")
    if not claims.get("scope"):
        raise GrantError("invalid_scope", "Empty or missing scope not allowed.")
    _check_lifetime(claims)
    _check_signature(world, assertion, str(claims.get("iss", "")))
    issued = _issue(world, claims.get("sub") or claims["iss"], claims["scope"], bare="sub" not in claims)
    return {"access_token": issued, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}


def token_for_refresh(world: World, refresh_token: str) -> dict[str, Any]:
    """An access token for the person who once connected a calendar."""
    if not refresh_token.startswith("1//"):
        raise GrantError("invalid_grant", "Token has been expired or revoked.")
    scope = "https://www.googleapis.com/auth/calendar"
    issued = _issue(world, OWNER, scope, bare=False)
    return {"access_token": issued, "expires_in": TOKEN_SECONDS, "token_type": "Bearer", "scope": scope}


def account_of(world: World, authorization: str | None) -> Account:
    """Whom the Authorization header speaks for."""
    if not authorization:
        raise CalendarError(401, "required", "Login Required.", location=("header", "Authorization"))
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise bad_credentials()
    token = world.get(_TOKEN, value)
    if token is None:
        return _self_signed(world, value)
    if datetime.fromisoformat(token["expires"]) <= world.now():
        raise bad_credentials()
    if "auth/calendar" not in token["scope"]:
        raise CalendarError(403, "insufficientPermissions", "Insufficient Permission")
    return Account(token["email"], token["bare"])


def _self_signed(world: World, value: str) -> Account:
    """A service account may also speak for itself with a JWT of its own, without asking for a token."""
    try:
        claims = _claims(value)
        _check_lifetime(claims)
        _check_signature(world, value, claims["iss"])
    except GrantError as mistake:
        raise bad_credentials() from mistake
    return Account(claims["iss"], bare_service_account=True)


def _issue(world: World, email: str, scope: str, *, bare: bool) -> str:
    token = world.new_id("ya29.c.", 60)
    expires = world.now() + timedelta(seconds=TOKEN_SECONDS)
    world.put(_TOKEN, token, {"email": email, "scope": scope, "bare": bare, "expires": expires.isoformat()})
    return token


def _claims(assertion: str) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) != 3:
        raise GrantError("invalid_grant", "Bad Request")
    try:
        header, claims = (json.loads(_unpadded(part)) for part in parts[:2])
    except (ValueError, binascii.Error) as mistake:
        raise GrantError("invalid_grant", "Invalid JWT: Failed to parse.") from mistake
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "RS256":
        raise GrantError("invalid_grant", "Invalid JWT: Failed to parse.")
    if not str(claims.get("iss", "")).endswith(".gserviceaccount.com"):
        raise GrantError("invalid_grant", "Invalid grant: account not found")
    return claims


def _check_lifetime(claims: dict[str, Any]) -> None:
    """Only the span is judged: the caller's clock and the world's clock may differ by days in a rehearsal."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int) or not 0 < expires - issued <= 3600:
        raise GrantError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).")


def _check_signature(world: World, assertion: str, issuer: str) -> None:
    """Only the sandbox's own account has a known key; other accounts are taken at their word."""
    key = world.get(KEY, issuer)
    if key is None:
        return
    signed, _, signature = assertion.rpartition(".")
    try:
        _public_key(key["pem"]).verify(
            _unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, binascii.Error) as mistake:
        raise GrantError("invalid_grant", "Invalid JWT Signature.") from mistake


@cache
def _public_key(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise GrantError("invalid_grant", "Invalid JWT Signature.")
    return key.public_key()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
