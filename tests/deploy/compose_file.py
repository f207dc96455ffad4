"""compose.yaml as Compose reads it."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ENV = {"TERTULIA_PUBLIC_URL": "https://forum.example.org"}
OURS = ("web-1", "web-2", "worker", "migrate", "backup")
WRITABLE = ("/var/lib/tertulia", "/var/backups/tertulia")


def fill_in(value: Any, env: dict[str, str]) -> Any:
    """Replace ${NAME:-default} and ${NAME:?message}, as Compose does."""
    if isinstance(value, dict):
        return {key: fill_in(each, env) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, env) for each in value]
    if not isinstance(value, str):
        return value

    def one(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if kind == ":?" and not env.get(name):
            raise KeyError(rest)
        return env.get(name) or rest or ""

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", one, value)


def read_compose(**env: str) -> dict[str, Any]:
    return fill_in(yaml.safe_load((ROOT / "compose.yaml").read_text()), {**ENV, **env})
