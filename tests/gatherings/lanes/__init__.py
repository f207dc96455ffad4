"""Tests of gatherings/lanes/."""
