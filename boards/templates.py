"""Templates: forms with which a board can be created."""

from collections.abc import Mapping

from msgspec.structs import replace

from boards.shapes import Field, Form
from core.languages.languages import ENGLISH
from core.languages.prepared import prepared_text, texts_of
from core.languages.texts import speaking, translatable

_SOURCE = Field(key="link", label=translatable("Where to read about it"), type="link")
_COUNTRY = Field(key="country", label=translatable("Country"), type="country")
_ORGANISATION = Field(key="organisation", label=translatable("Organisation"), type="text")

_INITIATIVES = Form(
    fields=[
        Field(key="title", label=translatable("Challenge or initiative"), type="text", required=True),
        Field(key="what", label=translatable("What it is about"), type="long_text"),
        Field(key="issues", label=translatable("Impact areas"), type="some_of", taxonomy="impact-areas"),
        Field(
            key="stages", label=translatable("Stages of the value chain"), type="some_of", taxonomy="stages"
        ),
        Field(key="materials", label=translatable("Materials"), type="some_of", taxonomy="materials"),
        Field(key="level", label=translatable("Level"), type="one_of", taxonomy="levels"),
        _ORGANISATION,
        _COUNTRY,
        Field(key="since", label=translatable("Since when"), type="date"),
        _SOURCE,
    ]
)
_GOOD_PRACTICE = Form(
    fields=[
        Field(key="title", label=translatable("Case"), type="text", required=True),
        Field(
            key="kind",
            label=translatable("Kind of case"),
            type="one_of",
            taxonomy="case-kinds",
            required=True,
        ),
        Field(key="issues", label=translatable("Impact areas"), type="some_of", taxonomy="impact-areas"),
        Field(key="maturity", label=translatable("Maturity"), type="one_of", taxonomy="case-maturity"),
        Field(key="lesson", label=translatable("What others can learn from it"), type="long_text"),
        _COUNTRY,
        _SOURCE,
    ]
)
_FOLLOW_UP = Form(
    fields=[
        Field(key="title", label=translatable("What was agreed or left open"), type="text", required=True),
        Field(key="why", label=translatable("What was said about it"), type="long_text"),
        Field(
            key="challenge", label=translatable("Challenge"), type="some_of", taxonomy="business-challenges"
        ),
        _ORGANISATION,
        Field(key="until", label=translatable("Until when"), type="date"),
        Field(key="said", label=translatable("Where it was said"), type="reference"),
    ]
)

# Title and form of each template, by slug. Fields whose taxonomy the community does not have are left out.
TEMPLATES: Mapping[str, tuple[str, Form]] = {
    "initiatives": (translatable("Challenges and initiatives"), _INITIATIVES),
    "good-practice": (translatable("Good practice by kind of case and impact area"), _GOOD_PRACTICE),
    "follow-up": (translatable("Follow-up of a gathering"), _FOLLOW_UP),
}
# The labels that templates give to the fields with a key.
_LABELS: Mapping[str, tuple[str, ...]] = {
    key: tuple(
        {field.label: None for _, form in TEMPLATES.values() for field in form.fields if field.key == key}
    )
    for key in {field.key for _, form in TEMPLATES.values() for field in form.fields}
}

_ALL_LABELS = tuple(dict.fromkeys(label for labels in _LABELS.values() for label in labels))


def usable_form(template: Form, taxonomies: set[str]) -> Form:
    """Return the template's form without the fields whose taxonomy is not in `taxonomies` (slugs)."""
    return Form(
        fields=[field for field in template.fields if field.taxonomy is None or field.taxonomy in taxonomies]
    )


def in_language_of_reader(form: Form) -> Form:
    """Return a form with those labels that come from a template in the language of the reader."""
    fields = [replace(one, label=prepared_text(one.label, _LABELS.get(one.key, ()))) for one in form.fields]
    return Form(fields=fields)


def as_stored(form: Form) -> Form:
    """Return a form with those labels that come from a template in English, as they are stored for all readers."""
    with speaking(ENGLISH):
        return in_language_of_reader(form)


def label_for_reader(label: str) -> str:
    """Return a label that is stored alone, as with an import, in the language of the reader if it comes from a template."""
    return prepared_text(label, _ALL_LABELS)


def labels_of(field: Field) -> frozenset[str]:
    """Return the label of a field, in all languages if it comes from a template."""
    return texts_of(field.label, _LABELS.get(field.key, ()))
