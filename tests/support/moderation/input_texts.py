"""The free texts that the API takes: every field of every operation in which somebody can write words."""

import inspect
from collections.abc import Iterator
from typing import get_args

from msgspec import inspect as types

from core.text import NO_CONTROLS, ONE_LINE
from tests.support.requests import ROUTES

_FREE_PATTERNS = (None, NO_CONTROLS, ONE_LINE)


def free_texts() -> set[str]:
    """Return each text that the API takes, as `operation.field`; those in lists and Structs as `operation.field.inner`."""
    return {
        f"{route.operation_id}.{path}"
        for route in ROUTES
        if (data := inspect.signature(route.fn).parameters.get("data")) is not None
        for path in _texts(types.type_info(get_args(data.annotation)[0]))
    }


def _texts(kind: types.Type) -> Iterator[str]:
    match kind:
        case types.StrType() if kind.pattern in _FREE_PATTERNS:
            yield ""
        case types.StructType() | types.TypedDictType() | types.DataclassType():
            for field in kind.fields:
                yield from (f"{field.encode_name}.{path}".rstrip(".") for path in _texts(field.type))
        case types.ListType() | types.SetType() | types.VarTupleType():
            yield from _texts(kind.item_type)
        case types.DictType():
            yield from (f"{path}" for path in _texts(kind.value_type))
        case types.UnionType():
            for one in kind.types:
                yield from _texts(one)
        case types.Metadata():
            yield from _texts(kind.type)
        case types.AnyType() | types.RawType():
            yield ""
