"""Profiles, committees, duties (roles) and trust levels of members."""
