"""The levels at which a member follows a topic, a sector or a tag, weakest first, as the table `following` stores them."""

from typing import Literal

Level = Literal["muted", "normal", "tracking", "watching_first_post", "watching"]
TopicLevel = Literal["muted", "normal", "tracking", "watching"]

LEVELS: tuple[Level, ...] = ("muted", "normal", "tracking", "watching_first_post", "watching")
MUTED, NORMAL, TRACKING, WATCHING_FIRST_POST, WATCHING = range(len(LEVELS))
