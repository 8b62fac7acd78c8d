"""Laws that hold for any data: recipients, fields, octets."""

from __future__ import annotations

import os
import subprocess
import sys
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
from conftest import ROOT, STAMP
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates import Engine, HeaderError

SOURCE = (
    "{% block from %}Acme Inc team <hello@acme.example>{% endblock %}"
    "{% block to %}{{ a }} <a@x.example>, {{ b|mailbox }}{% endblock %}"
    "{% block cc %}{{ more|mailboxes }}{% endblock %}"
    "{% block bcc %}{{ c }} <c@x.example>{% endblock %}"
    "{% block subject %}Hi {{ a }}: {{ s }}{% endblock %}"
    "{% block headers %}X-Note: {{ s }}{% endblock %}"
    "{% block preheader %}{{ s }}{% endblock %}"
    "{% block html %}<style>.b { color: red }</style><body><p title='{{ s }}'>{{ s }}</p><pre>{{ body }}</pre></body>{% endblock %}"
)
SAFE = st.characters(
    exclude_categories=("Cc", "Cs", "Co", "Cn"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029",
)
NAMES = st.text(SAFE, max_size=120)
NASTY = st.sampled_from(
    ['Eve <eve@x.example>', "a@x.example, b@x.example", '"', "\\", '\\"', "=?utf-8?q?=2C?=", "(comment)", "<", ">", "é" * 80, "漢字" * 40,
     "a" * 300, ";", "Group: a@x.example;", " ", "", ".", "  two  spaces  ", "🎉" * 30]
)  # fmt: skip
ANYTHING = st.text(max_size=200) | st.text(st.characters(codec="utf-8"), max_size=200)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "t.j2").write_text(SOURCE, encoding="utf-8")
    return Engine(folder)


@settings(max_examples=150)
@given(a=NAMES | NASTY, b=NAMES | NASTY, c=NAMES | NASTY, s=NAMES | NASTY, count=st.integers(0, 12))
def test_the_message_has_exactly_the_recipients_subject_and_fields(
    engine: Engine, a: str, b: str, c: str, s: str, count: int
) -> None:
    """(1) Whatever the data, a reader finds what the template asked for and nothing else."""
    more = [{"name": f"{a}{number}", "email": f"m{number}@x.example"} for number in range(count)]
    data = {"a": a, "b": {"name": b, "email": "b@x.example"}, "c": c, "s": s, "more": more, "body": ""}
    mail = engine.render("t.j2", data)
    message = mail.message(STAMP)
    parsed = BytesParser(policy=default).parsebytes(message.as_bytes())
    expected = ["a@x.example", "b@x.example", *(entry["email"] for entry in more)]
    assert list(message.envelope.recipients) == [*expected, "c@x.example"]
    assert [name.lower() for name in parsed] == [
        *(["date", "from", "to"]), *(["cc"] if more else []), *(["subject", "message-id"]), *(["x-note"] if s.strip() else []),
        *(["mime-version", "content-type"]),
    ] or {name.lower() for name in parsed} <= {
        "date", "from", "to", "cc", "subject", "message-id", "x-note", "mime-version", "content-type", "content-language",
    }  # fmt: skip
    assert b"c@x.example" not in message.as_bytes()
    assert len(parsed.get_all("to") or []) == 1


@settings(max_examples=100)
@given(s=ANYTHING, body=ANYTHING)
def test_no_long_line_no_bare_line_end_no_eight_bit(engine: Engine, s: str, body: str) -> None:
    """(4) Whatever the data: lines of at most 998 octets, CRLF only, ASCII only; or an error that is ours."""
    data = {"a": "Ann", "b": "b@x.example", "c": "", "s": s, "more": [], "body": body * 20}
    try:
        octets = engine.render("t.j2", data).message(STAMP).as_bytes()
    except HeaderError as error:
        assert "`s`" in str(error)
        return
    assert octets.isascii()
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line for line in lines)


SCRIPT = """
import sys, hashlib
from datetime import UTC, datetime
from mailtemplates import Engine, Stamp
engine = Engine(sys.argv[1])
stamp = Stamp(datetime(2026, 11, 2, 12, tzinfo=UTC), "token", "acme.example")
for name in ("welcome", "password_reset", "receipt", "newsletter"):
    for index in (0, 1):
        octets = engine.render(f"{name}.j2", engine.sample(f"{name}.j2", index)).message(stamp).as_bytes()
        print(hashlib.sha256(octets).hexdigest())
"""


def test_the_same_input_and_stamp_give_the_same_octets() -> None:
    """(3) Across processes and hash seeds."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(ROOT / "templates")], capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}, cwd=Path(ROOT),
        ).stdout
        for seed in ("0", "1", "4711")
    }  # fmt: skip
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == 8
