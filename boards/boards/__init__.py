"""Boards: creation, changes, curators, saved views, and the post that shows a board or entry in its topic."""
