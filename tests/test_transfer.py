"""Transfer encodings: which is chosen, that nothing is lost, and the rules of quoted-printable line by line."""

from __future__ import annotations

import base64
import quopri
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtemplates.message import quotedprintable
from mailtemplates.message.quotedprintable import quote, quote_lines, quote_woven
from mailtemplates.message.transfer import encode_base64, encode_bytes, encode_text, is_seven_bit, to_crlf
from mailtemplates.text.woven import Woven


def canonical(text: str) -> bytes:
    return re.sub(r"\r\n|\r|\n", "\r\n", text).encode()


def decode(encoding: str, octets: bytes) -> bytes:
    match encoding:
        case "7bit":
            return octets
        case "base64":
            return base64.b64decode(octets)
    return quopri.decodestring(octets)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param("", "7bit", id="empty"),
        pytest.param("Hello\nworld\n", "7bit", id="ascii"),
        pytest.param("x" * 998, "7bit", id="998"),
        pytest.param("x" * 998 + "\r" + "y" * 998, "7bit", id="998 twice"),
        pytest.param("x" * 999, "quoted-printable", id="999"),
        pytest.param("a\x00b", "quoted-printable", id="nul"),
        pytest.param("Hallo Jürgen, alles gut?\n" * 10, "quoted-printable", id="some umlauts"),
        pytest.param("日本語のメールです。\n" * 10, "base64", id="cjk"),
        pytest.param("Привет, мир\n" * 10, "base64", id="cyrillic"),
        pytest.param("<p class='name'>The name is 日本</p>\n" * 10, "quoted-printable", id="little cjk"),
    ],
)
def test_the_encoding_follows_the_content(text: str, encoding: str) -> None:
    encoded = encode_text(text)
    assert encoded.encoding == encoding
    assert decode(*encoded) == canonical(text)


TEXT = st.lists(
    st.one_of(
        st.sampled_from(["From ", ".", " ", "\t", "=", "\r", "\n", "\x00", "é", "日", "😀", "a" * 37]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    max_size=60,
).map("".join)


@given(TEXT)
@example("From a\n.\nFrom é\n" + "é" * 100 + "From x" + " " * 80 + "\n. \n")
@example("x" * 75 + "=" + "x" * 75 + "é" * 30 + " \t")
def test_any_text_comes_back_and_every_line_keeps_the_rules(text: str) -> None:
    encoded = encode_text(text)
    assert decode(*encoded) == canonical(text)
    if encoded.encoding == "quoted-printable":
        check_quoted_printable(encoded.octets)
    if encoded.encoding == "base64":
        assert max(map(len, encoded.octets.split(b"\r\n"))) <= 76


@given(TEXT.map(lambda text: "é" + re.sub(r"[\r\n]", "", text)))
def test_any_line_keeps_the_rules_of_quoted_printable(line: str) -> None:
    octets = quote(line).encode("ascii")
    check_quoted_printable(octets)
    assert quopri.decodestring(octets) == line.encode()


def check_quoted_printable(octets: bytes) -> None:
    """RFC 2045 §6.7, with no UTF-8 character cut by a soft break."""
    assert octets.isascii()
    assert re.sub(rb"=[0-9A-F]{2}|=\r\n", b"", octets).count(b"=") == 0
    assert not re.search(rb"[^\t\r\n -~]", octets)
    for line in octets.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith(b"From ")
        assert line != b"."
        quopri.decodestring(line.removesuffix(b"=") if line.endswith(b"=") else line).decode()


def test_a_lone_surrogate_is_an_error_not_a_guess() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_text("\ud800")


def test_base64_is_in_lines_of_76() -> None:
    assert encode_base64(b"") == b""
    assert encode_base64(b"x" * 57) == base64.b64encode(b"x" * 57)
    assert encode_base64(b"x" * 58).split(b"\r\n") == [base64.b64encode(b"x" * 57), base64.b64encode(b"x")]
    content = bytes(range(256)) * 1000
    assert base64.b64decode(encode_bytes(content).octets) == content
    assert encode_bytes(b"\xff").encoding == "base64"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", True), (b"a\nb\r\nc\rd", True), (b"\xff", False), (b"\x00", False), (b"x" * 999, False), (b"x" * 998, True)],
)
def test_what_may_go_as_7bit(content: bytes, expected: bool) -> None:
    assert is_seven_bit(content) is expected


def test_line_ends_become_crlf() -> None:
    assert to_crlf(b"a\nb\rc\r\nd\n\r") == b"a\r\nb\r\nc\r\nd\r\n\r\n"


@given(
    st.lists(
        st.sampled_from(
            ["a", "~|~", " ", "\t", "=", ".", "From ", "Fro", "m x", "\n", "é", "漢", "🎉", "x" * 30, "<td>", "\x00"]
        ),
        max_size=40,
    ),
    st.data(),
)
def test_octets_do_not_depend_on_how_a_text_is_cut(words: list[str], data: st.DataObject) -> None:
    """A text that knows its pieces gives the octets of the same text in one piece."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=8)))
    pieces = ["".join(words[start:end]) for start, end in pairwise([0, *cuts, len(words)])]
    for _ in range(3):
        assert encode_text(Woven(pieces)) == encode_text("".join(words))
    values = pieces[1::2]
    assert quote_woven([*pieces[::2], ""][: len(values) + 1], values) == quote("".join(words))
    assert quote_lines(["", *["\r\n"] * len(pieces)], pieces) == quote("".join([f"{piece}\n" for piece in pieces]))


def test_the_memory_of_pieces_is_bounded_and_right_when_it_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = quotedprintable._Memory()
    monkeypatch.setattr(quotedprintable, "_MEMORY", memory)
    monkeypatch.setattr(quotedprintable, "_KEPT_PIECES", 10)
    for number in range(100):
        pieces = [f"<td>{'ü' * 30} {number}", "x", f"</td>\n<td>{'y' * 40} {number}"]
        for _ in range(3):
            assert decode(*encode_text(Woven(pieces))) == canonical("".join(pieces))
        assert len(memory) <= 10
