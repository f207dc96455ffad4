"""Pseudonyms: what stands for somebody where nobody may learn the name, and only the somebody can find it again."""

import hmac
from hashlib import sha256

from core.actor import Actor
from core.errors import SignInFirst

LENGTH = 16


def pseudonym(actor: Actor, place: str) -> bytes:
    """What stands for the actor in a place, as in `topic:7`.

    It is an HMAC under the member's own secret, which only the password or the token of an open session brings to
    light: the same place gives the same pseudonym, two places give two that nobody can bring together.
    """
    if actor.secret is None:
        raise SignInFirst
    return hmac.digest(actor.secret, place.encode(), sha256)[:LENGTH]
