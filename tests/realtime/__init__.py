"""Tests of realtime/."""
