"""What our own composer makes is clean: the rules about encoding and structure never fire, whatever the data."""

from __future__ import annotations

from functools import cache

import pytest
from conftest import STAMP
from hypothesis import given
from hypothesis import strategies as st
from test_octets_properties import LOCAL, TEXT

from mailtemplates import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.headers.fragment import Data
from mailtemplates.headers.headerblocks import make_field, read_field
from mailtemplates.linting.linter import Linter
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.composer import compose
from mailtemplates.message.message import Message
from mailtemplates.message.parts import Parts
from mailtemplates.settings import Settings

#: CHS006 and CHS009 judge what the author wrote: a wrong ``<meta charset>``, characters that are damaged already.
#: STR001 and STR014 judge which parts the author gave.
CONTENT = ("CHS006", "CHS009", "STR001", "STR014")


@cache
def linter() -> Linter:
    return Linter(Settings(select=("ENC", "STR", "CHS", "CTE"), ignore=CONTENT))


def check(message: Message) -> None:
    assert [(one.code, one.message, one.source) for one in linter().lint(message)] == []


BODY = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(["a" * 80, "é", "=", " ", "\t", "\r", "\n", "\r\n", "\x00", "--", ".", "From ", "😀", "<p>"]))
    .map("".join),
)  # fmt: skip


@given(
    TEXT, TEXT, LOCAL, BODY, st.one_of(st.none(), BODY), st.binary(max_size=200), st.one_of(st.just("größe.pdf"), TEXT)
)
def test_any_data(
    name: str, subject: str, local: str, html: str, text: str | None, content: bytes, filename: str
) -> None:
    fields = (
        read_field("From", ["Acme <hello@acme-shop.com>"]),
        read_field("To", [Data(name), " <", Data(local), "@x.test>"]),
        read_field("Subject", [Data(subject)]),
        make_field("X-Thing", subject or "x"),
    )
    try:
        file = Attachment.from_bytes(content, filename=filename)
        message = compose(Parts(fields, html=html, text=text, attachments=(file,)), STAMP)
    except MailTemplatesError:
        return
    check(message)


@pytest.mark.parametrize("name", ["welcome.j2", "password_reset.j2", "receipt.j2", "newsletter.j2"])
@pytest.mark.parametrize("locale", ["", "de", "ja", "ar"])
def test_the_starters(starters: Engine, name: str, locale: str) -> None:
    contract = starters.contract(name)
    assert contract is not None
    for sample in contract.examples:
        check(starters.render(name, sample, locale=locale or None).message(STAMP))
