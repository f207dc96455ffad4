"""Idempotency keys: a write with an Idempotency-Key happens once, and each retry gets the response of the first
request."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import Struct

from core import clock
from core.errors import Invalid, Refusal
from core.languages.texts import translatable
from storage.database import Database, Transaction
from storage.statements import statement

KEY_LENGTH = 255

# A second request with the same key waits here, for the row of the first one, until that transaction has ended.
INSERT_KEY = statement("""
INSERT INTO answers (scope, key, fingerprint, kept_at) VALUES (:scope, :key, :fingerprint, :now)
ON CONFLICT (scope, key) DO NOTHING RETURNING 1
""")
SELECT_RESPONSE = statement(
    "SELECT fingerprint, status, body FROM answers WHERE scope = :scope AND key = :key"
)
UPDATE_RESPONSE = statement(
    "UPDATE answers SET status = :status, body = :body WHERE scope = :scope AND key = :key"
)
# Keys are inserted in one order, so that two processes cannot wait for each other.
INSERT_KEYS = statement("""
INSERT INTO answers (scope, key, fingerprint, kept_at)
SELECT scope, key, fingerprint, :now
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:fingerprints AS bytea[])) AS a (scope, key, fingerprint)
ORDER BY scope, key
ON CONFLICT (scope, key) DO NOTHING RETURNING scope, key
""")
SELECT_RESPONSES = statement("""
SELECT scope, key, fingerprint, status, body
FROM answers JOIN unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])) AS a (scope, key) USING (scope, key)
""")
UPDATE_RESPONSES = statement("""
UPDATE answers SET status = a.status, body = a.body
FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[]), CAST(:statuses AS smallint[]), CAST(:bodies AS bytea[]))
    AS a (scope, key, status, body)
WHERE answers.scope = a.scope AND answers.key = a.key
""")
DELETE_KEYS = statement("""
DELETE FROM answers USING unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])) AS a (scope, key)
WHERE answers.scope = a.scope AND answers.key = a.key
""")
DELETE_OLD_RESPONSES = statement("DELETE FROM answers WHERE kept_at < :before")
DELETE_RESPONSES_OF_MEMBER = statement("""
DELETE FROM answers a WHERE scope = :scope OR EXISTS (
    SELECT FROM unnest(CAST(:words AS text[])) AS u (word) WHERE position(convert_to(word, 'UTF8') IN a.body) > 0)
