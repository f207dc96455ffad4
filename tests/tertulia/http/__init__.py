"""Tests of tertulia/http/."""
