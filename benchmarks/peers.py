"""What people do today with well-known packages, each from template and data to octets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import css_inline
import html2text
import inscriptis
import jinja2
import premailer

Make = Callable[[Mapping[str, Any]], bytes]


def _message(data: Mapping[str, Any], html: str, text: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Acme Shop <receipts@acme.example>"
    message["To"] = f"{data['user']['name']} <{data['user']['email']}>"
    message["Reply-To"] = "Acme Support <support@acme.example>"
    message["Subject"] = f"Receipt for order {data['order']['id']}, {data['user']['name']}"
    message["Date"] = "Mon, 02 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = "<token@acme.example>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def jinja_only(block: jinja2.Template) -> Callable[[Mapping[str, Any]], str]:
    """The bare render of the html block: what everything else is measured against."""
    return lambda data: block.render(data)


def with_premailer(block: jinja2.Template) -> Make:
    """jinja2, premailer, html2text, EmailMessage."""

    def make(data: Mapping[str, Any]) -> bytes:
        html = premailer.Premailer(
            block.render(data), cssutils_logging_level=50, allow_network=False, disable_validation=True
        ).transform()
        return _message(data, html, html2text.html2text(html))

    return make


def with_css_inline(block: jinja2.Template) -> Make:
    """jinja2, css-inline, inscriptis, EmailMessage."""
    inliner = css_inline.CSSInliner(keep_at_rules=True)

    def make(data: Mapping[str, Any]) -> bytes:
        html = inliner.inline(block.render(data))
        return _message(data, html, inscriptis.get_text(html))

    return make
