"""The noticeboard of a room: its columns and notices.

column: a heading of the noticeboard under which notices are posted · notice: a post of the room's topic that is shown on
the noticeboard; its first line is its title · held notice: one that waits for a host's approval · declined notice: one
that a host did not approve · pinned notice: one that is shown first · expired notice: one past its end.
"""
