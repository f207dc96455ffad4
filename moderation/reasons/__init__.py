"""Reason templates: prepared reasons for decisions in several languages, which administrators can change."""
