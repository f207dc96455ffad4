"""The translator of the settings."""

from forum.translations.translator import Translator
from tertulia.settings import Settings


def make_translator(settings: Settings) -> Translator:
    """Return the translator that the operator chose; it is not set if there is no address."""
    return Translator(
        url=settings.translator_url,
        kind=settings.translator_kind,
        key=settings.translator_key,
        budget=settings.translator_budget,
    )
