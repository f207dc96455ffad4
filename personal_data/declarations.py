"""All personal data that is kept: the declarations of the capabilities joined into one."""

import boards.personal_data
import community.personal_data
import forum.personal_data
import gatherings.personal_data
import members.personal_data
import moderation.personal_data
import storage.personal_data
from storage.personal_data import PersonalData

_CAPABILITIES = (members, forum, community, gatherings, boards, moderation, storage)

PERSONAL_DATA = PersonalData(
    files={
        name: file
        for capability in _CAPABILITIES
        for name, file in capability.personal_data.PERSONAL_DATA.files.items()
    },
    tables={
        name: table
        for capability in _CAPABILITIES
        for name, table in capability.personal_data.PERSONAL_DATA.tables.items()
    },
)
