"""Feed keys: tokens with which a feed reader reads, and only reads, what its member may read."""

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from members.accounts.actors import load_reader
from members.tokens import new_token, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

UPSERT_FEED_KEY = statement("""
INSERT INTO feed_keys (member_id, key_hash, made_at) VALUES (:member, :hash, :now)
ON CONFLICT (member_id) DO UPDATE SET key_hash = excluded.key_hash, made_at = excluded.made_at
""")
DELETE_FEED_KEY = statement("DELETE FROM feed_keys WHERE member_id = :member")
SELECT_FEED_KEY_OWNER = statement("SELECT member_id FROM feed_keys WHERE key_hash = :hash")
SELECT_FEED_KEY_DATE = statement("SELECT made_at FROM feed_keys WHERE member_id = :member")


async def make_feed_key(tx: Transaction, actor: Actor) -> str:
    """Return a new key, of which only a hash is stored; the previous key becomes invalid."""
    key = new_token()
    await tx.run(UPSERT_FEED_KEY, member=actor.signed_in(), hash=token_hash(key), now=clock.now())
    return key


async def delete_feed_key(tx: Transaction, actor: Actor) -> None:
    """Delete the actor's key."""
    await tx.run(DELETE_FEED_KEY, member=actor.signed_in())


async def has_feed_key(tx: Reader, member: MemberId) -> bool:
    """Return whether a member has a key."""
    return await tx.value(SELECT_FEED_KEY_DATE, member=member) is not None


async def find_reader(tx: Reader, key: str) -> Actor:
    """Return the member with this key as a reader without duties; raise NotFound."""
    member = await tx.value(SELECT_FEED_KEY_OWNER, hash=token_hash(key))
    if member is None:
        raise NotFound
    return await load_reader(tx, member, clock.now())
