"""Support for tests of erasures."""
