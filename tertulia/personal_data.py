"""All personal data that is kept: the declarations of the capabilities joined into one."""

import boards.personal_data
import forum.personal_data
import gatherings.personal_data
import members.personal_data
import moderation.personal_data
from storage.personal_data import PersonalData

_CAPABILITIES = (members, forum, gatherings, boards, moderation)

PERSONAL_DATA = PersonalData(
    files={
        name: file
        for capability in _CAPABILITIES
        for name, file in capability.personal_data.PERSONAL_DATA.files.items()
    },
    left_out={
        table: reason
        for capability in _CAPABILITIES
        for table, reason in capability.personal_data.PERSONAL_DATA.left_out.items()
    },
)
