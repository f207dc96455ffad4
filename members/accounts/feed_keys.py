"""Feed keys: what a reader of feeds shows instead of signing in. A key reads what its member may, and does nothing else."""

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from members.accounts.actors import load_reader
from members.tokens import new_token, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

_KEEP = statement("""
INSERT INTO feed_keys (member_id, key_hash, made_at) VALUES (:member, :hash, :now)
ON CONFLICT (member_id) DO UPDATE SET key_hash = excluded.key_hash, made_at = excluded.made_at
""")
_DROP = statement("DELETE FROM feed_keys WHERE member_id = :member")
_FIND = statement("SELECT member_id FROM feed_keys WHERE key_hash = :hash")
_MADE = statement("SELECT made_at FROM feed_keys WHERE member_id = :member")


async def make_feed_key(tx: Transaction, actor: Actor) -> str:
    """A new key; the former one, if there was one, opens nothing any more. It is stored nowhere."""
    key = new_token()
    await tx.run(_KEEP, member=actor.signed_in(), hash=token_hash(key), now=clock.now())
    return key


async def drop_feed_key(tx: Transaction, actor: Actor) -> None:
    """Have the member's key open nothing any more."""
    await tx.run(_DROP, member=actor.signed_in())


async def has_feed_key(tx: Reader, member: MemberId) -> bool:
    """Whether a member has a key."""
    return await tx.value(_MADE, member=member) is not None


async def find_reader(tx: Reader, key: str) -> Actor:
    """Who reads with this key: the member, as all is read in the background. `NotFound` if the key opens nothing."""
    member = await tx.value(_FIND, hash=token_hash(key))
    if member is None:
        raise NotFound
    return await load_reader(tx, member, clock.now())
