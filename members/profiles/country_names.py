"""Names of countries as people write them: in the languages of the community (Unicode CLDR, through Babel), names in common
use, official names, and codes of two or three letters (ISO 3166-1)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from babel import Locale
from babel.core import get_global

from core.text import normalize
from members.profiles.countries import COUNTRIES

_LANGUAGES = ("en", "es", "fr", "pt", "pt_PT", "de", "ar", "zh", "zh_Hant")
# Names that CLDR does not have: former, short and official ones.
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "AE": ("UAE", "Emirates", "VAE", "EAU", "阿联酋"),
    "BO": ("Bolivia, Plurinational State of", "Plurinational State of Bolivia", "玻利维亚"),
    "BN": ("Brunei Darussalam",),
    "CD": (
        *("DRC", "DR Congo", "D.R. Congo", "RDC", "RD Congo", "R.D. Congo", "DRK", "DR Kongo", "RD Kongo", "Congo DRC"),
        *("Congo (DRC)", "Congo, DR", "Congo, Dem. Rep.", "Dem. Rep. Congo", "Democratic Republic of Congo"),
        *("Democratic Republic of the Congo", "République démocratique du Congo", "Congo-Kinshasa", "Kongo-Kinshasa"),
        *("Congo (Rép. Dém.)", "Congo, Rép. Dém.", "Rép. Dém. du Congo", "Rép. dém. Congo", "Congo (Rep. Dem.)", "刚果民主"),
        *("Demokratische Republik Kongo", "República Democrática do Congo", "República Democrática del Congo", "Zaire"),
        *("جمهورية الكونغو الديمقراطية", "الكونغو الديمقراطية", "刚果民主共和国", "刚果金", "民主刚果", "剛果民主共和國"),
    ),
    "CF": ("CAR", "RCA", "Centrafrique", "中非"),
    "CG": (
        *("Congo-Brazzaville", "Republic of the Congo", "Republic of Congo", "Congo Republic", "Congo, Republic of"),
        *("Congo, Rep.", "République du Congo", "República del Congo", "República do Congo", "Republik Kongo"),
        *("Kongo-Brazzaville", "جمهورية الكونغو", "刚果共和国", "刚果布", "剛果共和國"),
    ),
    "CI": ("Ivory Coast", "Elfenbeinküste", "Costa de Marfil", "Costa do Marfim", "象牙海岸", "كوت ديفوار"),
    "BA": ("Bosnia", "Bosnien"),
    "EG": ("Egypt, Arab Republic", "Arab Republic of Egypt"),
    "YE": ("Yemen, Republic",),
    "CN": ("PRC", "P.R. China", "PR China", "People's Republic of China", "Mainland China", "VR China", "中华人民共和国"),
    "CV": ("Cape Verde", "Kap Verde"),
    "CZ": ("Czech Republic", "Tschechische Republik", "República Checa", "République tchèque", "捷克共和国"),
    "DE": ("BRD", "FRG"),
    "DO": ("Dominican Rep.", "Rép. dominicaine", "Rep. Dominicana"),
    "FM": ("Micronesia", "Micronesia (Federated States of)", "Micronesia, Federated States of"),
    "GB": (
        *("UK", "U.K.", "Great Britain", "Britain", "Grande-Bretagne", "Großbritannien", "Gran Bretaña"),
        *("Grã-Bretanha", "بريطانيا", "United Kingdom of Great Britain and Northern Ireland", "大不列颠"),
    ),
    "HK": ("Hongkong", "HKSAR"),
    "IR": ("Iran, Islamic Republic of", "Iran, Islamic Republic", "Islamic Republic of Iran"),
    "KG": ("Kyrgyz Republic", "Kirghizstan", "Kirghizie"),
    "KP": (
        *("North Korea", "DPRK", "Korea (North)", "Democratic People's Republic of Korea"),
        "Korea, Democratic People's Republic",
        "République populaire démocratique de Corée",
        *("朝鲜民主主义人民共和国", "北朝鲜", "北韓", "北韩"),
    ),
    "KR": (
        *("South Korea", "Republic of Korea", "ROK", "Korea (South)", "Korea, Republic", "Südkorea", "大韩民国", "南韩"),
        *("한국", "대한민국"),
    ),
    "LA": ("Laos", "Lao PDR", "Lao People's Democratic Republic"),
    "MD": ("Moldova, Republic of", "Republic of Moldova"),
    "MK": ("Macedonia", "FYROM", "Republic of Macedonia", "The former Yugoslav Republic of Macedonia"),
    "MO": ("Macau", "Macao"),
    "MM": ("Burma", "Birmanie", "Birma", "Birmania", "Birmânia", "بورما"),
    "NL": ("Holland", "The Netherlands", "Holanda", "荷兰"),
    "PG": ("PNG",),
    "PS": ("Palestine", "State of Palestine", "Palestinian Territories", "Palästina", "Palestina", "فلسطين", "巴勒斯坦"),
    "RU": ("Russia", "Russian Federation", "Fédération de Russie", "Federación de Rusia", "俄国", "俄罗斯联邦"),
    "SA": ("KSA", "Saudi", "السعودية", "沙特"),
    "SK": ("Slovak Republic", "Slowakische Republik", "République slovaque", "República Eslovaca"),
    "ST": ("Sao Tome", "São Tomé"),
    "SY": ("Syria", "Syrian Arab Republic"),
    "SZ": ("Swaziland", "Swasiland", "Suazilandia", "Suazilândia"),
    "TL": ("East Timor", "Timor Oriental", "Osttimor", "Timor-Leste"),
    "TR": ("Turkey", "Republic of Türkiye"),
    "TW": ("Taiwan, Province of China", "Republic of China", "Chinese Taipei"),
    "TZ": ("Tanzania, United Republic of", "Tanzania, United Republic", "United Republic of Tanzania"),
    "US": (
        *("USA", "U.S.A.", "U.S.", "America", "United States of America", "EE. UU.", "EE.UU.", "EEUU", "EUA", "É.-U."),
        *("الولايات المتحدة الأمريكية", "الولايات المتحدة الامريكيه", "The States", "United States (USA)"),
        *("Etats-Unis d'Amérique", "Vereinigte Staaten von Amerika", "Estados Unidos de América", "أمريكا", "美利坚合众国"),
    ),
    "VA": ("Vatican", "Holy See", "Vatikan"),
    "VE": ("Venezuela, Bolivarian Republic of", "Bolivarian Republic of Venezuela"),
    "VN": ("Vietnam", "Viet Nam", "Socialist Republic of Vietnam"),
}  # fmt: skip
# Abbreviations in lists of the World Bank, the UN and others.
_SHORT_WORDS = {"rep": "republic", "dem": "democratic", "fed": "federated"}
_OFFICIAL = re.compile(
    r"(?:(?:federal |federative |islamic |united |democratic socialist )?(?:republic|kingdom|state|commonwealth) of "
    r"|(?:la )?republique (?:du |de la |de |d )|(?:la )?republica (?:de |del |do |da )|republik |bundesrepublik )(?:the )?"
)
# A republic of these names is one of two countries, or another country.
_NOT_BY_SHORT_NAME = frozenset({"congo", "kongo", "korea", "china"})
_ALEF, _YEH, _KAF, _TEH = re.compile("[أإآٱ]"), re.compile("[ىی]"), re.compile("ک"), re.compile("ة")
_ARTICLE = re.compile(r"(?:the|la|le|les|l|los|las|el|die|der|das|den|dem|o|os|as) (?=\w{3})")


def find_country(name: str) -> str | None:
    """Return the code of the country with a name in any of the languages, or None if there is none, or more than one.

    The first call takes up to half a second: call `load_country_names` in a thread before.
    """
    known = load_country_names()
    key = _key(_letters_of_flag(name.strip()) or name)
    first, comma, rest = name.partition(",")
    inverted = _key(f"{rest} {first}") if comma else key
    short = _OFFICIAL.sub("", key, count=1) if _OFFICIAL.match(key) else key
    bare = _ARTICLE.sub("", key, count=1) if _ARTICLE.match(key) else key
    keys = (key, inverted, bare, *(() if short in _NOT_BY_SHORT_NAME else (short,)))
    return next((known[one] for one in keys if one in known), None)


@cache
def load_country_names() -> Mapping[str, str]:
    """Return the codes of countries by their names in the form in which they are compared."""
    codes = defaultdict[str, set[str]](set)
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in COUNTRIES:
                codes[_key(str(name))].add(code)
    for alias, targets in get_global("territory_aliases").items():
        # Codes of three letters, and of three digits (ISO 3166-1 numeric).
        if len(alias) == 3 and alias.isalnum() and len(targets) == 1 and targets[0] in COUNTRIES:
            codes[_key(alias)].add(targets[0])
    # A name that means two countries means none, unless these lists decide.
    known = {key: next(iter(found)) for key, found in codes.items() if len(found) == 1}
    known |= {_key(name): code for code, name in COUNTRIES.items()}
    known |= {_key(code): code for code in COUNTRIES}
    return known | {_key(name): code for code, names in _OTHER_NAMES.items() for name in names}


def _key(name: str) -> str:
    """Return a name without case, marks, signs, and the article before it."""
    folded = normalize("NFKD", name.casefold().replace("ß", "ss").replace("&", " and "))
    folded = _TEH.sub("ه", _KAF.sub("ك", _YEH.sub("ي", _ALEF.sub("ا", folded)))).replace("\u0640", "")
    letters = "".join(
        one for one in folded if not unicodedata.combining(one) and unicodedata.category(one) != "Cf"
    )
    # Abbreviations lose their stops; other signs part words.
    joined = re.sub(r"(?<=\b\w)\.(?=\s?\w\b|\s|$)", "", letters)
    words = re.sub(r"[\W_]+", " ", joined).strip().removeprefix("the ").split()
    return " ".join(_SHORT_WORDS.get(word, word) for word in words)


def _letters_of_flag(name: str) -> str:
    """Return the two letters of a flag, which is written with regional indicators; nothing if the name is something else."""
    letters = [ord(one) - 0x1F1E6 for one in name]
    return (
        "".join(chr(65 + at) for at in letters)
        if len(letters) == 2 and all(0 <= at < 26 for at in letters)
        else ""
    )
