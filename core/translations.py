"""Titles and descriptions that were written in several languages."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from core.languages.names import local
from core.text import LongText, Title, tidy

LanguageTag = Annotated[
    str, Meta(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*(?![\s\S])", description="as in BCP 47")
]


class Translation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title and a description in another language; without a description, the original one is shown."""

    title: Title
    description: LongText = ""


class TitleTranslation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title in another language."""

    title: Title


Translations = Annotated[dict[LanguageTag, Translation], Meta(max_length=20)]
TitleTranslations = Annotated[dict[LanguageTag, TitleTranslation], Meta(max_length=20)]


def stored_translations(value: Any) -> dict[str, Translation]:
    """Return the translations of a column of JSON."""
    return msgspec.convert(value, dict[str, Translation])


def tidied(translations: Mapping[str, Translation]) -> dict[str, Translation]:
    """Return translations as they are stored."""
    return {
        tag: Translation(title=tidy(one.title), description=tidy(one.description))
        for tag, one in translations.items()
    }


def titles_of(translations: Mapping[str, Translation | TitleTranslation]) -> dict[str, str]:
    """Return the titles by language, tidied, as the topic of a room or board keeps them."""
    return {tag: tidy(one.title) for tag, one in translations.items()}


def local_title(original: str, translations: Mapping[str, Translation | TitleTranslation]) -> str:
    """Return the title in the language of the reader, or the original."""
    return local(original, {tag: one.title for tag, one in translations.items()})


def local_description(original: str, translations: Mapping[str, Translation]) -> str:
    """Return the description in the language of the reader, or the original."""
    return local(original, {tag: one.description for tag, one in translations.items()})
