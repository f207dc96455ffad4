"""What people see: server-rendered pages and their static files.

frame: what every page shows around its column · contribution: how a post looks, wherever it stands · place: where a
contribution stands and what can be done there · form: what was typed, given back when it was refused.
"""
