"""Transfer encodings and line ends: each fault is one finding at its octets, what is legal is none, fixes mend."""

from __future__ import annotations

import pytest

from mailtemplates.linting.fixing import apply_fixes, fix_octets
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.message import read_message
from mailtemplates.octets.mime import parse
from mailtemplates.settings import Settings

CTE = Linter(Settings(select=("CTE",)))
KÖLN = "Köln".encode()
FILE = "application/x-acme"


def leaf(encoding: str | None, body: bytes, kind: str = "text/plain; charset=utf-8", head: str = "") -> bytes:
    """A message of one leaf; ``|`` in the body is where the finding is to begin."""
    field = "" if encoding is None else f"Content-Transfer-Encoding: {encoding}\r\n"
    return f"MIME-Version: 1.0\r\n{head}Content-Type: {kind}\r\n{field}\r\n".encode() + body


def mixed(*parts: bytes, head: str = "", kind: str = "mixed") -> bytes:
    """A message of parts, each without its MIME-Version."""
    lines = b"".join(b"--b\r\n" + part.partition(b"\r\n")[2] + b"\r\n" for part in parts)
    return (
        f"MIME-Version: 1.0\r\n{head}Content-Type: multipart/{kind}; boundary=b\r\n\r\n".encode() + lines + b"--b--\r\n"
    )


FAULTS = {
    "long line": (leaf(None, b"a\r\n|" + b"x" * 999), "CTE001 error"),
    "long line in 8bit file": (leaf("8bit", b"|" + b"x" * 1200, FILE), "CTE001 error"),
    "long line in a preamble": (mixed(leaf(None, b"a")).replace(b"\r\n--b\r\n", b"\r\n|" + b"x" * 999 + b"\r\n--b\r\n", 1), "CTE001 error"),
    "LF": (leaf(None, b"a|\nb\r\n"), "CTE002 error"),
    "LF in a header": (leaf(None, b"a\r\n").replace(b"1.0\r\n", b"1.0|\n"), "CTE002 error"),
    "CRLF amid LF": (leaf(None, b"a\r\nb\r\n").replace(b"\r\n", b"\n").replace(b"a\n", b"a|\r\n"), "CTE002 error"),
    "CR": (leaf(None, b"a|\rb\r\n"), "CTE002 error"),
    "CR in base64": (leaf("base64", b"w6T|\rDpA==\r\n"), "CTE002 error"),
    "CR in quoted-printable": (leaf("quoted-printable", b"=C3=A4|\rb\r\n"), "CTE002 error"),
    "CR CR LF": (leaf(None, b"a|\r\r\nb\r\r\n"), "CTE002 error"),
    "only CR": (leaf(None, b"a\r\n").replace(b"\r\n", b"\r").replace(b"1.0", b"1.0|"), "CTE002 error"),
    "smuggling": (leaf(None, b"a\r\n|\n.\r\nMAIL FROM:<x@y.com>\r\n"), "CTE002 error"),
    "NUL": (leaf(None, b"a|\x00b\x00"), "CTE003 error"),
    "NUL in an 8bit file": (leaf("8bit", b"\xff|\x00" + b"\r\r\n\n" * 400, FILE), "CTE003 error"),
    "file as it is": (leaf(None, b"|\xff\x00\r\r\n" + b"x" * 1200, FILE), "CTE004 error"),
    "8-bit undeclared": (leaf(None, b"K|\xc3\xb6ln"), "CTE004 error"),
    "8-bit report": (leaf(None, b"K|\xc3\xb6ln", "message/delivery-status"), "CTE004 error"),
    "no such encoding": (leaf("|utf-8", KÖLN), "CTE006 error"),
    "no such encoding of a multipart": (mixed(leaf(None, b"a"), head="Content-Transfer-Encoding: |8 bit\r\n"), "CTE006 error"),
    "more than a token": (leaf("|8bit; charset=utf-8", KÖLN), "CTE006 error"),
    "private encoding": (leaf("|x-uuencode", b"begin 644 a"), "CTE006 warning"),
    "binary": (leaf("|binary", b"\x00\xff"), "CTE006 error"),
    "binary that is text": (leaf("|binary", KÖLN), "CTE006 warning"),
    "binary inside binary": (mixed(leaf("binary", b"\x00"), head="Content-Transfer-Encoding: |binary\r\n"), "CTE006 error"),
    "8bit": (leaf("8bit", b"K|\xc3\xb6ln"), "CTE007 info"),
    "no escape": (leaf("quoted-printable", b"a|=zz b=c3="), "CTE008 error"),
    "lower case": (leaf("quoted-printable", b"=C3|=a4=\r\n=C3=A4"), "CTE008 warning"),
    "space at the end": (leaf("quoted-printable", b"a| \t\r\nb \r\n"), "CTE009 error"),
    "long encoded line": (leaf("quoted-printable", b"a\r\n|" + b"=C3=A4" * 13), "CTE010 warning"),
    "longer encoded line": (leaf("quoted-printable", b"|" + b"=C3=A4" * 200), "CTE010 error"),
    "encoded line break": (leaf("quoted-printable", b"a|=0D=0A" + b"x" * 76 + b"=0A"), "CTE011 warning"),
    "raw in quoted-printable": (leaf("quoted-printable", b"=C3=A4|\xc3\xa4"), "CTE012 error"),
    "NUL in quoted-printable": (leaf("quoted-printable", b"a|\x00"), "CTE012 error"),
    "long base64 line": (leaf("base64", b"|" + b"QUJD" * 20, FILE), "CTE013 warning"),
    "longer base64 line": (leaf("base64", b"|" + b"QUJD" * 300, FILE), "CTE013 error"),
    "no base64": (leaf("base64", b"Hello|, you" + b"!" * 100), "CTE014 error"),
    "footer": (leaf("base64", b"QUI=\r\n|unsubscribe\r\n", FILE), "CTE014 error"),
    "no padding": (leaf("base64", b"Q|Q", FILE), "CTE014 error"),
    "LF in base64 text": (leaf("base64", b"|w6QKw6QK"), "CTE015 warning"),
    "LF in base64 ASCII": (leaf("base64", b"|YQpiCg=="), "CTE015 warning"),
    "ASCII in base64": (leaf("|base64", b"YQ0KYg=="), "CTE016 info"),
    "ASCII in 8bit": (leaf("|8bit", b"a"), "CTE016 info"),
}  # fmt: skip

