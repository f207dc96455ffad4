"""Tests of moderation/ledger/."""
