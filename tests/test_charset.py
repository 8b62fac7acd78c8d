"""Charset names are those of the registry and of readers' practice, and octets are judged by decoding them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.charset import (
    Misfit,
    find_charset,
    find_codec,
    find_misfit,
    guess_charset,
    is_registered,
    is_same,
    known_names,
)

NAMES = {
    "preferred": ("UTF-8", "utf-8", True),
    "registered alias": ("ISO_8859-1", "iso-8859-1", True),
    "short alias": ("latin1", "iso-8859-1", True),
    "solaris": ("ANSI_X3.4-1968", "us-ascii", True),
    "practice": ("utf8", "utf-8", False),
    "windows": ("cp1252", "windows-1252", False),
    "whatwg": ("x-sjis", "shift_jis", False),
    "no codec": ("viscii", "viscii", True),
    "unknown octets (RFC 1428)": ("unknown-8bit", "unknown-8bit", True),
    "white space": (" big5 ", "big5", True),
}


@pytest.mark.parametrize(("label", "name", "registered"), NAMES.values(), ids=NAMES)
def test_a_label_names_a_charset(label: str, name: str, registered: bool) -> None:
    found = find_charset(label)
    assert found is not None
    assert (found.name, is_registered(label)) == (name, registered)


@pytest.mark.parametrize("label", ["x-unknown", "utf8mb4", "utf_8", "", "idna", "undefined", "unicode_escape", "\x00"])
def test_what_is_no_charset_is_none(label: str) -> None:
    assert find_charset(label) is None


@pytest.mark.parametrize("label", ["idna", "punycode", "undefined", "unicode_escape", "rot13", "base64", "zip"])
def test_codecs_that_are_no_charsets_decode_no_mail(label: str) -> None:
    assert find_codec(label) is None


def test_preferred_names_are_known_by_themselves() -> None:
    for name in known_names():
        found = find_charset(name)
        assert found is not None
        assert found.name == name


MISFITS = {
    "ascii": (b"plain", "us-ascii", None),
    "8-bit in ascii": (b"caf\xc3\xa9", "us-ascii", Misfit(3, "invalid")),
    "utf-8": ("Größe €".encode(), "utf-8", None),
    "cut utf-8": (b"abc\xe2\x82", "utf-8", Misfit(3, "invalid")),
    "surrogate": (b"a\xed\xa0\xbd\xed\xb8\x80", "utf-8", Misfit(1, "invalid")),
    "overlong": (b"\xc0\xaf", "utf-8", Misfit(0, "invalid")),
    "curly quotes in latin-1": (b"a \x93b\x94", "iso-8859-1", Misfit(2, "superset", "windows-1252", "cp1252")),
    "latin-1": (b"caf\xe9", "iso-8859-1", None),
    "curly quotes in latin-2": (b"\x93b\x94", "iso-8859-2", Misfit(0, "controls")),
    "utf-8 in latin-1": ("Größe".encode(), "iso-8859-1", None),
    "gbk in gb2312": ("镕".encode("gbk"), "gb2312", Misfit(0, "superset", "gbk", "gbk")),
    "gb18030 in gb2312": ("㐀".encode("gb18030"), "gb2312", Misfit(0, "superset", "gb18030", "gb18030")),
    "utf-8 in gb2312": ("你好吗".encode(), "gb2312", Misfit(2, "invalid")),
    "cp932 in shift_jis": ("①".encode("cp932"), "shift_jis", Misfit(0, "superset", "windows-31j", "cp932")),
    "cp949 in euc-kr": ("똠".encode("cp949"), "euc-kr", Misfit(0, "superset", "", "cp949")),
    "hkscs in big5": ("嗰".encode("big5hkscs"), "big5", Misfit(0, "superset", "big5-hkscs", "big5hkscs")),
    "nec in iso-2022-jp": (b"\x1b$B-!\x1b(B", "iso-2022-jp", Misfit(3, "superset", "cp50220", "iso2022_jp_ext")),
    "iso-2022-jp": ("漢字".encode("iso-2022-jp"), "iso-2022-jp", None),
    "8-bit in iso-2022-jp": (b"\x1b$B\xff\xff", "iso-2022-jp", Misfit(3, "invalid")),
    "nobody can tell": (b"\xff", "viscii", None),
    "no text": (b"\xff", "utf-16", None),
}


@pytest.mark.parametrize(("octets", "label", "expected"), MISFITS.values(), ids=MISFITS)
def test_octets_are_judged_by_their_charset(octets: bytes, label: str, expected: Misfit | None) -> None:
    charset = find_charset(label)
    assert charset is not None
    assert find_misfit(octets, charset) == expected


def test_a_guess_says_what_octets_more_probably_are() -> None:
    ascii_only, chinese = find_charset("us-ascii"), find_charset("gb2312")
    assert ascii_only and chinese
    assert guess_charset("Größe".encode(), 2, ascii_only) == "utf-8"
    assert guess_charset("Привет мир, как дела сегодня, хорошо?".encode("cp1251"), 0, ascii_only) == "windows-1251"
    assert guess_charset("你好吗".encode(), 0, chinese) == "utf-8"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("utf8", "UTF-8", True),
        ("latin1", "windows-1252", True),
        ("gb2312", "gbk", True),
        ("utf-8", "iso-8859-1", False),
        ("x-own", "X-OWN", True),
        ("x-own", "utf-8", False),
    ],
)
def test_labels_are_the_same_when_readers_take_them_so(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


@given(st.binary(max_size=200), st.sampled_from([*known_names(), "x", "utf8"]))
def test_any_octets_in_any_charset_give_no_exception(octets: bytes, label: str) -> None:
    charset = find_charset(label)
    if charset:
        misfit = find_misfit(octets, charset)
        assert misfit is None or 0 <= misfit.at < len(octets)


@given(st.text(max_size=30))
def test_any_label_gives_no_exception(label: str) -> None:
    codec = find_codec(label)
    if codec:
        b"ab\xff".decode(codec, "replace")
