"""The texts that the load consists of: five hundred characters of Markdown, as people write them."""

from itertools import count, islice

_WORDS = (
    "the smelter keeps batches apart only when the refinery asks for it in the contract and most contracts do not "
    "say so while traders in the ports mix ore from several districts before anybody samples it we found that the "
    "certificates of origin follow the lot and not the metal which makes mass balance the honest claim here"
).split()


def a_reply(seed: int, length: int = 500) -> str:
    """A paragraph with emphasis, a link and a list, exactly so long, different for each seed."""
    words = " ".join(islice((_WORDS[(seed * 7 + i * (1 + seed % 5)) % len(_WORDS)] for i in count()), 90))
    text = f"**Point {seed}**: {words[: length - 170]}\n\n- see the [report](https://example.org/report/{seed})\n- *and*"
    return (text + " " + words)[:length].rstrip().ljust(length, ".")
