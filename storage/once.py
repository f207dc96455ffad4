"""Once: a write that carries an Idempotency-Key happens once, however often it is sent, and is answered alike each time."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from core import clock
from core.errors import Invalid
from storage.database import Database, Transaction
from storage.statements import statement

KEY_LENGTH = 255

# Whoever comes second waits here, on the first one's row, until that transaction has ended.
_RESERVE = statement("""
INSERT INTO answers (scope, key, fingerprint, kept_at) VALUES (:scope, :key, :fingerprint, :now)
ON CONFLICT (scope, key) DO NOTHING RETURNING 1
""")
_FIND = statement("SELECT fingerprint, status, body FROM answers WHERE scope = :scope AND key = :key")
_KEEP = statement("UPDATE answers SET status = :status, body = :body WHERE scope = :scope AND key = :key")
_FORGET = statement("DELETE FROM answers WHERE kept_at < :before")


class IdempotencyKeyReused(Invalid):
    """The key came before with another request."""

    message = "This Idempotency-Key was used for another request."


class Answer(Struct, frozen=True):
    """What a write is answered with: an HTTP status and the encoded JSON."""

    status: int
    body: bytes


class Once(Struct, frozen=True, kw_only=True):
    """One write request: whose it is, its key if it has one, and what it asks for."""

    scope: str
    key: str | None
    fingerprint: bytes

    async def answer(
        self, db: Database, verb: Callable[[Transaction], Awaitable[Any]], status: int = 200
    ) -> Answer:
        """Run a verb in a transaction of its own and answer with what it returns; or as before, if it ran before."""
        async with db.begin() as tx:
            if before := await self.before(tx):
                return before
            body = encode(await verb(tx))
            await self.keep(tx, status, body)
        return Answer(status, body)

    async def before(self, tx: Transaction) -> Answer | None:
        """The stored answer, if this key came before; otherwise take the key. `IdempotencyKeyReused` if it asked for
        something else then."""
        if self.key is None:
            return None
        if await tx.value(_RESERVE, now=clock.now(), **self._binds()):
            return None
        row = await tx.row(_FIND, scope=self.scope, key=self.key)
        if row is None or row["status"] is None or row["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused
        return Answer(row["status"], row["body"])

    async def keep(self, tx: Transaction, status: int, body: bytes) -> None:
        """Store the answer beside what it answers, in the same transaction."""
        if self.key is not None:
            await tx.run(_KEEP, scope=self.scope, key=self.key, status=status, body=body)

    def _binds(self) -> dict[str, Any]:
        return {"scope": self.scope, "key": self.key, "fingerprint": self.fingerprint}


async def answer_together(
    tx: Transaction, asked: Sequence[Once], write: Callable[[list[int]], Awaitable[Sequence[Answer]]]
) -> list[Answer | Exception]:
    """Answer many writes that go into one transaction: `write` gets the places, in order, of those that come for the
    first time and answers them; the others are answered as before, or as their twin beside them, or refused."""
    results: dict[int, Answer | Exception] = {}
    fresh: dict[tuple[str, str | int], int] = {}
    twins: dict[int, tuple[str, str | int]] = {}
    # Keys are taken in one order, so that two processes never wait for each other crosswise.
    for i in sorted(range(len(asked)), key=lambda i: (asked[i].scope, asked[i].key or "")):
        once = asked[i]
        name = (once.scope, once.key if once.key is not None else i)
        if name in fresh and asked[fresh[name]].fingerprint == once.fingerprint:
            twins[i] = name
            continue
        try:
            before = await once.before(tx)
        except IdempotencyKeyReused as refusal:
            results[i] = refusal
            continue
        if before:
            results[i] = before
        else:
            fresh[name] = i

    if order := sorted(fresh.values()):
        for i, answer in zip(order, await write(order), strict=True):
            results[i] = answer
            await asked[i].keep(tx, answer.status, answer.body)
    for i, name in twins.items():
        results[i] = results[fresh[name]]
    return [results[i] for i in range(len(asked))]


def fingerprint(route: str, body: bytes) -> bytes:
    """What makes two requests the same: method, path and body."""
    return sha256(route.encode() + b"\0" + body).digest()


def encode(value: Any) -> bytes:
    """A response as JSON bytes; None is an empty body."""
    return b"" if value is None else msgspec.json.encode(value)


async def forget_answers(tx: Transaction, before: Any) -> int:
    """Drop the answers kept before a time; how many."""
    return await tx.run(_FORGET, before=before)
