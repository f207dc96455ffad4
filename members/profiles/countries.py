"""The English names of countries by ISO 3166-1 alpha-2 code."""

import json
from pathlib import Path

COUNTRIES: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "data" / "countries.json").read_text("utf-8")
)
