"""The record: what became of a room or a gathering, to read and to keep."""
