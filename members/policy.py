"""Permission rules for duties and committees."""

from core.actor import Actor
from core.errors import Denied
from core.languages.texts import translatable


class AdministratorsOnly(Denied):
    """The actor is not an administrator."""

    message = translatable("Only administrators may do this.")


def ensure_can_manage_duties(actor: Actor) -> None:
    """Allow administrators to read, grant and revoke duties; raise SignInFirst or AdministratorsOnly for others."""
    actor.signed_in()
    if not actor.is_administrator:
        raise AdministratorsOnly
