"""Tests of compose.yaml and the container image."""
