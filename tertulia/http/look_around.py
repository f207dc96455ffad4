"""Whom everybody can sign in as in a demonstration, to look around."""

from core.languages.texts import translatable
from pages.shell.layout import Demonstration

PASSWORD = "look around freely"
"""The password of everybody in a demonstration."""

LOOK_AROUND = Demonstration(
    (
        ("daniel-okoro", translatable("Member")),
        ("grace-mwangi", translatable("Moderator")),
        ("marta-kowalska", translatable("Administrator")),
    ),
    PASSWORD,
)
