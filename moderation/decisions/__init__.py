"""Decisions about cases: making, reversing and undoing them, the effects of each action, and authors' edits of held
posts."""
