"""Tests of tertulia/commands/."""
