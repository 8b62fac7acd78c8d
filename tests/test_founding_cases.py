"""The three messages that this project began with, from the octets that Python really makes."""

from __future__ import annotations

from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import lint


def _findings(message: MIMEText | MIMEMultipart, name: str) -> list[Diagnostic]:
    return [one for one in lint(message.as_bytes()) if one.name == name]


def _message(sender: str) -> MIMEText:
    message = MIMEText("Hello.", "plain", "us-ascii")
    message["From"] = Header(sender, "utf-8")  # type: ignore[assignment]
    message["To"] = "Ben <ben@reader.example>"
    message["Subject"] = "Your order"
    message["Date"] = "Mon, 02 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = "<order-1@acme-shop.com>"
    return message


def test_an_address_in_the_encoded_word_is_named_and_mended() -> None:
    message = _message("发件人 <hello@acme-shop.com>")
    (found,) = [one for one in lint(message.as_bytes()) if one.severity == "error"]
    assert (found.code, found.name) == ("ENC003", "encoded-address")
    assert "发件人 <hello@acme-shop.com>" in found.message
    assert found.help == (
        "encode the name only and write the address as it is: =?utf-8?b?5Y+R5Lu25Lq6?= <hello@acme-shop.com>"
    )
    assert found.fix
    mended = apply_fixes(message.as_bytes(), [found.fix])
    assert b"From: =?utf-8?b?5Y+R5Lu25Lq6?= <hello@acme-shop.com>\n" in mended
    assert not [one for one in lint(mended) if one.severity == "error"]


def test_a_name_alone_in_an_encoded_word_leaves_no_address() -> None:
    (found,) = [one for one in lint(_message("发件人").as_bytes()) if one.severity == "error"]
    assert found.code == "ADR001"
    assert "Name <local@domain>" in found.help


def test_html_and_text_side_by_side_in_mixed() -> None:
    message = MIMEMultipart("mixed")
    message.attach(MIMEText("Hello, your order is on its way.", "plain"))
    message.attach(MIMEText("<p>Hello, your order is on its way.</p>", "html"))
    assert _findings(message, "mixed-instead-of-alternative")
