"""Tokens and seals: how tokens are made and stored, and how a member's secret is kept from everybody but the member."""

import hmac
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

SECRET_LENGTH = 32
_SESSION_SECRET = b"session secret"


def new_token() -> str:
    """A token of 256 random bits, as text for links, cookies and headers."""
    return token_urlsafe(32)


def new_secret() -> bytes:
    """The secret of a new member."""
    return token_bytes(SECRET_LENGTH)


def token_hash(token: str) -> bytes:
    """What is stored of a token: from it the token cannot be found again."""
    return sha256(token.encode(errors="replace")).digest()


def key_of_session(token: str) -> bytes:
    """The key that a session's token gives to the member's secret; it does not follow from what is stored of it."""
    return hmac.digest(token.encode(errors="replace"), _SESSION_SECRET, sha256)


def seal(secret: bytes, key: bytes) -> bytes:
    """The secret under a key; the same call opens it again.

    XOR with a key as long as the secret. That is a one-time pad, and perfect, as long as no key seals twice: each key
    comes from a token or from a salt drawn anew for this one seal, so do not call this with a key you have used.
    """
    return bytes(a ^ b for a, b in zip(secret, key, strict=True))
