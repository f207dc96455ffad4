"""The text of an entry: its fields as Markdown, which is what its post says."""

from collections.abc import Mapping

from boards.forms import asked, title_field
from boards.shapes import Field, Fields, Form, Taxonomy
from core.text import POST_LENGTH
from members.profiles.countries import COUNTRIES


def entry_title(form: Form, answers: Fields) -> str:
    """What an entry is called."""
    return str(answers[title_field(form).key])


def render_entry(form: Form, answers: Fields, taxonomies: Mapping[str, Taxonomy]) -> str:
    """All that an entry says, as a post; the title first. Longer than a post may be it is cut; the fields are not."""
    parts = [f"**{entry_title(form, answers)}**"]
    title = title_field(form).key
    for field in asked(form):
        if field.key != title and (value := answers.get(field.key)) is not None:
            said = "\n".join(words(field, value, taxonomies))
            parts.append(
                f"**{field.label}:**\n\n{said}" if field.type == "long_text" else f"**{field.label}:** {said}"
            )
    return "\n\n".join(parts)[:POST_LENGTH]


def words(field: Field, value: object, taxonomies: Mapping[str, Taxonomy]) -> list[str]:
    """An answer as people read it: the names of terms and countries, everything else as it is."""
    if field.taxonomy is not None:
        known = taxonomies.get(field.taxonomy)
        names = {term.slug: term.name for term in known.terms} if known else {}
        slugs = value if isinstance(value, list) else [value]
        said = [names.get(str(slug), str(slug)) for slug in slugs]
        return said if field.type == "one_of" else [", ".join(said)]
    if field.type == "country":
        return [COUNTRIES.get(str(value), str(value))]
    if isinstance(value, dict):
        # Where it leads, not what it is called: who reads may not be allowed to see that.
        return [f"{value['kind']} {value['id']}"]
    return [str(value)]
