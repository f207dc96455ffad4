"""Bulletin boards: columns and the notices that people pin to them."""
