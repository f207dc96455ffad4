"""Forms: what a board asks of each entry; checked when a board begins, changed without losing an answer."""

from collections import Counter
from collections.abc import Collection

from boards.shapes import Field, Form
from core.errors import Invalid

CHOICE_KINDS = frozenset({"one_of", "some_of"})
# What was answered as the first can be read as the second; nothing else is changed into anything.
BECOMES = frozenset({("text", "long_text")})


class FormNeedsTitle(Invalid):
    """The first required text field is what an entry is called."""

    message = "A form needs a required field of short text: the title of its entries."


class FieldNamedTwice(Invalid):
    """Two fields have the same key."""

    message = "Two fields have the same key."


class NoSuchTaxonomy(Invalid):
    """A field chooses from a list that there is not, or chooses nothing and names one."""

    message = "A field that chooses names a list of the community; no other field does."


class FieldKindFixed(Invalid):
    """What was answered would not fit."""

    message = "This field has answers of another kind. Retire it, and add one with another key."


def title_field(form: Form) -> Field:
    """The field that says what an entry is called."""
    found = next((one for one in asked(form) if one.type == "text" and one.required), None)
    if found is None:
        raise FormNeedsTitle(field="form")
    return found


def asked(form: Form) -> list[Field]:
    """The fields that take answers now."""
    return [field for field in form.fields if not field.retired]


def ensure_form(form: Form, taxonomies: Collection[str]) -> None:
    """A form that can be asked."""
    title_field(form)
    if any(n > 1 for n in Counter(field.key for field in form.fields).values()):
        raise FieldNamedTwice(field="form")
    for field in form.fields:
        if (field.type in CHOICE_KINDS) != (field.taxonomy is not None):
            raise NoSuchTaxonomy(field="form")
        if field.taxonomy is not None and field.taxonomy not in taxonomies:
            raise NoSuchTaxonomy(field="form")


def changed(old: Form, new: Form) -> Form:
    """The new form; what it leaves out is retired, not lost."""
    kinds = {field.key: field for field in old.fields}
    for field in new.fields:
        before = kinds.get(field.key, field)
        same = before.type == field.type and before.taxonomy == field.taxonomy
        if not same and (before.type, field.type) not in BECOMES:
            raise FieldKindFixed(field="form")
    kept = {field.key for field in new.fields}
    left_out = [_retired(field) for field in old.fields if field.key not in kept]
    return Form(fields=[*new.fields, *left_out])


def _retired(field: Field) -> Field:
    return Field(
        key=field.key,
        label=field.label,
        type=field.type,
        help=field.help,
        taxonomy=field.taxonomy,
        required=field.required,
        retired=True,
    )