LEGAL = {
    "LF": leaf(None, b"a\r\nb\r\n").replace(b"\r\n", b"\n"),
    "998 octets": leaf(None, b"x" * 998 + b"\r\n"),
    "other controls": leaf("7bit", b"\x1b$B\x0c\t\x07\r\n"),
    "upper case": leaf("BASE64", b"w6Q=\r\n"),
    "comment": leaf("7bit (as it stands)", b"a\r\n"),
    "long line in binary is one": leaf("base64", b"QUJD\r\n", FILE),
    "empty base64": leaf("base64", b""),
    "base64 with white space": leaf("base64", b"w6Q g\r\n\r\n w6Q=\t\r\n"),
    "base64 of 76": leaf("base64", b"QUJD" * 19 + b"\r\n", FILE),
    "quoted-printable of 76": leaf("quoted-printable", b"x" * 75 + b"=\r\n" + b"x" * 76),
    "white space behind a soft break": leaf("quoted-printable", b"a= \t\r\nb"),
    "soft break at the end": leaf("quoted-printable", b"a\r\n="),
    "escape at the end": leaf("quoted-printable", b"a=20\r\n\tb=3D"),
    "quoted-printable of ASCII": leaf("quoted-printable", b"a\r\n"),
    "line breaks of a file": leaf("quoted-printable", b"a=0D=0Ab=0A", head="Content-Disposition: attachment; filename=a\r\n"),
    "LF in a file": leaf("base64", b"YQpiCg==", head="Content-Disposition: attachment; filename=a.csv\r\n"),
    "UTF-16": leaf("base64", b"YQAKAGIACgA=", "text/plain; charset=utf-16le"),
    "spaces that base64 keeps": leaf("base64", b"YSANCmI="),
    "ASCII that is signed": mixed(leaf("base64", b"YQ0K"), leaf("7bit", b"x", FILE), kind="signed"),
    "8-bit boundary of nothing": leaf(None, b"K\xc3\xb6ln", "multipart/mixed"),
    "encoded multipart": leaf("base64", b"*", "multipart/mixed; boundary=b"),
    "damaged boundary": mixed(leaf("base64", b"QUI=", FILE)).replace(b"--b--", b"--c--"),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_finding_where_it_begins(marked: bytes, expected: str) -> None:
    at = marked.index(b"|")
    found = CTE.find(read_message(marked.replace(b"|", b"")))
    code, severity = expected.split()
    assert [one.rule.code for one in found if not (code == "CTE008" and one.finding.span.start > at)] == [code]
    assert (found[0].finding.span.start, found[0].severity) == (at, severity)
    assert found[0].finding.span.end > at


@pytest.mark.parametrize(("marked", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fix_mends_the_fault_and_keeps_the_content(marked: bytes, expected: str) -> None:
    octets = marked.replace(b"|", b"")
    for one in CTE.lint(octets):
        if one.fix:
            fixed = apply_fixes(octets, [one.fix])
            assert one.name not in [left.name for left in CTE.lint(fixed) if left.severity == one.severity]
            if expected.startswith(("CTE001", "CTE003", "CTE004", "CTE007", "CTE01")):
                assert words(fixed) == words(octets)
    assert not [one for one in CTE.lint(fix_octets(octets, CTE.lint, unsafe=True)) if one.fix]


def words(octets: bytes) -> list[bytes]:
    """The content of the leaves; text without its line ends."""
    leaves = [part for part in parse(octets).walk() if not part.is_composite]
    return [b" ".join(part.decoded.split()) if part.media_type.startswith("text/") else part.decoded for part in leaves]


@pytest.mark.parametrize("octets", LEGAL.values(), ids=LEGAL)
def test_what_is_legal_is_no_finding(octets: bytes) -> None:
    assert [one.name for one in CTE.lint(octets)] == []


def test_containers_that_do_not_say_8bit_are_one_finding() -> None:
    inner = mixed(leaf("8bit", KÖLN))
    found = [
        one for one in CTE.lint(mixed(inner.replace(b"=b", b"=c").replace(b"--b", b"--c"))) if one.code == "CTE005"
    ]
    assert [(one.severity, one.line) for one in found] == [("warning", 2)]
    assert found[0].fix and len(found[0].fix.edits) == 2


@pytest.mark.parametrize(
    "octets",
    [
        leaf(None, KÖLN, head="DKIM-Signature: v=1\r\n"),
        mixed(leaf(None, KÖLN), leaf(None, b"x"), kind="signed"),
        mixed(leaf(None, leaf(None, KÖLN), "message/rfc822")),
        mixed(leaf("quoted-printable", b"a \r\nb"), kind="signed"),
        leaf(None, b"a\rb\r\n", FILE),
    ],
    ids=["dkim", "signed", "attached", "signed-lines", "file"],
)
def test_what_is_not_ours_is_not_changed_unasked(octets: bytes) -> None:
    assert [bool(one.fix and one.fix.safe) for one in CTE.lint(octets)] == [False]
    assert fix_octets(octets, CTE.lint) == octets
    assert CTE.lint(fix_octets(octets, CTE.lint, unsafe=True)) == []
