"""Boards themselves: starting and changing one, its curators, its saved views, and writing its post."""
