"""Every field of an input that does not fit its Struct; msgspec names the first only."""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct

from core.errors import Collector, Invalid, Refusal
from core.visible import ensure_value_visible

# Input with more wrong fields than this is not corrected by people.
_MOST = 100


def refuse_every_field(
    shape: Any, given: object, first: msgspec.ValidationError, in_words: Callable[[str], Invalid]
) -> Refusal:
    """Return the refusal of an input that msgspec does not take, with those of all its other wrong fields.

    `in_words` makes a refusal of a message of msgspec, which ends with the path of the field. The field that msgspec named
    comes first. Fields that fit are looked at for texts of which nothing can be seen.
    """
    refusal = in_words(str(first))
    each = Collector()
    if isinstance(given, Mapping) and (struct := _struct_of(shape, given)) is not None:
        for found in _wrong_in(struct, given, "", in_words):
            each.found.append(found)
            if len(each.found) == _MOST:
                break
    same = [found for found in each.found if _top(found.field) == _top(refusal.field)]
    each.found = [*(same or [refusal]), *(found for found in each.found if found not in same)]
    return each.combine() or refusal


def _top(field: str | None) -> str:
    return (field or "").partition(".")[0].partition("[")[0]


def _wrong_in(
    struct: type[Struct], given: Mapping[str, Any], path: str, in_words: Callable[[str], Invalid]
) -> Iterator[Refusal]:
    for field in msgspec.structs.fields(struct):
        name = f"{path}{field.encode_name}"
        if field.encode_name not in given:
            if field.default is NODEFAULT and field.default_factory is NODEFAULT:
                yield in_words(f"Object missing required field `{name}` - at `$.{name}`")
            continue
        value = given[field.encode_name]
        try:
            fitting = msgspec.convert(value, field.type)
            ensure_value_visible(struct, field.name, fitting)
        except msgspec.ValidationError as error:
            yield from _wrong_inside(field.type, value, name, in_words) or [
                in_words(_with_path(str(error), name))
            ]
        except Invalid as refusal:
            yield from refusal.every


def _wrong_inside(shape: Any, value: object, name: str, in_words: Callable[[str], Invalid]) -> list[Refusal]:
    """Return what is wrong with the fields of a Struct, or with at most 100 of the texts by language, that are the value of
    a field."""
    if not isinstance(value, Mapping):
        return []
    inner = _struct_of(shape, value)
    if inner is not None:
        return list(_wrong_in(inner, value, f"{name}.", in_words))
    kind = get_args(shape)[0] if get_origin(shape) is Annotated else shape
    found: list[Refusal] = []
    for key, item in value.items() if get_origin(kind) is dict else ():
        try:
            msgspec.convert(item, get_args(kind)[1])
        except msgspec.ValidationError as error:
            found.append(in_words(_with_path(str(error), f"{name}.{key}")))
            if len(found) == _MOST:
                break
    return found


def _with_path(message: str, name: str) -> str:
    """Return a message about the value of a field with the path from the input to it."""
    text, found, path = message.partition(" - at `")
    return f"{text} - at `{path.replace('$', f'$.{name}', 1)}" if found else f"{text} - at `$.{name}`"


def _struct_of(shape: Any, value: object) -> type[Struct] | None:
    """Return the Struct that a value of this type must fit, or None if there is none, or it is not clear which."""
    if get_origin(shape) is Annotated:
        return _struct_of(get_args(shape)[0], value)
    found = get_args(shape) if get_origin(shape) in (Union, UnionType) else (shape,)
    structs = [each for each in found if isinstance(each, type) and issubclass(each, Struct)]
    if len(structs) > 1 and isinstance(value, Mapping):
        structs = [
            each
            for each in structs
            if value.get(each.__struct_config__.tag_field or "") == each.__struct_config__.tag
        ]
    return structs[0] if len(structs) == 1 else None
