"""Tests of e-mails that leave."""
