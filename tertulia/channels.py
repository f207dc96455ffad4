"""The channels of the house: which room owns which prefix."""

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
    "sectors": ChannelKind(join=forum.join_all, show=forum.show_unchanged, numbered=False),
    "members": ChannelKind(join=members.join_members, show=members.show_members, numbered=False),
    "sector": ChannelKind(join=forum.join_sector, show=forum.show_sector_events),
    "topic": ChannelKind(
        join=forum.join_topic,
        show=forum.show_topic_events,
        closing=frozenset({"readers_changed", "topic_merged"}),
    ),
    "gathering": ChannelKind(join=gatherings.join_gathering, show=gatherings.show_gathering),
    "room": ChannelKind(
        join=gatherings.join_room,
        show=gatherings.show_room,
        signals=gatherings.room_signals,
        has_presence=True,
        attended=attendance.record_attendance,
        roll_calls=frozenset({"room_opened"}),
        present=attendance.show_presence,
        closing=frozenset({"entry_changed"}),
    ),
    "board": ChannelKind(
        join=boards.join_board, show=boards.show_board_events, closing=frozenset({"board_changed"})
    ),
    "queue": ChannelKind(join=moderation.join_queue, show=moderation.show_queue),
    "hosting": ChannelKind(join=moderation.join_hosting, show=moderation.show_hosting),
    "profiles": ChannelKind(join=moderation.join_profile_queue, show=moderation.show_queue, numbered=False),
    "member": ChannelKind(join=members.join_member, show=channels_own.show_member_events),
}
