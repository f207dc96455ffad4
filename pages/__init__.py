"""Server-rendered pages and their static files; the terms of this folder:

page context: the request, its actor and the process-wide values that every page handler uses
layout: what every page shows around its main column (navigation rail, bottom bar, footer)
renderer: renders a template inside the layout
form: the fields of an HTML form, shown again with the reason when it was refused
action: what a form's button does, found by the value of the button in a table such as CASE_ACTIONS
view: the values that a template shows, read and prepared by a `*_view.py` module
post place: where posts are shown and what the viewer can do there
event, stock-take, noticeboard, role: the labels in the interface for a gathering, a board, a room's board and a duty
"""
