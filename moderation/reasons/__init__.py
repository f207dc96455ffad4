"""Reasons for decisions: the templates, in several languages."""
