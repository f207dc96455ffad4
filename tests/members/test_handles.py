"""Handles: which may be taken, and which look like another."""

import pytest

from members.handles import HandleNotAvailable, skeleton, validate_handle


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("anna", "anna"),
        ("  Anna_M-2 ", "anna_m-2"),
        ("Ａｎｎａ", "anna"),
        ("ÉLISE", "élise"),
        ("E\u0301lise", "élise"),
        ("Иван", "иван"),
        ("名前さん", "名前さん"),
        ("김민준", "김민준"),
        ("straße", "strasse"),
        ("1234", "1234"),
        ("李明", "李明"),
        ("Bo", "bo"),
        ("王小明2", "王小明2"),
        ("佐々木", "佐々木"),
        ("マリー", "マリー"),
        ("हिन्दी", "हिन्दी"),
        ("สมชาย", "สมชาย"),
        ("அருண்", "அருண்"),
        ("فاطمة", "فاطمة"),
        ("مُحَمَّد", "مُحَمَّد"),
        ("Ольга", "ольга"),
        ("İrem", "irem"),
        ("li李明", "li李明"),
        ("ㄅㄆ", "ㄅㄆ"),
    ],
)
def test_handles_have_one_form(given: str, tidy: str):
    assert validate_handle(given) == tidy
    assert validate_handle(tidy) == tidy


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "a",
        "李",
        "-李",
        "李-",
        "иl",  # two scripts
        "김マ",  # Korean and Japanese are not written together
        "ाa",  # a vowel sign without a letter
        "aq\u0323",  # what NFKC cannot compose would stack up
        "\u3164\u3164",
        "김\u3164",
        "محـمد",
        "a" * 31,
        "-anna",
        "anna-",
        "an na",
        "an.na",
        "an@na",
        "an/na",
        "иvan",  # two scripts
        "аdmin",  # Cyrillic а
        "pаypal",
        "an\u200bna",
        "an\u200dna",
        "an\u202ena",
        "an\ufe0fna",
        "an\x00na",
        "٣٤٥anna",
        "anna😀",
        "a\u0338\u0338\u0338nna",
        "\u0301nna",
    ],
)
def test_malformed_handles_are_refused(handle: str):
    with pytest.raises(HandleNotAvailable):
        validate_handle(handle)


@pytest.mark.parametrize(
    "handle",
    "admin Admin ADMIN adm1n admin2 the-admin admin_anna rnoderator moderator support supp0rt system systern tertulia "
    "4dmin 4dm1n mod3rator r00t te4m 7eam 5upport ᴀdmin ⱥdmin ɑdmin 4dmin-anna tertu1ia archive-12 deleted-7 root me "
    "mе everyone".split(),
)
def test_reserved_handles_are_refused_in_disguise_too(handle: str):
    with pytest.raises(HandleNotAvailable):
        validate_handle(handle)


@pytest.mark.parametrize(
    "handle",
    ["4ever", "1984", "e4e", "badminton", "systematic", "administer-this"[:10], "roots", "helpful", "modest"],
)
def test_words_that_only_contain_reserved_ones_are_free(handle: str):
    assert validate_handle(handle) == handle


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "paypa1"),
        ("paypal", "раураl"),
        ("mary", "rnary"),
        ("vvilliam", "william"),
        ("bob", "b0b"),
        ("bob", "ɓob"),
        ("bob", "bøb"),
        ("dan", "ɗan"),
        ("lukas", "łukas"),
        ("tina", "ŧina"),
        ("kim", "ƙim"),
        ("gina", "ɡina"),
        ("elise", "élise"),
        ("anna-m", "anna_m"),
        ("sophie", "ѕорһіе"),
        ("alfa", "αlfα"),
        ("カ明", "力明"),
        ("口ロ", "ロ口"),
        ("一二", "ーニ"),
        ("lillian", "iiiiian"[:7]),
    ],
)
def test_what_looks_alike_has_one_skeleton(one: str, other: str):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("李明", "李朋"),
        ("मीना", "मोना"),
        ("anna", "hanna"),
        ("marc", "mark"),
        ("иван", "ivan"),
        ("ann", "nan"),
    ],
)
def test_what_does_not_has_two(one: str, other: str):
    assert skeleton(one) != skeleton(other)
