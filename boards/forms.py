"""Forms: validation of the fields that a board has, and changes to a form that keep all stored field values."""

from collections import Counter
from collections.abc import Collection

from boards.shapes import Field, Form
from core.errors import Invalid
from core.languages.texts import translatable

# Field types whose values are terms of a taxonomy.
CHOICE_TYPES = frozenset({"one_of", "some_of"})
# (old type, new type): stored values of the first are valid for the second. No other type can change.
COMPATIBLE_TYPES = frozenset({("text", "long_text")})


class FormNeedsTitle(Invalid):
    """The form has no required field of short text, which would be the title of its entries."""

    message = translatable("A form needs a required field of short text: the title of its entries.")


class FieldNamedTwice(Invalid):
    """Two fields have the same key."""

    message = translatable("Two fields have the same key.")


class NoSuchTaxonomy(Invalid):
    """A choice field names no taxonomy that exists, or another field names one."""

    message = translatable("A field that chooses names a list of the community; no other field does.")


class FieldKindFixed(Invalid):
    """The stored values of the field would not be valid for its new type or taxonomy."""

    message = translatable("This field has answers of another kind. Retire it, and add one with another key.")


def title_field(form: Form) -> Field:
    """Return the first required text field, which is the title of entries; raise FormNeedsTitle if there is none."""
    field = next((one for one in active_fields(form) if one.type == "text" and one.required), None)
    if field is None:
        raise FormNeedsTitle(field="form")
    return field


def active_fields(form: Form) -> list[Field]:
    """Return the fields of a form that are not retired."""
    return [field for field in form.fields if not field.retired]


def ensure_form(form: Form, taxonomies: Collection[str]) -> None:
    """Check a form; raise FormNeedsTitle, FieldNamedTwice or NoSuchTaxonomy."""
    title_field(form)
    if any(n > 1 for n in Counter(field.key for field in form.fields).values()):
        raise FieldNamedTwice(field="form")
    for field in form.fields:
        if (field.type in CHOICE_TYPES) != (field.taxonomy is not None):
            raise NoSuchTaxonomy(field="form")
        if field.taxonomy is not None and field.taxonomy not in taxonomies:
            raise NoSuchTaxonomy(field="form")


def revise_form(old: Form, new: Form) -> Form:
    """Return the new form with the fields that it leaves out added as retired ones; raise FieldKindFixed."""
    old_fields = {field.key: field for field in old.fields}
    for field in new.fields:
        before = old_fields.get(field.key, field)
        same = before.type == field.type and before.taxonomy == field.taxonomy
        if not same and (before.type, field.type) not in COMPATIBLE_TYPES:
            raise FieldKindFixed(field="form")
    new_keys = {field.key for field in new.fields}
    left_out = [_retired(field) for field in old.fields if field.key not in new_keys]
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
