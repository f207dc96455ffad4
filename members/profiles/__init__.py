"""Profiles, committees, duties and trust levels: who a member is and what they are trusted with."""
