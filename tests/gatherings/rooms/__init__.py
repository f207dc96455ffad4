"""Tests of gatherings/rooms/."""
