"""Imports: reading a workbook or CSV that a curator uploads, previewing it, and applying it as a whole."""
