"""Tests that use the API, pages and sockets of the running service, or call a rule directly."""
