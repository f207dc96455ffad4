"""The types of ids, one for each noun, so that a post's id is never used as a topic's."""

from typing import NewType

MemberId = NewType("MemberId", int)
SessionId = NewType("SessionId", int)
SectorId = NewType("SectorId", int)
TopicId = NewType("TopicId", int)
PostId = NewType("PostId", int)
GatheringId = NewType("GatheringId", int)
RoomId = NewType("RoomId", int)
QuestionId = NewType("QuestionId", int)
ColumnId = NewType("ColumnId", int)
NoticeId = NewType("NoticeId", int)
PollId = NewType("PollId", int)
SessionOnProgrammeId = NewType("SessionOnProgrammeId", int)
BoardId = NewType("BoardId", int)
EntryId = NewType("EntryId", int)
FileId = NewType("FileId", int)