""")


class IdempotencyKeyReused(Invalid):
    """The key was used before for a different request."""

    message = translatable("This Idempotency-Key was used for another request.")


class StoredResponse(Struct, frozen=True):
    """The response to a write: an HTTP status and the encoded JSON."""

    status: int
    body: bytes


class IdempotentRequest(Struct, frozen=True, kw_only=True):
    """One write request: the scope of its key (the member or the address), the key if it has one, and its fingerprint."""

    scope: str
    key: str | None
    fingerprint: bytes

    async def respond(
        self, db: Database, operation: Callable[[Transaction], Awaitable[Any]], status: int = 200
    ) -> StoredResponse:
        """Run an operation in its own transaction and return its result as a response, or the stored response.

        Raise IdempotencyKeyReused, or what the operation raises; a refused request leaves its key unused.
        """

        async def run(tx: Transaction) -> StoredResponse:
            return StoredResponse(status, encode(await operation(tx)))

        return await self.respond_with(db, run)

    async def respond_with(
        self, db: Database, operation: Callable[[Transaction], Awaitable[StoredResponse]]
    ) -> StoredResponse:
        """Run an operation that makes its own response, in its own transaction, or return the stored response.

        After a deadlock the operation is run again, so all that it changes is in the transaction.
        """

        async def unit(tx: Transaction) -> StoredResponse:
            if stored := await self.find_stored_response(tx):
                return stored
            response = await operation(tx)
            await self.store_response(tx, response.status, response.body)
            return response

        return await db.run(unit)

    async def find_stored_response(self, tx: Transaction) -> StoredResponse | None:
        """Return the stored response if the key was used before; otherwise reserve the key and return None.

        Raise IdempotencyKeyReused if the key was used for a different request.
        """
        if self.key is None:
            return None
        if await tx.value(INSERT_KEY, now=_stored_at(), **self._binds()):
            return None
        return self.check_stored(await tx.row(SELECT_RESPONSE, scope=self.scope, key=self.key))

    async def replay_or_raise(self, db: Database, refusal: Refusal) -> StoredResponse:
        """Return the stored response of an earlier request that was allowed; raise the refusal if there is none."""
        if self.key is None:
            raise refusal
        async with db.begin() as tx:
            if stored := await self.find_stored_response(tx):
                return stored
            raise refusal

    async def store_response(self, tx: Transaction, status: int, body: bytes) -> None:
        """Store the response in the transaction of the write."""
        if self.key is not None:
            await tx.run(UPDATE_RESPONSE, scope=self.scope, key=self.key, status=status, body=body)

    def check_stored(self, row: Record | None) -> StoredResponse:
        """Return the response in a row of `answers`; raise IdempotencyKeyReused if it belongs to a different request."""
        if row is None or row["status"] is None or row["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused
        return StoredResponse(row["status"], row["body"])

    def _binds(self) -> dict[str, Any]:
        return {"scope": self.scope, "key": self.key, "fingerprint": self.fingerprint}


_Name = tuple[str, str]


async def respond_to_batch(
    tx: Transaction,
    requests: Sequence[IdempotentRequest],
    write: Callable[[list[int]], Awaitable[Sequence[StoredResponse | Exception]]],
) -> list[StoredResponse | Exception]:
    """Return the responses to requests that are written in one transaction, in their order.

    `write` gets the indexes of the requests that come for the first time and returns their responses. The others get
    the stored response, that of a request with the same key in this batch, or IdempotencyKeyReused. A request whose
    response is an exception leaves its key unused.
    """
    first_with: dict[_Name, int] = {}
    for i, request in enumerate(requests):
        if request.key is not None:
            first_with.setdefault((request.scope, request.key), i)
    new = await _insert_keys(tx, {name: requests[i].fingerprint for name, i in first_with.items()})
    stored = await _find_responses(tx, [name for name in first_with if name not in new])

    to_write = [
        i
        for i, request in enumerate(requests)
        if request.key is None or _is_first(request, i, first_with, new)
    ]
    results: dict[int, StoredResponse | Exception] = {}
    if to_write:
        results.update(zip(to_write, await write(to_write), strict=True))
        await _store_responses(
            tx, [(requests[i], results[i]) for i in to_write if requests[i].key is not None]
        )
    for i, request in enumerate(requests):
        if i not in results:
            name = (request.scope, request.key or "")
            first = first_with[name]
            is_same = name in new and requests[first].fingerprint == request.fingerprint
            results[i] = results[first] if is_same else _replay(request, stored.get(name))
    return [results[i] for i in range(len(requests))]


def _is_first(request: IdempotentRequest, index: int, first_with: dict[_Name, int], new: set[_Name]) -> bool:
    name = (request.scope, request.key or "")
    return name in new and first_with[name] == index


def _replay(request: IdempotentRequest, row: Record | None) -> StoredResponse | Exception:
    try:
        return request.check_stored(row)
    except IdempotencyKeyReused as refusal:
        return refusal


async def _insert_keys(tx: Transaction, names: dict[_Name, bytes]) -> set[_Name]:
    """Reserve keys and return those that were not used before."""
    if not names:
        return set()
    scopes, keys = zip(*names, strict=True)
    binds = {"scopes": scopes, "keys": keys, "fingerprints": list(names.values()), "now": _stored_at()}
    return {(row["scope"], row["key"]) for row in await tx.rows(INSERT_KEYS, **binds)}


async def _find_responses(tx: Transaction, names: Sequence[_Name]) -> dict[_Name, Record]:
    if not names:
        return {}
    scopes, keys = zip(*names, strict=True)
    rows = await tx.rows(SELECT_RESPONSES, scopes=scopes, keys=keys)
    return {(row["scope"], row["key"]): row for row in rows}


async def _store_responses(
    tx: Transaction, answered: Sequence[tuple[IdempotentRequest, StoredResponse | Exception]]
) -> None:
    """Store the responses, and release the keys of requests that were refused."""
    written = [
        (request.scope, request.key, response.status, response.body)
        for request, response in answered
        if isinstance(response, StoredResponse)
    ]
    if written:
        scopes, keys, statuses, bodies = zip(*written, strict=True)
        await tx.run(UPDATE_RESPONSES, scopes=scopes, keys=keys, statuses=statuses, bodies=bodies)
    refused = [
        (request.scope, request.key)
        for request, response in answered
        if not isinstance(response, StoredResponse)
    ]
    if refused:
        scopes, keys = zip(*refused, strict=True)
        await tx.run(DELETE_KEYS, scopes=scopes, keys=keys)


def _stored_at() -> datetime:
    # The minute is enough to delete the response a day later, and nothing more precise may be known of anonymous writes.
    return clock.coarse(clock.now())


def fingerprint(route: str, body: bytes) -> bytes:
    """Return the hash by which two requests are recognised as the same: of method and path, and the body."""
    return sha256(route.encode() + b"\0" + body).digest()


def encode(value: Any) -> bytes:
    """Return a response as JSON bytes; None is an empty body."""
    return b"" if value is None else msgspec.json.encode(value)


async def delete_old_responses(tx: Transaction, before: datetime) -> int:
    """Delete the responses that were stored before a time; return how many."""
    return await tx.run(DELETE_OLD_RESPONSES, before=before)


async def delete_responses_of(tx: Transaction, member: int, words: Sequence[str]) -> int:
    """Delete the responses to a member, and those to others that contain one of these words; return how many."""
    return await tx.run(DELETE_RESPONSES_OF_MEMBER, scope=f"member:{member}", words=list(words))
