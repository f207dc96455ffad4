"""Tree paths: the bytes that order the posts of a topic depth first, one segment for each level of the tree.

The database function `path_segment` writes the same segments; tests/forum/posts/test_tree_path.py compares the two.
"""

# Segments of one byte serve the first siblings; later ones take three bytes, from this value on.
_SHORT_SEGMENTS = 240
_FIRST_LONG_SEGMENT = 0xF00000


def encode_segment(ordinal: int) -> bytes:
    """Return the path segment of the child with this ordinal among its siblings, counted from 0."""
    if ordinal < _SHORT_SEGMENTS:
        return bytes([ordinal])
    return (_FIRST_LONG_SEGMENT + ordinal - _SHORT_SEGMENTS).to_bytes(3, "big")


def decode_ordinal(path: bytes) -> int:
    """Return the ordinal, counted from 0, of the first segment of a path."""
    if path[0] < _SHORT_SEGMENTS:
        return path[0]
    return int.from_bytes(path[:3], "big") - _FIRST_LONG_SEGMENT + _SHORT_SEGMENTS


def last_segment(path: bytes) -> bytes:
    """Return the last segment of a path: the position of the post among its siblings."""
    start = 0
    while True:
        end = start + (1 if path[start] < _SHORT_SEGMENTS else 3)
        if end >= len(path):
            return path[start:]
        start = end
