"""What a rule looks at first, to know cheaply that there is nothing to find, never hides a finding.

A message is judged as always, and again with every such look answering that there may be something: the findings are
the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from mailtemplates.linting.catalogue import all_rules
from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.linter import Linter
from mailtemplates.octets import parameter
from mailtemplates.octets.decoding import decode_quoted, has_trailing_space, is_escaped_well
from mailtemplates.octets.delimiters import DelimiterSearch
from mailtemplates.octets.mime import Part
from mailtemplates.octets.notation import read_examples
from mailtemplates.octets.parameter import Kind
from mailtemplates.octets.quotedprintable import LIMIT, is_neat
from mailtemplates.rules.chs import meta_charset_mismatch
from mailtemplates.rules.hdr import placeholder_in_header
from mailtemplates.settings import Settings

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.eml"))
LINTER = Linter(Settings(profile="bulk"))
MESSAGES = [
    octets
    for rule in all_rules()
    if rule.subject in ("RawMessage", "Part", "RawField")
    for example in (*rule.page.bad, *rule.page.good)
    for octets in read_examples(example.text)
] + [path.read_bytes() for path in GOLDEN]
#: What the looks look for, and what is near it.
PIECES = st.sampled_from(
    (
        *(b"\n", b"\r\n", b"\r", b" ", b"\t", b" \n", b"\t\r\n", b" \r", b"\n\n", b"\0", b"\xe9", b"\xc3\xa9"),
        *(b"=", b"=\n", b"= \n", b"=\r", b"=0A", b"=e9", b"=E9", b"x" * 77, b"y" * 1_000),
        *(b"--b", b"\n--b\n", b"\n--b--\n", b"--B", b"\n--b ", b"boundary=b", b"boundary=", b'boundary="b\xa0"'),
        *(b"cid:", b"cid:x@y", b"CID:", b'<img src="cid:">', b"<meta charset=koi8-r>", b'charset="utf-8"', b"charset="),
        *(b"{{x}}", b"%", b"None", b"b'", b"<<", b"=?", b"##", b"*|", b"[object Object]", b"null"),
        *(b"Subject: a\n", b"Content-Type: text/html\n", b"Content-Type: multipart/mixed; boundary=b\n"),
        *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n"),
        *(b"Content-ID: <x@y>\n", b"Content-Disposition: attachment; filename=a.pdf\n", b"%PDF-", b"\x89PNG\r\n\x1a\n"),
    )
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES | st.binary(max_size=3)), min_size=1, max_size=6)


def edited(octets: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """A message with pieces put into it, each instead of some of its octets."""
    for where, size, piece in edits:
        at = int(where * len(octets))
        octets = octets[:at] + piece + octets[at + size * (size < 12) :]
    return octets


@contextmanager
def no_looks() -> Iterator[None]:
    """Every look answers that there may be something."""
    with (
        patch.object(Part, "is_neat", False),
        patch.object(Part, "is_escaped_well", False),
        patch.object(Part, "has_different_fields", False),
        patch.object(DelimiterSearch, "undamaged", lambda *_: []),
        patch.object(placeholder_in_header, "_is_marked", lambda _: True),
        patch.object(meta_charset_mismatch, "_is_agreed", lambda *_: False),
    ):
        yield


def judged(octets: bytes) -> list[Diagnostic]:
    """The findings, without the first looks."""
    with no_looks():
        return LINTER.lint(octets)


@given(st.sampled_from(MESSAGES), EDITS, st.booleans())
def test_no_look_hides_a_finding(octets: bytes, edits: list[tuple[float, int, bytes]], unix: bool) -> None:
    message = edited(octets.replace(b"\r\n", b"\n") if unix else octets, edits)
    assert LINTER.lint(message) == judged(message)


def test_no_look_hides_a_finding_of_the_rules_examples() -> None:
    for octets in MESSAGES:
        assert LINTER.lint(octets) == judged(octets)


LINES = st.lists(
    st.sampled_from(
        (b"=", b"=41", b"=e", b"a" * 75, b"a", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\n\n", b"=\n", b"=\r\n")
    )
).map(b"".join)


@given(LINES | st.binary(max_size=200))
def test_neat_lines_are_short_and_end_with_no_white_space(octets: bytes) -> None:
    if is_neat(octets):
        lines = octets.split(b"\n")
        assert max(len(line.rstrip(b"\r")) for line in lines) <= LIMIT
        assert not any(line.removesuffix(b"\r").endswith((b" ", b"\t")) for line in lines)
    elif b"\r" not in octets:
        assert has_trailing_space(octets) or max(map(len, octets.split(b"\n"))) > LIMIT


@given(LINES | st.binary(max_size=200))
def test_what_is_escaped_well_is_decoded_alike(octets: bytes) -> None:
    assert decode_quoted(octets, well=is_escaped_well(octets)) == decode_quoted(octets)


FIELDS = st.lists(
    st.sampled_from(
        (
            *("text/plain", "inline", "; ", ";", " ", "\r\n ", "\t", "=", '"', "a=", "A=b", 'name="a b"', "a=(b)", "é"),
            *("charset=utf-8", "boundary=b", 'filename="a.b"', "a*0=", "a*=", "(c)", "\\", "/", "[", ",", "'", "%41"),
        )
    ),
    max_size=10,
).map("".join)


@given(FIELDS, st.sampled_from(("type", "disposition")))
@example('text/plain; charset=utf-8; name="a b.txt"', "type")
@example("attachment; filename=a; FILENAME=b", "disposition")
def test_a_plain_field_is_read_as_any_other(text: str, kind: Kind) -> None:
    with patch.object(parameter, "_read_plain", lambda *_: None):
        read = parameter._read(text, kind)
    assert parameter._read(text, kind) == read
