"""What one may do to accounts and duties."""

from core.actor import Actor
from core.errors import Denied


class AdministratorsOnly(Denied):
    """Somebody else than an administrator asked for it."""

    message = "Only administrators may do this."


def ensure_can_manage_duties(actor: Actor) -> None:
    """Administrators grant and revoke duties, and see who has which."""
    actor.signed_in()
    if not actor.is_administrator:
        raise AdministratorsOnly
