"""Templates: forms with which a board can be created."""

from collections.abc import Mapping

from boards.shapes import Field, Form

_SOURCE = Field(key="link", label="Where to read about it", type="link")
_COUNTRY = Field(key="country", label="Country", type="country")
_ORGANISATION = Field(key="organisation", label="Organisation", type="text")

_INITIATIVES = Form(
    fields=[
        Field(key="title", label="Challenge or initiative", type="text", required=True),
        Field(key="what", label="What it is about", type="long_text"),
        Field(key="issues", label="Impact areas", type="some_of", taxonomy="impact-areas"),
        Field(key="stages", label="Stages of the value chain", type="some_of", taxonomy="stages"),
        Field(key="materials", label="Materials", type="some_of", taxonomy="materials"),
        Field(key="level", label="Level", type="one_of", taxonomy="levels"),
        _ORGANISATION,
        _COUNTRY,
        Field(key="since", label="Since when", type="date"),
        _SOURCE,
    ]
)
_GOOD_PRACTICE = Form(
    fields=[
        Field(key="title", label="Case", type="text", required=True),
        Field(key="kind", label="Kind of case", type="one_of", taxonomy="case-kinds", required=True),
        Field(key="issues", label="Impact areas", type="some_of", taxonomy="impact-areas"),
        Field(key="maturity", label="Maturity", type="one_of", taxonomy="case-maturity"),
        Field(key="lesson", label="What others can learn from it", type="long_text"),
        _COUNTRY,
        _SOURCE,
    ]
)
_FOLLOW_UP = Form(
    fields=[
        Field(key="title", label="What was agreed or left open", type="text", required=True),
        Field(key="why", label="What was said about it", type="long_text"),
        Field(key="challenge", label="Challenge", type="some_of", taxonomy="business-challenges"),
        _ORGANISATION,
        Field(key="until", label="Until when", type="date"),
        Field(key="said", label="Where it was said", type="reference"),
    ]
)

# Title and form of each template, by slug. Fields whose taxonomy the community does not have are left out.
TEMPLATES: Mapping[str, tuple[str, Form]] = {
    "initiatives": ("Challenges and initiatives", _INITIATIVES),
    "good-practice": ("Good practice by kind of case and impact area", _GOOD_PRACTICE),
    "follow-up": ("Follow-up of a gathering", _FOLLOW_UP),
}


def usable_form(template: Form, taxonomies: set[str]) -> Form:
    """Return the template's form without the fields whose taxonomy is not in `taxonomies` (slugs)."""
    return Form(
        fields=[field for field in template.fields if field.taxonomy is None or field.taxonomy in taxonomies]
    )
