"""Names of countries: those in common use, official ones, codes, and those in the languages of the community."""

import pytest
from babel import Locale

from core.languages.languages import all_languages
from members.profiles.countries import COUNTRIES, countries_in
from members.profiles.country_names import find_country


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "US",
            "USA;U.S.A.;US;united states;The United States of America;EE. UU.;EUA;États-Unis;美国;الولايات المتحدة",
        ),
        ("GB", "UK;U.K.;Great Britain;Vereinigtes Königreich;Royaume-Uni;英国"),
        (
            "CD",
            "DRC;RDC;DR Congo;DR Kongo;Democratic Republic of the Congo;Congo, Democratic Republic of the;COD",
        ),
        (
            "CD",
            "République Démocratique du Congo;刚果民主共和国;刚果（金）;جمهورية الكونغو الديمقراطية;Congo - Kinshasa",
        ),
        ("CG", "Congo;Republic of the Congo;Congo-Brazzaville;刚果（布）;República do Congo"),
        ("CD", "Congo (Rép. Dém.);Rép. dém. du Congo"),
        ("SA", "السعودية;المملكة العربية السعودية"),
        ("US", "los Estados Unidos;Os Estados Unidos;الولايات المتحدة الأمريكية;die USA"),
        ("CH", "die Schweiz;la Suisse"),
        ("DE", "l'Allemagne;l’Allemagne;BRD"),
        ("IR", "ایران;إيران"),
        ("SK", "Slovak Republic"),
        ("KG", "Kyrgyz Republic"),
        ("MO", "Macau;Macao"),
        ("SV", "El Salvador"),
        ("CZ", "Czech Republic;Czechia;Tschechien;Chequia"),
        ("TR", "Turkey;Türkiye;Turkiye;Turquie;土耳其;تركيا"),
        ("VN", "Vietnam;Viet Nam"),
        ("RU", "Russia;Russian Federation;Russie;Russland"),
        ("KR", "South Korea;Republic of Korea;Korea, Republic of;Südkorea;韩国"),
        ("KP", "North Korea;DPRK;Korea, Democratic People’s Republic of"),
        ("CI", "Ivory Coast;Cote d'Ivoire;Côte d’Ivoire;Elfenbeinküste;Costa do Marfim"),
        (
            "DE",
            "Deutschland;Germany;Allemagne;Alemania;Alemanha;ألمانيا;المانيا;德国;Federal Republic of Germany;DEU;de",
        ),
        ("CN", "China;PRC;People's Republic of China;中国;中國;الصين"),
        ("TW", "Taiwan;Republic of China;台灣"),
        ("MM", "Burma;Myanmar"),
        ("SZ", "Swaziland;Eswatini"),
        ("BA", "Bosnia & Herzegovina;Bosnia and Herzegovina;Bosnia"),
        ("CD", "🇨🇩;180;Congo, Dem. Rep.;Dem. Rep. of the Congo"),
        ("KR", "Korea, Rep.;Rep. of Korea;대한민국"),
        ("KP", "Korea, Dem. People's Rep."),
        ("CF", "Central African Rep.;CAR"),
        ("EG", "Egypt, Arab Rep.;EGY;818"),
        ("DO", "Dominican Rep."),
        ("TZ", "Tanzania, United Rep. of;United Rep. of Tanzania"),
        ("IR", "Iran, Islamic Rep.;Iran (Islamic Rep. of)"),
        ("IS", "IS;ISL;Iceland;🇮🇸"),
        ("NL", "The Netherlands;Holland;Niederlande"),
        ("IE", "Ireland;Republic of Ireland"),
        ("PE", "Republic of Peru;République du Pérou;Perú;PERU"),
        ("ST", "São Tomé & Príncipe;Sao Tome and Principe"),
    ],
)
def test_a_country_is_found_by_the_names_that_people_write(code: str, names: str) -> None:
    assert {name: find_country(name) for name in names.split(";")} == dict.fromkeys(names.split(";"), code)


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "zh", "de", "pt"])
def test_each_country_is_found_by_its_name_in_each_language(language: str) -> None:
    names = {
        code: str(name) for code, name in Locale.parse(language).territories.items() if code in COUNTRIES
    }

    wrong = {name: find_country(name) for code, name in names.items() if find_country(name) != code}

    # These two names are those of another country in ISO's English list, which this service shows.
    assert set(wrong) <= {"Congo"}, wrong


def test_the_names_that_are_shown_are_read_back() -> None:
    assert [name for code, name in COUNTRIES.items() if find_country(name) != code] == []
    assert [code for code in COUNTRIES if find_country(code) != code] == []


@pytest.mark.parametrize("name", ["", "Korea", "Atlantis", "-", "Republic of", "EU", "12", "x" * 10_000])
def test_what_is_no_country_or_more_than_one_is_none(name: str) -> None:
    assert find_country(name) is None


def test_countries_stand_in_the_order_of_the_language():
    german = [name for _, name in countries_in(all_languages()["de"])]
    assert german[:4] == ["Afghanistan", "Ägypten", "Ålandinseln", "Albanien"]
    chinese = [name for _, name in countries_in(all_languages()["zh"])]
    # By pronunciation: a, b, ..., z; also where the first character is a rare one.
    assert chinese[0] == "阿尔巴尼亚" and chinese[-1] == "中国香港特别行政区"
    in_order = ["德国", "法国", "梵蒂冈", "菲律宾", "斐济", "芬兰", "南苏丹", "瑙鲁", "尼泊尔", "英国"]
    assert [name for name in chinese if name in in_order] == in_order
