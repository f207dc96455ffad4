"""Tags: their names, groups and synonyms."""
