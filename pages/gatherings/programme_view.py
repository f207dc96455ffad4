"""The programme on pages: each session with its room, its language in words, and whether it is on now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import Session
from gatherings.shapes.rooms import Room

# Each language is named in that language, for its readers.
LANGUAGES = {
    "ar": "العربية",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "sw": "Kiswahili",
    "tr": "Türkçe",
    "zh": "中文",
}


class Slot(Struct, frozen=True, kw_only=True):
    """A session of the programme on a page."""

    session: Session
    room: Room | None
    language: str
    is_now: bool
    is_over: bool
    is_cancelled: bool


class OnNow(Struct, frozen=True):
    """What is on now: running sessions, each with its gathering and its room if it is open, and the other open rooms."""

    sessions: list[tuple[Session, Gathering, Room | None]]
    rooms: list[Room]


def slots_of(gathering: Gathering, now: datetime) -> list[Slot]:
    """Return the programme of a gathering that was read with its rooms and sessions."""
    rooms = {room.id: room for room in gathering.rooms or []}
    is_off = gathering.state == "cancelled"
    return [_slot(session, rooms.get(session.room or 0), now, is_off) for session in gathering.sessions or []]


def on_now(
    running: Sequence[Session], gatherings: Mapping[int, Gathering], open_rooms: Sequence[Room]
) -> OnNow:
    """Return running sessions and open rooms, without rooms that a running session uses."""
    rooms = {room.id: room for room in open_rooms}
    shown = [(session, gatherings[session.gathering], rooms.get(session.room or 0)) for session in running]
    taken = {session.room for session in running}
    return OnNow(shown, [room for room in open_rooms if room.id not in taken])


def language_name(tag: str) -> str:
    """Return the name of a language in that language, or its tag if the name is unknown."""
    name = LANGUAGES.get(tag.partition("-")[0].lower(), "")
    return f"{name} ({tag})" if name and "-" in tag else name or tag


def _slot(session: Session, room: Room | None, now: datetime, is_off: bool) -> Slot:
    is_cancelled = is_off or session.state == "cancelled"
    return Slot(
        session=session,
        room=room,
        language=language_name(session.language),
        is_now=not is_cancelled and session.starts_at <= now < session.ends_at,
        is_over=session.ends_at <= now,
        is_cancelled=is_cancelled,
    )
