"""Pseudonyms: values that stand for members who write anonymously, which only the member's own secret can recompute."""

import hmac
from hashlib import sha256

from core.actor import Actor
from core.errors import SignInFirst
from core.ids import TopicId

LENGTH = 16


def pseudonym(actor: Actor, scope: str) -> bytes:
    """Return the actor's pseudonym in a scope such as `topic:7`; raise SignInFirst if the actor has no secret.

    The pseudonym is an HMAC under the member's own secret, which only the password or the token of an open session can
    decrypt. One scope always gives the same pseudonym; nobody can link the pseudonyms of two scopes.
    """
    if actor.secret is None:
        raise SignInFirst
    return hmac.digest(actor.secret, scope.encode(), sha256)[:LENGTH]


def topic_scope(topic_id: TopicId) -> str:
    """Return the scope in which members are anonymous in a topic."""
    return f"topic:{topic_id}"


def own_pseudonym(actor: Actor, topic_id: TopicId) -> bytes | None:
    """Return the actor's pseudonym in a topic, or None if the actor has no secret (visitors, background readers)."""
    return None if actor.secret is None else pseudonym(actor, topic_scope(topic_id))


def is_author(actor: Actor, topic_id: TopicId, author_id: int | None, author_pseudonym: bytes | None) -> bool:
    """Return whether the actor wrote a text in a topic, under the actor's name or anonymously.

    Each text has either an author or a pseudonym. Pseudonyms are compared in constant time.
    """
    if author_pseudonym is None:
        return actor.id is not None and author_id == actor.id
    own = own_pseudonym(actor, topic_id)
    return own is not None and hmac.compare_digest(own, author_pseudonym)
