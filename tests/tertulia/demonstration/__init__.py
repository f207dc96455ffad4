"""Tests of tertulia/demonstration/."""
