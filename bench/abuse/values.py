"""Values for the parameters and bodies of the API description (OpenAPI 3.1): mostly valid ones, some hostile."""

import random
import string
from collections.abc import Mapping, Sequence
from typing import Any

# How many of the values have nothing to do with what the description asks for.
HOSTILE_SHARE = 0.15
_DEPTH = 6
_WORDS = (
    "cobalt",
    "mobility",
    "Amina",
    "a",
    "ünïcödé",
    "日本語",
    "العربية",
    "🜚",
    "#tag",
    "@amina",
    "> quoted",
    "`code`",
)
_HOSTILE: Sequence[Any] = (
    None,
    True,
    "",
    " ",
    "\u0000",
    "\u202e\u200b",
    "a" * 5_000,
    "<script>alert(1)</script>",
    "'; DROP TABLE posts; --",
    "../../etc/passwd",
    "{{7*7}}",
    "１２",
    "NaN",
    0,
    -1,
    2**31,
    2**63,
    2**70,
    1e308,
    0.1,
    [],
    {},
    [[[[[]]]]],
    {"a": {"b": {}}},
)


class Values:
    """Makes values for the schemas of one description; `known` are ids and names that exist, by parameter."""

    def __init__(self, description: Mapping[str, Any], known: Mapping[str, Sequence[Any]]) -> None:
        self.parts = description.get("components", {}).get("schemas", {})
        self.known = known

    def parameter(self, name: str, schema: Mapping[str, Any]) -> Any:
        """Return a value for a parameter: often one that exists."""
        if name in self.known and random.random() < 0.7:
            return random.choice(self.known[name])
        return self.value(schema)

    def value(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Return a value for a schema."""
        if random.random() < HOSTILE_SHARE:
            return random.choice(_HOSTILE)
        if depth > _DEPTH:
            return None
        if "$ref" in schema:
            return self.value(self.parts[schema["$ref"].rpartition("/")[2]], depth + 1)
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                return self.value(random.choice(schema[several]), depth + 1)
        if "enum" in schema:
            return random.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        kind = schema.get("type", "object")
        return getattr(self, f"_{random.choice(kind) if isinstance(kind, list) else kind}")(schema, depth)

    def _object(self, schema: Mapping[str, Any], depth: int) -> Any:
        wanted = set(schema.get("required", ()))
        fields = schema.get("properties", {})
        return {
            name: self.parameter(name, part) if name in self.known else self.value(part, depth + 1)
            for name, part in fields.items()
            if name in wanted or random.random() < 0.5
        }

    def _array(self, schema: Mapping[str, Any], depth: int) -> Any:
        return [self.value(schema.get("items", {}), depth + 1) for _ in range(random.choice((0, 1, 1, 2, 5)))]

    def _string(self, schema: Mapping[str, Any], depth: int) -> str:
        match schema.get("format"):
            case "date-time":
                return f"20{random.randrange(10, 40)}-0{random.randrange(1, 10)}-1{random.randrange(10)}T10:00:00Z"
            case "date":
                return f"20{random.randrange(10, 40)}-0{random.randrange(1, 10)}-1{random.randrange(10)}"
        text = " ".join(random.choices(_WORDS, k=random.choice((1, 1, 2, 8))))
        return text[: schema.get("maxLength", 5_000)].ljust(schema.get("minLength", 0), "x")

    def _integer(self, schema: Mapping[str, Any], depth: int) -> int:
        low = int(schema.get("minimum", schema.get("exclusiveMinimum", 0)))
        return random.randint(low, max(low, min(int(schema.get("maximum", 20)), 20)))

    def _number(self, schema: Mapping[str, Any], depth: int) -> float:
        return random.choice((self._integer(schema, depth), random.random() * 100))

    def _boolean(self, schema: Mapping[str, Any], depth: int) -> bool:
        return random.random() < 0.5

    def _null(self, schema: Mapping[str, Any], depth: int) -> None:
        return None


def a_header() -> str:
    """Return a value for a header: a version, a key, or something else that a header can carry."""
    return random.choice(
        ('"1"', '"2"', "*", 'W/"x"', "1", "", "".join(random.choices(string.printable[:94], k=40)))
    )
