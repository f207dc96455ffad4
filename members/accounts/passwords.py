"""Passwords: hashing with Argon2id, checks for common passwords, and the sealing of the member's secret."""

import asyncio
import hmac
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from secrets import token_bytes

from argon2.low_level import Type, hash_secret_raw
from msgspec import Struct

from core.errors import Invalid, TooMany
from core.languages.texts import translatable
from members.tokens import SECRET_LENGTH, new_secret, seal

# The parameters of Argon2id (RFC 9106); OWASP recommends 46 MiB with one iteration and one lane.
MEMORY_KIB = 46 * 1024
ITERATIONS = 1
LANES = 1
SALT_LENGTH = 16
# A hash keeps a processor busy for a twentieth of a second. One processor is left for everything else.
MAX_CONCURRENT_HASHES = max(1, min(4, (os.cpu_count() or 1) - 1))
# So many wait for their turn; a hall of 500 people fits in. The next ones are asked to come again.
MAX_WAITING_HASHES = 600
_BUSY_SECONDS = 5.0

_SCHEME = f"argon2id,m={MEMORY_KIB},t={ITERATIONS},p={LANES}"
_NO_SALT = bytes(SALT_LENGTH)
# Separate threads limit the memory to so many hashes at a time and do not block other work.
_hashing_threads = ThreadPoolExecutor(MAX_CONCURRENT_HASHES, thread_name_prefix="argon2")

_COMMON_PASSWORDS = frozenset(
    (Path(__file__).parents[1] / "data" / "common_passwords.txt").read_text("utf-8").split()
)
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")
_DECORATION = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_KEYBOARD_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890123456789",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)


class SignInBusy(TooMany):
    """More people are registering or signing in than passwords can be checked (429)."""

    message = translatable(
        "Very many people are signing in at this moment. Nothing is lost: try again in a moment."
    )


class PasswordTooCommon(Invalid):
    """The password is among those that an attacker tries first."""

    message = translatable("This password is among those that are tried first. Take a few unrelated words.")


class Credentials(Struct, frozen=True):
    """What is stored for a password: its hash, its salt, and the member's secret sealed with it."""

    password_hash: str
    secret_salt: bytes
    sealed_secret: bytes


class _Turns:
    """Runs hashes in their threads, and counts those that wait."""

    def __init__(self) -> None:
        self.waiting = 0

    async def run(self, derive: Callable[[], bytes]) -> bytes:
        """Return the hash; raise SignInBusy if too many wait already."""
        if self.waiting >= MAX_WAITING_HASHES:
            raise SignInBusy(_BUSY_SECONDS)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_hashing_threads, derive)
        finally:
            self.waiting -= 1


_turns = _Turns()


def count_waiting() -> int:
    """Return how many hashes are being computed or wait for their turn in this process."""
    return _turns.waiting


def ensure_not_common(password: str, *about: str, field: str = "password") -> None:
    """Raise PasswordTooCommon for common passwords, keyboard runs, repetitions, and the member's own names (`about`)."""
    plain = password.casefold()
    stripped = _DECORATION.sub("", plain)
    words = {plain, stripped, plain.translate(_LOOKALIKES), stripped.translate(_LOOKALIKES)}
    own = {word for text in about for word in (text.casefold(), text.casefold().partition("@")[0]) if word}
    if words & _COMMON_PASSWORDS or words & own or len(set(plain)) < 4 or _is_keyboard_run(plain):
        raise PasswordTooCommon(field=field)


async def seal_secret(password: str, secret: bytes | None = None) -> Credentials:
    """Return credentials for a password with a new salt; they seal the given secret, or a new one."""
    salt = token_bytes(SALT_LENGTH)
    verifier, key = await _derive(password, salt)
    sealed = seal(secret or new_secret(), key)
    return Credentials(f"{_SCHEME}:{verifier.hex()}", salt, sealed)


async def open_secret(password: str, stored: Credentials | None) -> bytes | None:
    """Return the member's secret if the password is right, else None; it takes the same time without stored credentials."""
    verifier, key = await _derive(password, stored.secret_salt if stored else _NO_SALT)
    if stored is None or not hmac.compare_digest(f"{_SCHEME}:{verifier.hex()}", stored.password_hash):
        return None
    return seal(stored.sealed_secret, key)


async def _derive(password: str, salt: bytes) -> tuple[bytes, bytes]:
    """Return the verifier and the sealing key of a password, 32 bytes each, from one Argon2id computation.

    Only the verifier is stored; neither half reveals anything about the other.
    """
    derive = partial(
        hash_secret_raw,
        password.encode(errors="replace"),
        salt,
        time_cost=ITERATIONS,
        memory_cost=MEMORY_KIB,
        parallelism=LANES,
        hash_len=2 * SECRET_LENGTH,
        type=Type.ID,
    )
    raw = await _turns.run(derive)
    return raw[:SECRET_LENGTH], raw[SECRET_LENGTH:]


def _is_keyboard_run(text: str) -> bool:
    return any(text in run or text[::-1] in run for run in _KEYBOARD_RUNS)
