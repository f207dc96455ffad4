"""The tests of `pages/shell/assets/`."""
