"""Permission rules for what administrators do: duties, committees, accounts and the community's own settings."""

from core.actor import Actor
from core.errors import Denied
from core.languages.texts import translatable


class AdministratorsOnly(Denied):
    """The actor is not an administrator."""

    message = translatable("Only administrators may do this.")


def ensure_can_administer(actor: Actor) -> None:
    """Allow administrators; raise SignInFirst or AdministratorsOnly for others."""
    actor.signed_in()
    if not actor.is_administrator:
        raise AdministratorsOnly
