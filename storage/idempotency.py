"""Once: a write that carries an Idempotency-Key happens once, however often it is sent, and is answered alike each time."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import Struct

from core import clock
from core.errors import Invalid, Refusal
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
# The same for many at once; keys are taken in one order, so that two processes never wait for each other crosswise.
_RESERVE_MANY = statement("""
INSERT INTO answers (scope, key, fingerprint, kept_at)
SELECT scope, key, fingerprint, :now
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:fingerprints AS bytea[])) AS a (scope, key, fingerprint)
ORDER BY scope, key
ON CONFLICT (scope, key) DO NOTHING RETURNING scope, key
""")
_FIND_MANY = statement("""
SELECT scope, key, fingerprint, status, body
FROM answers JOIN unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])) AS a (scope, key) USING (scope, key)
""")
_KEEP_MANY = statement("""
UPDATE answers SET status = a.status, body = a.body
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:statuses AS smallint[]), CAST(:bodies AS bytea[]))
    AS a (scope, key, status, body)
WHERE answers.scope = a.scope AND answers.key = a.key
""")
_RELEASE_MANY = statement("""
DELETE FROM answers USING unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])) AS a (scope, key)
WHERE answers.scope = a.scope AND answers.key = a.key
""")
_FORGET = statement("DELETE FROM answers WHERE kept_at < :before")


class IdempotencyKeyReused(Invalid):
    """The key came before with another request."""

    message = "This Idempotency-Key was used for another request."


class StoredResponse(Struct, frozen=True):
    """What a write is answered with: an HTTP status and the encoded JSON."""

    status: int
    body: bytes


class IdempotentRequest(Struct, frozen=True, kw_only=True):
    """One write request: whose it is, its key if it has one, and what it asks for."""

    scope: str
    key: str | None
    fingerprint: bytes

    async def respond(
        self, db: Database, verb: Callable[[Transaction], Awaitable[Any]], status: int = 200
    ) -> StoredResponse:
        """Run a verb in a transaction of its own and answer with what it returns; or as before, if it ran before."""

        async def answer(tx: Transaction) -> StoredResponse:
            return StoredResponse(status, encode(await verb(tx)))

        return await self.respond_with(db, answer)

    async def respond_with(
        self, db: Database, verb: Callable[[Transaction], Awaitable[StoredResponse]]
    ) -> StoredResponse:
        """The same for a verb that says itself with which status it is answered."""
        async with db.begin() as tx:
            if before := await self.find_stored_response(tx):
                return before
            answer = await verb(tx)
            await self.store_response(tx, answer.status, answer.body)
        return answer

    async def find_stored_response(self, tx: Transaction) -> StoredResponse | None:
        """The stored answer, if this key came before; otherwise take the key. `IdempotencyKeyReused` if it asked for
        something else then."""
        if self.key is None:
            return None
        if await tx.value(_RESERVE, now=_kept_at(), **self._binds()):
            return None
        return self._again(await tx.row(_FIND, scope=self.scope, key=self.key))

    async def replay_or_raise(self, db: Database, refusal: Refusal) -> StoredResponse:
        """What was written while one could is answered as it was then; a refusal leaves its key unused."""
        if self.key is None:
            raise refusal
        async with db.begin() as tx:
            if before := await self.find_stored_response(tx):
                return before
            raise refusal

    async def store_response(self, tx: Transaction, status: int, body: bytes) -> None:
        """Store the answer beside what it answers, in the same transaction."""
        if self.key is not None:
            await tx.run(_KEEP, scope=self.scope, key=self.key, status=status, body=body)

    def _again(self, row: Record | None) -> StoredResponse:
        if row is None or row["status"] is None or row["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused
        return StoredResponse(row["status"], row["body"])

    def _binds(self) -> dict[str, Any]:
        return {"scope": self.scope, "key": self.key, "fingerprint": self.fingerprint}


async def respond_to_batch(
    tx: Transaction,
    asked: Sequence[IdempotentRequest],
    write: Callable[[list[int]], Awaitable[Sequence[StoredResponse | Exception]]],
) -> list[StoredResponse | Exception]:
    """Answer many writes that go into one transaction: `write` gets the places, in order, of those that come for the
    first time and answers them; the others are answered as before, or as their twin beside them, or refused. Whoever is
    answered with an exception has not used the key."""
    named: dict[tuple[str, str], int] = {}
    for i, idempotent in enumerate(asked):
        if idempotent.key is not None:
            named.setdefault((idempotent.scope, idempotent.key), i)
    fresh = await _reserve(tx, {name: asked[i].fingerprint for name, i in named.items()})
    kept = await _find(tx, [name for name in named if name not in fresh])

    first = [
        i
        for i, idempotent in enumerate(asked)
        if idempotent.key is None or _is_first(idempotent, i, named, fresh)
    ]
    results: dict[int, StoredResponse | Exception] = {}
    if first:
        results.update(zip(first, await write(first), strict=True))
        await _settle(tx, [(asked[i], results[i]) for i in first if asked[i].key is not None])
    for i, idempotent in enumerate(asked):
        if i not in results:
            name = (idempotent.scope, idempotent.key or "")
            twin = named[name]
            is_twin = name in fresh and asked[twin].fingerprint == idempotent.fingerprint
            results[i] = results[twin] if is_twin else _as_before(idempotent, kept.get(name))
    return [results[i] for i in range(len(asked))]


def _is_first(
    idempotent: IdempotentRequest, place: int, named: dict[tuple[str, str], int], fresh: set[tuple[str, str]]
) -> bool:
    name = (idempotent.scope, idempotent.key or "")
    return name in fresh and named[name] == place


def _as_before(idempotent: IdempotentRequest, row: Record | None) -> StoredResponse | Exception:
    try:
        return idempotent._again(row)
    except IdempotencyKeyReused as refusal:
        return refusal


async def _reserve(tx: Transaction, names: dict[tuple[str, str], bytes]) -> set[tuple[str, str]]:
    """Take these keys; those of them that nobody had taken."""
    if not names:
        return set()
    scopes, keys = zip(*names, strict=True)
    binds = {"scopes": scopes, "keys": keys, "fingerprints": list(names.values()), "now": _kept_at()}
    return {(row["scope"], row["key"]) for row in await tx.rows(_RESERVE_MANY, **binds)}


async def _find(tx: Transaction, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    if not names:
        return {}
    scopes, keys = zip(*names, strict=True)
    return {(row["scope"], row["key"]): row for row in await tx.rows(_FIND_MANY, scopes=scopes, keys=keys)}


async def _settle(
    tx: Transaction, answered: Sequence[tuple[IdempotentRequest, StoredResponse | Exception]]
) -> None:
    """Store the answers beside what they answer, and let go of the keys of what was refused."""
    kept = [
        (idempotent.scope, idempotent.key, to.status, to.body)
        for idempotent, to in answered
        if isinstance(to, StoredResponse)
    ]
    if kept:
        scopes, keys, statuses, bodies = zip(*kept, strict=True)
        await tx.run(_KEEP_MANY, scopes=scopes, keys=keys, statuses=statuses, bodies=bodies)
    released = [
        (idempotent.scope, idempotent.key)
        for idempotent, to in answered
        if not isinstance(to, StoredResponse)
    ]
    if released:
        scopes, keys = zip(*released, strict=True)
        await tx.run(_RELEASE_MANY, scopes=scopes, keys=keys)


def _kept_at() -> datetime:
    # The minute will do to forget it a day later; of what is kept under a pseudonym nobody shall know more.
    return clock.coarse(clock.now())


def fingerprint(route: str, body: bytes) -> bytes:
    """What makes two requests the same: method, path and body."""
    return sha256(route.encode() + b"\0" + body).digest()


def encode(value: Any) -> bytes:
    """A response as JSON bytes; None is an empty body."""
    return b"" if value is None else msgspec.json.encode(value)


async def delete_old_responses(tx: Transaction, before: Any) -> int:
    """Drop the answers kept before a time; how many."""
    return await tx.run(_FORGET, before=before)
