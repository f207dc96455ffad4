"""Decisions: what each action does, how it is reversed, and posts that wait for approval."""
