"""Rooms: their rules, their people, who is there."""
