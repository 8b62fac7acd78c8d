"""A leaf in another transfer encoding: the content stays, the finding goes, and what is right is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.finding import Fix
from mailtemplates.headers.headerblocks import make_field
from mailtemplates.linting.fixing import apply_fixes, fix_octets
from mailtemplates.linting.linter import Linter
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.message.parts import Parts
from mailtemplates.message.stamp import Stamp
from mailtemplates.message.transfer import encode_text
from mailtemplates.octets.mime import Part, parse
from mailtemplates.octets.reencoding import reencode, relabel
from mailtemplates.settings import Settings

CTE = Linter(Settings(select=("CTE",)))
STAMP = Stamp.parse("2026-01-02T03:04:05Z,abc")
HEAD = b"From: a@acme.com\nMIME-Version: 1.0\n"

TEXT = st.text(st.sampled_from("abc  \t\n\n=.-ü日😀\r\x00\x7f") | st.characters(codec="utf-8"), max_size=200) | st.text(
    "ab =ü\n", min_size=900, max_size=2_000
)


def found(octets: bytes) -> list[str]:
    return [one.name for one in CTE.lint(octets)]


def apply(fix: Fix | None, part: Part) -> bytes:
    assert fix
    return apply_fixes(part.octets, [fix])


@pytest.mark.parametrize(
    ("message", "encoding", "expected"),
    [
        (
            b"Mime-Version: 1.0\nContent-Type: text/html; charset=utf-8\nA: x\n\nK\xc3\xb6ln \n",
            "",
            b"Mime-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nA: x\n\nK=C3=B6ln=20\n",
        ),
        (
            b"Subject: x\r\n\r\n" + b"a" * 1000,
            "",
            b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + b"".join(b"a" * 75 + b"=\r\n" for _ in range(13))
            + b"a" * 25,
        ),
        (
            b"MIME-Version: 1.0\nContent-Transfer-Encoding:  8bit (x)\n\nHi\n",
            "",
            b"MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\nHi\n",
        ),
        (
            b"MIME-Version: 1.0\nContent-Type: image/png\n\n\x89PNG\n",
            "",
            b"MIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORwo=\n",
        ),
        (
            b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\xe6\x97\xa5\n",
            "base64",
            b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n5pelDQo=\n",
        ),
        (b"\nHi", "base64", b"MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\nSGk=\n"),
    ],
    ids=["text", "long", "comment", "file", "canonical", "no-header"],
)
def test_the_field_and_the_body_change(message: bytes, encoding: str, expected: bytes) -> None:
    part = parse(message)
    assert apply(reencode(part, encoding), part) == expected


def test_a_part_without_a_header_gets_one() -> None:
    root = parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nK\xf6ln\n--b--\n")
    fixed = apply(reencode(root.children[0]), root)
    assert fixed.endswith(b"--b\nContent-Transfer-Encoding: quoted-printable\n\nK=F6ln\n--b--\n")


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=b", "message/rfc822", "message/delivery-status"])
def test_what_may_not_be_encoded_is_left(kind: str) -> None:
    assert reencode(parse(HEAD + f"Content-Type: {kind}\n\nFrom: x\n\nK".encode())) is None


@pytest.mark.parametrize(
    ("message", "safe"),
    [
        (HEAD + b"\nx", True),
        (HEAD + b"DKIM-Signature: v=1\n\nx", False),
        (HEAD + b"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n", False),
        (HEAD + b"Content-Type: message/rfc822\n\nFrom: x@y.com\n\nx", False),
    ],
    ids=["own", "dkim", "signed", "attached"],
)
def test_what_is_signed_or_attached_is_not_changed_unasked(message: bytes, safe: bool) -> None:
    root = parse(message)
    part = root.children[0] if root.children else root
    assert relabel(part, "8bit").safe == safe


@given(TEXT, st.sampled_from(["utf-8", "iso-8859-1"]), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_the_content_stays(text: str, charset: str, end: bytes, is_file: bool) -> None:
    content = text.encode(charset, "replace").replace(b"\r", b"").replace(b"\n", end)
    kind = b"application/x-acme" if is_file else b"text/plain; charset=" + charset.encode()
    part = parse(HEAD.replace(b"\n", end) + b"Content-Type: " + kind + end * 2 + content)
    fixed = parse(apply(reencode(part), part))
    assert not [name for name in found(fixed.octets) if name != "bare-newline" and name != "base64-text-not-canonical"]
    assert fixed.decoded.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")
    assert apply(reencode(part), part).count(b"\r\n") == (fixed.octets.count(b"\n") if end == b"\r\n" else 0)


@given(TEXT)
def test_on_encoded_text_no_rule_fires(text: str) -> None:
    encoding, body = encode_text(text)
    head = HEAD + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: " + encoding.encode()
    assert found(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body) == []


@given(TEXT, TEXT, st.binary(max_size=200))
def test_on_a_composed_message_no_rule_fires(text: str, html: str, content: bytes) -> None:
    parts = Parts(
        (make_field("From", "Acme <a@acme.com>"), make_field("To", "b@reader.example")),
        text=text,
        html=html,
        attachments=(Attachment(content, "a.bin", "application/octet-stream"),),
    )
    assert found(compose(parts, STAMP).octets) == []


FIELDS = st.sampled_from(
    [
        b"Content-Transfer-Encoding: %b\n" % encoding
        for encoding in (
            b"7bit",
            b"8bit",
            b"binary",
            b"quoted-printable",
            b"base64",
            b"8-bit",
            b"utf-8",
            b"qp",
            b"x-y",
            b"",
        )
    ]
    + [b"Content-Type: text/html; charset=utf-8\n", b"Content-Type: application/pdf\n", b"DKIM-Signature: v=1\n", b""]
    + [b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\n", b"\n--b\n", b"\n--b--\n"]
)
BODY = st.sampled_from(
    [
        b"Hello\n",
        b"a=3D\n",
        b"=0D=0A=\n",
        b"=c3=A4",
        b"=zz",
        b" \n",
        b"\r\n",
        b"\r",
        b"\x00",
        b"\xc3\xa4",
        b"x" * 80,
        b"y" * 1_000,
        b"QUJD",
        b"QQ==\n",
        b"\n--b\n",
        b"\n--b--\n",
        b"SGkK\n",
        b"--b",
        b"=\n",
        b"\n\n",
    ]
)


@given(st.lists(FIELDS, max_size=5), st.lists(BODY | st.binary(max_size=20), max_size=8))
def test_any_message_is_judged_and_fixed(head: list[bytes], body: list[bytes]) -> None:
    """Every fix that is kept takes its finding away, and fixing ends."""
    octets = HEAD + b"".join(head) + b"\n" + b"".join(body)
    fixed = fix_octets(octets, CTE.lint, unsafe=True)
    before = [one.code for one in CTE.lint(octets) if one.severity == "error"]
    after = [one.code for one in CTE.lint(fixed) if one.severity == "error"]
    assert len(after) <= len(before)


LONG = {
    "lf-amid-crlf": b"a\r\n" * 200_000 + b"b\n" * 150_000,
    "returns": b"a\r" * 500_000 + b"\n",
    "returns-run": b"\r" * 1_000_000 + b"a\r\nb\n",
    "one-line": b"x" * 2_000_000,
    "nul": b"\x00" * 1_000_000,
    "eight-bit": b"\xff" * 1_000_000,
}
LONG_QUOTED = {
    "equals": b"=" * 1_000_000,
    "equals-space": b"= " * 500_000,
    "spaces": b" " * 1_000_000 + b"x",
    "blank-lines": b" \n" * 300_000,
    "breaks": b"=0D=0A" * 100_000,
    "lower": b"=c3" * 300_000,
    "raw": b"\xc3\xa4" * 300_000,
}
LONG_BASE64 = {"padding": b"=" * 1_000_000, "line": b"QUJD" * 300_000, "foreign": b"*Q" * 500_000}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [pytest.param(b"7bit", body, id=name) for name, body in LONG.items()]
    + [pytest.param(b"quoted-printable", body, id=name) for name, body in LONG_QUOTED.items()]
    + [pytest.param(b"base64", body, id=name) for name, body in LONG_BASE64.items()],
)
def test_long_bodies_take_linear_time(encoding: bytes, body: bytes) -> None:
    begun = time.process_time()
    CTE.lint(HEAD + b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body)
    assert time.process_time() - begun < 60
