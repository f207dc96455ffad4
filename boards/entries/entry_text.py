"""The text of an entry: its field values rendered as Markdown for its post."""

from collections.abc import Mapping
from datetime import date

from boards.forms import active_fields, title_field
from boards.shapes import Field, Fields, Form, Taxonomy
from boards.templates import as_stored
from core.languages.formats import list_in
from core.languages.languages import ENGLISH
from core.languages.moments import day_for_reader
from core.languages.texts import current_language, speaking
from core.text import POST_LENGTH
from members.profiles.countries import country_in


def entry_title(form: Form, values: Fields) -> str:
    """Return the title of an entry."""
    return str(values[title_field(form).key])


def render_entry(form: Form, values: Fields, taxonomies: Mapping[str, Taxonomy]) -> str:
    """Return an entry as Markdown, title first, cut to the maximum length of a post; the stored values are not cut.

    What is stored for all readers is English, whichever language the member reads.
    """
    parts = [f"**{entry_title(form, values)}**"]
    title = title_field(form).key
    for field in active_fields(as_stored(form)):
        if field.key != title and (value := values.get(field.key)) is not None:
            with speaking(ENGLISH):
                text = "\n".join(readable_values(field, value, taxonomies))
            parts.append(
                f"**{field.label}:**\n\n{text}" if field.type == "long_text" else f"**{field.label}:** {text}"
            )
    return "\n\n".join(parts)[:POST_LENGTH]


def date_for_reader(stored: str) -> str:
    """Return a date, such as "2024-03-01", as the reader's language writes it."""
    return day_for_reader(date.fromisoformat(stored))


def readable_values(field: Field, value: object, taxonomies: Mapping[str, Taxonomy]) -> list[str]:
    """Return a field value as lines for people in their language: names of terms and countries, other values as stored."""
    if field.taxonomy is not None:
        known = taxonomies.get(field.taxonomy)
        names = {term.slug: str(term.local()) for term in known.terms} if known else {}
        slugs = value if isinstance(value, list) else [value]
        lines = [names.get(str(slug), str(slug)) for slug in slugs]
        return lines if field.type == "one_of" else [list_in(current_language(), lines, "unit")]
    if field.type == "country":
        return [country_in(current_language(), str(value))]
    if isinstance(value, dict):
        # The kind and id, not the title, which the reader may not be allowed to see.
        return [f"{value['kind']} {value['id']}"]
    return [str(value)]
