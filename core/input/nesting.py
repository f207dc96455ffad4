"""Whether JSON is nested too deeply to be read.

Reading it would stop at Python's limit of recursion. Until then it makes objects so deep in the stack that a garbage
collection there cannot call what finalizes other objects, and these errors reach nobody.
"""

import re

MOST_NESTED = 100
# Strings, closed or not, and brackets outside of them; possessive, so that no text takes longer than its length.
_PARTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)


def is_nested_too_deeply(text: bytes) -> bool:
    """Return whether arrays and objects of a JSON text are nested more than 100 times."""
    # Almost every text has so few brackets that they need not be paired.
    if text.count(b"[") + text.count(b"{") <= MOST_NESTED:
        return False
    depth = 0
    for part in _PARTS.finditer(text):
        if part[1]:
            depth += 1
            if depth > MOST_NESTED:
                return True
        elif part[2]:
            depth -= 1
    return False
