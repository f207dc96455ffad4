"""The icons of the interface as inline SVG, drawn on a grid of 24 with strokes of 1.6, always shown with a label."""

from markupsafe import Markup

_SHAPES = {
    "mark": '<circle cx="12" cy="12" r="2.2" fill="currentColor" stroke="none"/>'
    '<path d="M7.4 5.2a8.3 8.3 0 0 1 9.2 0M20 10a8.3 8.3 0 0 1-4.6 8M8.6 18A8.3 8.3 0 0 1 4 10"/>',
    "home": '<path d="M4 11.5 12 5l8 6.5M6.5 9.7V19h11V9.7"/>',
    "sectors": '<path d="M5 6.5h14M5 12h9M5 17.5h11.5"/>',
    "live": '<circle cx="12" cy="12" r="2.5" fill="currentColor"/>'
    '<path d="M7.5 7.5a6.4 6.4 0 0 0 0 9M16.5 7.5a6.4 6.4 0 0 1 0 9"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "search": '<circle cx="10.5" cy="10.5" r="5.8"/><path d="M15 15l4.8 4.8"/>',
    "tags": '<path d="M4.5 4.5h7l8 8-7 7-8-8zM8.2 8.2h.01"/>',
    "boards": '<path d="M5 5.5h14v13H5zM5 10h14M10 10v8.5"/>',
    "inbox": '<path d="M4 13.5 6.5 6h11l2.5 7.5V19H4zM4 13.5h5a3 3 0 0 0 6 0h5"/>',
    "unread": '<path d="M12 7.5c-2-1.5-4.5-2-7.5-2v12c3 0 5.5.5 7.5 2 2-1.5 4.5-2 7.5-2v-12c-3 0-5.5.5-7.5 2zM12 7.5v12"/>',
    "me": '<circle cx="12" cy="8.5" r="3.5"/><path d="M5 19.5c1-3.6 3.7-5 7-5s6 1.4 7 5"/>',
    "duties": '<path d="M12 4l7 2.6v4.8c0 4.2-3 7-7 8.6-4-1.6-7-4.4-7-8.6V6.6z"/>',
    "admin": '<path d="M4.5 7.5h7M16 7.5h3.5M4.5 16.5H8M12.5 16.5h7"/><circle cx="13.8" cy="7.5" r="2.2"/>'
    '<circle cx="10.2" cy="16.5" r="2.2"/>',
    "reply": '<path d="M9.5 6 4.5 11l5 5M4.5 11H14a5.5 5.5 0 0 1 5.5 5.5V18"/>',
    "open": '<circle cx="12" cy="12" r="8"/>',
    "applause": '<path d="M12 3.5v3.5M12 17v3.5M3.5 12H7M17 12h3.5M6 6l2.5 2.5M15.5 15.5 18 18"/>'
    '<path d="M18 6l-2.5 2.5M8.5 15.5 6 18"/>',
    "heart": '<path d="M12 19.5C6.5 15.5 4 12.6 4 9.4A4.2 4.2 0 0 1 12 7.6a4.2 4.2 0 0 1 8 1.8c0 3.2-2.5 6.1-8 10.1z"/>',
    "laugh": '<circle cx="12" cy="12" r="8"/><path d="M8 13.2a4.2 4.2 0 0 0 8 0zM9 9.2v.2M15 9.2v.2"/>',
    "agree": '<circle cx="12" cy="12" r="8"/><path d="M8.2 12.4l2.6 2.6 5-5.6"/>',
    "question": '<path d="M8.4 8.8a3.7 3.7 0 1 1 5.2 3.6c-1.1.6-1.6 1.4-1.6 2.6M12 18.6v.1"/>',
    "help": '<circle cx="12" cy="12" r="8"/>'
    '<path d="M9.8 9.6a2.3 2.3 0 1 1 3.2 2.3c-.7.3-1 .8-1 1.6M12 16.5v.1"/>',
}

ICONS = {
    name: Markup(
        '<svg class="i" width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{shape}</svg>'
    )
    for name, shape in _SHAPES.items()
}
