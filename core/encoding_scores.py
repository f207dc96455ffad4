"""How plausible a text is that was decoded as an older encoding, from 0 to 1: by its letters and their neighbours."""

import re
import unicodedata
from collections.abc import Callable, Mapping

_WESTERN = frozenset("àâäáãåçéèêëíîïñóôõöúùûüßœæÀÂÄÁÃÅÇÉÈÊËÍÎÏÑÓÔÕÖÚÙÛÜŒÆ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžőűäöüßăâîșțđĺľŕŢţŞşĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽŐŰÄÖÜĂÂÎĐ")
_TURKISH = frozenset("ığşüöçâîûİĞŞÜÖÇ")
_CYRILLIC = "оеаинтсрвлкмдпуяіыьгзбчйхжшюцщэфъё"
# How much each five letters of an alphabet count, from the most common ones to the rarest.
_USUAL_SHARES = (1.0, 1.0, 0.85, 0.7, 0.5, 0.3, 0.2)
_SYMBOLS = frozenset("‘’‚“”„«»‹›–—…•·°§€£©®™±×²³µ½¼¾¿¡′″\u00a0\xad")
_KANA = re.compile(r"[\u3041-\u30fe]")
_EAST_ASIAN_SYMBOLS = re.compile(r"[\u2010-\u2027\u3000-\u303f\uff01-\uff5e\uffe0-\uffe6·×°]")


def _latin(usual: frozenset[str], weight: float) -> Callable[[str], float]:
    """Return the score of an encoding of Latin letters: they are in words with ASCII letters, or alone."""

    def weigh(before: str, character: str, after: str) -> float:
        if character in _SYMBOLS:
            return weight if _is_plausible_symbol(before, character, after) else 0
        if not character.isalpha() or (
            character.isupper() and (before.islower() or (before.isalpha() and after.islower()))
        ):
            return 0
        is_alone = not before.isalpha() and not after.isalpha()
        in_word = _is_ascii_letter(before) or _is_ascii_letter(after)
        return (1.0 if character in usual else 0.6) * weight if is_alone or in_word else 0

    return lambda text: _average(text, weigh)


def _is_plausible_symbol(before: str, character: str, after: str) -> bool:
    """Return whether a symbol may be here: only apostrophes, no-break spaces, hyphens and Catalan l·l are inside words."""
    if not (before.isalpha() and after.isalpha()):
        return True
    return character in "’\u00a0\xad" or (character == "·" and before.lower() == after.lower() == "l")


def _script(name: str, letters: str, weight: float = 1.0) -> Callable[[str], float]:
    """Return the score of an encoding of another alphabet.

    Its letters are beside each other, case follows words, and common letters are common: most of these encodings have a
    letter for each byte of the others. `letters` begins with the most common ones.
    """
    usual = {letter: _USUAL_SHARES[min(rank // 5, 6)] for rank, letter in enumerate(letters)}

    def weigh(before: str, character: str, after: str) -> float:
        if character in _SYMBOLS or character in "،؛؟№ـ":
            return weight
        if (
            not unicodedata.name(character, "").startswith(name)
            or _is_ascii_letter(before)
            or _is_ascii_letter(after)
        ):
            return 0
        if unicodedata.combining(character) and not before.isalpha():
            return 0
        if character.isupper() and before.isalpha():
            return weight * (0.5 if before.isupper() else 0)
        return weight

    def score(text: str) -> float:
        found = [usual.get(one, 0.2) for one in text.lower() if not one.isascii() and one not in _SYMBOLS]
        return _average(text, weigh) * min(sum(found) / len(found) / 0.85, 1.0) if found else 0

    return score


def _east_asian(codec: str, first: int, last: int, weight: float) -> Callable[[str], float]:
    """Return the score of a two-byte encoding: its common characters have lead bytes from `first` to `last`."""

    is_japanese = codec in ("cp932", "euc-jp")

    def weigh(before: str, character: str, after: str) -> float:
        if _KANA.match(character):
            return weight if is_japanese else 0
        if _EAST_ASIAN_SYMBOLS.match(character):
            return weight
        try:
            encoded = character.encode(codec)
        except UnicodeEncodeError:
            return 0
        # Two letters of Latin or Cyrillic words look like one of these symbols, with the rest of the word beside it.
        is_in_word = any(one.isascii() and one.islower() for one in (before, after))
        is_common = len(encoded) == 2 and first <= encoded[0] <= last
        return (weight / 2 if is_in_word else weight) if is_common else 0

    def score(text: str) -> float:
        # Japanese without any kana is rare, and so is a text with one or two symbols of these scripts.
        is_odd = (is_japanese and not _KANA.search(text)) or sum(not one.isascii() for one in text) < 3
        return _average(text, weigh) * (0.8 if is_odd else 1.0)

    return score


def _average(text: str, weigh: Callable[[str, str, str], float]) -> float:
    padded = f" {text} "
    weights = [
        weigh(padded[at - 1], padded[at], padded[at + 1])
        for at in range(1, len(padded) - 1)
        if not padded[at].isascii()
    ]
    return sum(weights) / len(weights) if weights else 0


def _is_ascii_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


# In the order that decides ties. The first level of each East Asian standard contains its common characters.
SCORES: Mapping[str, Callable[[str], float]] = {
    "windows-1252": _latin(_WESTERN, 1.0),
    "windows-1250": _latin(_CENTRAL, 0.88),
    "windows-1254": _latin(_TURKISH, 0.87),
    "iso-8859-2": _latin(_CENTRAL, 0.87),
    "macintosh": _latin(_WESTERN, 0.87),
    "ibm850": _latin(_WESTERN, 0.86),
    "windows-1251": _script("CYRILLIC", _CYRILLIC),
    "koi8-r": _script("CYRILLIC", _CYRILLIC, 0.99),
    "iso-8859-5": _script("CYRILLIC", _CYRILLIC, 0.98),
    "ibm866": _script("CYRILLIC", _CYRILLIC, 0.97),
    "windows-1253": _script("GREEK", "αοιετσνηυρπκμλςόίέγδάήωχθύφώβξζψϊΐϋΰ"),
    "windows-1255": _script("HEBREW", "יוהלארתבשמנםדקעפטחןגכזסצךףץ"),
    "windows-1256": _script("ARABIC", "اليمونرتبةعدسفهكقحجشطصخأذضءزثإىغئظؤآگپچ"),
    "windows-874": _script("THAI", "านรอกเง่มยลวดท้สตะปบคหัิีแจพชขใไ์ุูถผธณึโซศษำืญฐภ", 0.98),
    "euc-kr": _east_asian("euc-kr", 0xB0, 0xC8, 1.0),
    "gbk": _east_asian("gb2312", 0xB0, 0xD7, 0.98),
    "big5": _east_asian("big5", 0xA4, 0xC6, 0.98),
    "shift_jis": _east_asian("cp932", 0x88, 0x97, 0.98),
    "euc-jp": _east_asian("euc-jp", 0xB0, 0xCF, 0.97),
}
