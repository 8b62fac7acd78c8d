"""URLs of inline parts are found where a reader would load them, and the identifiers are the parts' own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.octets.contentid import cid_urls, content_id, mentioned
from mailtemplates.octets.mime import parse

HEAD = b"Content-Type: text/html; charset=utf-8\n\n"
HTML = {
    "src": ('<img src="cid:a@b">', ["a@b"]),
    "upper case": ('<IMG SRC="CID:a@b">', ["a@b"]),
    "percent-encoded (RFC 2392 §2)": ('<img src="cid:foo4%25foo1@bar.net">', ["foo4%foo1@bar.net"]),
    "character reference": ('<img src="cid:a&amp;c@b">', ["a&c@b"]),
    "background": ('<td background="cid:a@b">', ["a@b"]),
    "style": ("<p style=\"background:url('cid:a@b')\">", ["a@b"]),
    "style element": ("<style>p{background:url(cid:a@b)}</style>", ["a@b"]),
    "srcset": ('<img srcset="cid:a@b 1x, cid:c@d 2x">', ["a@b", "c@d"]),
    "comment": ('<!--[if mso]><img src="cid:a@b"><![endif]-->', []),
    "text": ("<p>cid:a@b", []),
    "other attribute": ('<img alt="cid:a@b">', []),
}


@pytest.mark.parametrize(("html", "expected"), HTML.values(), ids=HTML)
def test_urls_that_a_reader_loads(html: str, expected: list[str]) -> None:
    octets = HEAD + html.encode()
    found = cid_urls(parse(octets))
    assert [url.identifier for url in found] == expected
    assert [octets[url.span.start : url.span.end].decode() for url in found if "&" not in html and "%" not in html] == (
        expected if "&" not in html and "%" not in html else []
    )


def test_what_a_comment_names_is_mentioned() -> None:
    assert "a@b" in mentioned(parse(HEAD + b'<!--[if mso]><img src="CID:a@b"><![endif]-->'))


@pytest.mark.parametrize("field", ["<a@b>", "a@b", " <a@b> ", "(comment) <a@b>"])
def test_an_identifier_is_compared_without_brackets(field: str) -> None:
    assert content_id(parse(f"Content-ID: {field}\n\n".encode())) == "a@b"


@given(st.text(max_size=80))
def test_any_html_gives_no_exception(html: str) -> None:
    part = parse(HEAD + ("cid:" + html).encode("utf-8", "surrogatepass"))
    cid_urls(part)
    mentioned(part)
