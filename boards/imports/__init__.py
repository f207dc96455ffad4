"""Imports: parsing of CSV, XLSX and JSON files, a preview of the changes, and their application in one transaction."""
