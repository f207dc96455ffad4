"""All kinds of channels: which capability owns which prefix of channel names."""

from collections.abc import Mapping

from boards import channels as boards
from forum import channels as forum
from forum import channels_own
from gatherings import channels as gatherings
from gatherings.rooms import attendance
from members import channels as members
from moderation import channels as moderation
from realtime.channels import ChannelKind

KINDS: Mapping[str, ChannelKind] = {
    "sectors": ChannelKind(join=forum.join_all, show=forum.show_unchanged, has_id=False),
    "members": ChannelKind(join=members.join_members, show=members.show_members, has_id=False),
    "sector": ChannelKind(join=forum.join_sector, show=forum.show_sector_events),
    "topic": ChannelKind(
        join=forum.join_topic,
        show=forum.show_topic_events,
        access_events=frozenset({"readers_changed", "topic_merged"}),
    ),
    "gathering": ChannelKind(join=gatherings.join_gathering, show=gatherings.show_gathering),
    "room": ChannelKind(
        join=gatherings.join_room,
        show=gatherings.show_room,
        signals=gatherings.room_signals,
        has_presence=True,
        record_attendance=attendance.record_attendance,
        attendance_events=frozenset({"room_opened"}),
        describe_presence=attendance.show_presence,
        access_events=frozenset({"entry_changed"}),
    ),
    "board": ChannelKind(
        join=boards.join_board, show=boards.show_board_events, access_events=frozenset({"board_changed"})
    ),
    "queue": ChannelKind(join=moderation.join_queue, show=moderation.show_queue),
    "hosting": ChannelKind(join=moderation.join_hosting, show=moderation.show_hosting),
    "profiles": ChannelKind(join=moderation.join_profile_queue, show=moderation.show_queue, has_id=False),
    "member": ChannelKind(join=members.join_member, show=channels_own.show_member_events),
}
