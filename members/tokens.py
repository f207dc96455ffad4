"""Tokens and their hashes, and the encryption (sealing) of members' secrets."""

import hmac
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

SECRET_LENGTH = 32
_SESSION_SECRET = b"session secret"


def new_token() -> str:
    """Return a token of 256 random bits as URL-safe text."""
    return token_urlsafe(32)


def new_secret() -> bytes:
    """Return a secret for a new member: 32 random bytes."""
    return token_bytes(SECRET_LENGTH)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a token, which is all that is stored of it."""
    return sha256(token.encode(errors="replace")).digest()


def key_of_session(token: str) -> bytes:
    """Return the key of a session token for the member's secret; it cannot be computed from the stored hash."""
    return hmac.digest(token.encode(errors="replace"), _SESSION_SECRET, sha256)


def seal(secret: bytes, key: bytes) -> bytes:
    """Encrypt a secret with a key of the same length, or decrypt it, by XOR.

    This is a one-time pad, which is secure only while no key encrypts twice: each key comes from a token or salt that was
    generated for this one call. Do not encrypt with a key that was used before.
    """
    return bytes(a ^ b for a, b in zip(secret, key, strict=True))
