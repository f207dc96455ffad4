"""Tests of forum/search/offers/."""
