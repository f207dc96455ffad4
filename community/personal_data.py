"""The personal data in the tables of the community, for the export and the erasure."""

from storage.personal_data import PersonalData, TableData

PERSONAL_DATA = PersonalData(
    files={},
    tables={
        "community_pages": TableData(
            unnamed="published_by",
            nobody="page version texts html is_announced published_at",
            not_exported="done in a role, for the community, and kept as its record",
        ),
        "community_settings": TableData(
            unnamed="changed_by",
            nobody="name value changed_at",
            not_exported="done in a role, for the community, and kept as its record",
        ),
    },
)
