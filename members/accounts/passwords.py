"""Passwords: how they are checked, stored and refused, and how they open the member's secret."""

import asyncio
import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from secrets import token_bytes

from argon2.low_level import Type, hash_secret_raw
from msgspec import Struct

from core.errors import Invalid
from members.tokens import SECRET_LENGTH, new_secret, seal

MEMORY_KIB = 46 * 1024
ROUNDS = 1
LANES = 1
SALT_LENGTH = 16
AT_ONCE = 4

_SCHEME = f"argon2id,m={MEMORY_KIB},t={ROUNDS},p={LANES}"
_NO_SALT = bytes(SALT_LENGTH)
# Threads of their own, so that four at once is also all the memory it takes, and nothing else waits behind them.
_hashers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
_COMMON = frozenset((Path(__file__).parents[1] / "data" / "common_passwords.txt").read_text("utf-8").split())
_LOOKS = str.maketrans("013457@$!", "oieastasi")
_DECORATION = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890123456789",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)


class PasswordTooCommon(Invalid):
    """The password is among the first that anybody would try."""

    message = "This password is among those that are tried first. Take a few unrelated words."


class Credentials(Struct, frozen=True):
    """What is stored of a password: what recognises it, and the member's secret under it."""

    password_hash: str
    secret_salt: bytes
    sealed_secret: bytes


def ensure_not_common(password: str, *about: str, field: str = "password") -> None:
    """Passwords on the list of common ones, runs of keys, repetitions, and one's own handle or address are refused."""
    plain = password.casefold()
    core = _DECORATION.sub("", plain)
    words = {plain, core, plain.translate(_LOOKS), core.translate(_LOOKS)}
    own = {word for text in about for word in (text.casefold(), text.casefold().partition("@")[0]) if word}
    if words & _COMMON or words & own or len(set(plain)) < 4 or _is_run(plain):
        raise PasswordTooCommon(field=field)


async def seal_secret(password: str, secret: bytes | None = None) -> Credentials:
    """Credentials for a password: over the member's secret, or over a new one. Takes a fresh salt each time."""
    salt = token_bytes(SALT_LENGTH)
    recognised, key = await _derive(password, salt)
    sealed = seal(secret or new_secret(), key)
    return Credentials(f"{_SCHEME}:{recognised.hex()}", salt, sealed)


async def open_secret(password: str, stored: Credentials | None) -> bytes | None:
    """The member's secret, if this is the password; None if not. As much work when there is no such member."""
    recognised, key = await _derive(password, stored.secret_salt if stored else _NO_SALT)
    if stored is None or not hmac.compare_digest(f"{_SCHEME}:{recognised.hex()}", stored.password_hash):
        return None
    return seal(stored.sealed_secret, key)


async def _derive(password: str, salt: bytes) -> tuple[bytes, bytes]:
    """One argon2id computation of 64 bytes, off the loop, four at a time: the first half recognises the password and
    is stored, the second opens the secret and is not; neither half tells anything of the other."""
    derive = partial(
        hash_secret_raw,
        password.encode(errors="replace"),
        salt,
        time_cost=ROUNDS,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=2 * SECRET_LENGTH,
        type=Type.ID,
    )
    raw = await asyncio.get_running_loop().run_in_executor(_hashers, derive)
    return raw[:SECRET_LENGTH], raw[SECRET_LENGTH:]


def _is_run(text: str) -> bool:
    return any(text in run or text[::-1] in run for run in _RUNS)
