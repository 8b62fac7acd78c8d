"""The tokens of structured header fields: no character is lost, nothing raises, partners are found."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.lexeme import read_lexemes

# Each lexeme as its kind's first letter (`=` an encoded word, `s` white space, `!` a special) and its text.
CASES = {
    "empty": ("", []),
    "addr-spec": ("a.b@c", ["a:a", "!:.", "a:b", "!:@", "a:c"]),
    "atext has no specials": ("!#$%&'*+-/=?^_`{|}~", ["a:!#$%&'*+-/=?^_`{|}~"]),
    "a fold is white space": ("a\r\n\t b", ["a:a", "s:\r\n\t ", "a:b"]),
    "a quoted-string": ('"a b" c', ['q:"a b"', "s: ", "a:c"]),
    "a quote in a quoted-string": (r'"a\"b"', [r'q:"a\"b"']),
    "a backslash ends a quoted-string": (r'"a\\"b', [r'q:"a\\"', "a:b"]),
    "an empty quoted-string": ('""', ['q:""']),
    "a fold in a quoted-string": ('"a\r\n b"', ['q:"a\r\n b"']),
    "a quote without partner": ('"Ann <a>', ['!:"', "a:Ann", "s: ", "!:<", "a:a", "!:>"]),
    "an escaped quote is no partner": (r'"Ann\"', ['!:"', "a:Ann", r"p:\""]),
    "a comment": ("(a)b", ["c:(a)", "a:b"]),
    "a comment in a comment": ("(a(b)c)d", ["c:(a(b)c)", "a:d"]),
    "a parenthesis in a comment": (r"(a\)b)c", [r"c:(a\)b)", "a:c"]),
    "a quote in a comment is no quote": ('(")', ['c:(")']),
    "a comment in quotes is none": ('"(" a', ['q:"("', "s: ", "a:a"]),
    "a comment without partner": ("(a (b) c", ["!:(", "a:a", "s: ", "c:(b)", "s: ", "a:c"]),
    "two of them": ("((a", ["!:(", "!:(", "a:a"]),
    "a parenthesis without partner": ("a)", ["a:a", "!:)"]),
    "quotes behind an open comment": ('( "(" (b)', ["!:(", "s: ", 'q:"("', "s: ", "c:(b)"]),
    "a literal": ("[127.0.0.1]", ["l:[127.0.0.1]"]),
    "a colon in a literal": ("[IPv6:::1]", ["l:[IPv6:::1]"]),
    "a literal without partner": ("[a", ["!:[", "a:a"]),
    "a literal in a literal": ("[a[b]", ["!:[", "a:a", "l:[b]"]),
    "a pair outside of quotes": (r"a\,b", ["a:a", r"p:\,", "a:b"]),
    "a backslash before a fold": ("a\\\r\n b", ["a:a", "!:\\", "s:\r\n ", "a:b"]),
    "a backslash at the end": ("a\\", ["a:a", "!:\\"]),
    "an encoded word": ("=?utf-8?q?a?= b", ["=:=?utf-8?q?a?=", "s: ", "a:b"]),
    "specials in an encoded word": ("=?utf-8?Q?a,_(b)@c.?=", ["=:=?utf-8?Q?a,_(b)@c.?="]),
    "two encoded words": ("=?u?b?YQ==?==?u?b?YQ==?=", ["=:=?u?b?YQ==?=", "=:=?u?b?YQ==?="]),
    "text behind an encoded word": ("=?u?q?a?=b", ["=:=?u?q?a?=", "a:b"]),
    "an encoded word in an atom": ("b=?u?q?a?=", ["a:b=?u?q?a?="]),
    "an encoded word in quotes is none": ('"=?u?q?a?="', ['q:"=?u?q?a?="']),
    "almost an encoded word": ("=?u?x?a?=", ["a:=?u?x?a?="]),
    "octets over 127": ("ä\xa0\x85", ["a:ä\xa0\x85"]),
    "control characters": ("a\x00\x0b\x1f", ["a:a\x00\x0b\x1f"]),
    "a date": ("2 Nov 1997 09:55", ["a:2", "s: ", "a:Nov", "s: ", "a:1997", "s: ", "a:09", "!::", "a:55"]),
}  # fmt: skip
LETTERS = {"encoded": "=", "special": "!"}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_lexemes(text: str, expected: list[str]) -> None:
    assert [f"{LETTERS.get(one.kind, one.kind[0])}:{one.text}" for one in read_lexemes(text)] == expected


def test_blanks_and_words_are_told_apart() -> None:
    found = read_lexemes('a =?u?q?b?= "c" (d) [e] .')
    assert [one.text for one in found if one.is_word] == ["a", "=?u?q?b?=", '"c"']
    assert {one.text for one in found if one.is_blank} == {" ", "(d)"}


@given(st.text() | st.text('a ()<>[]:;@\\,."=?q\r\n\xff', max_size=60))
def test_no_character_is_lost(text: str) -> None:
    found = read_lexemes(text)
    assert "".join(one.text for one in found) == text
    assert [one.start for one in found] == [0, *[one.end for one in found]][:-1]
    assert all(text[one.start : one.end] == one.text for one in found)


@pytest.mark.parametrize(
    "unit", ["(", ")", "((a)", "\\(", "(\\", '"', '\\"', '("', "[", "[a", "=?", "=?a?q?", "=?a?q?\\?=(", ".", "<"]
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """A tenth of a megabyte takes a tenth of a second; quadratic time would be minutes."""
    text = unit * (100_000 // len(unit))
    started = time.process_time()
    read_lexemes(text)
    assert time.process_time() - started < 60
