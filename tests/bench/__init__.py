"""Tests of the benchmarks' own checker."""
