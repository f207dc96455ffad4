"""Tests of gatherings/polls/."""
