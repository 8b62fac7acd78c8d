"""The tags of DKIM signatures, and which domains belong together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.links.orgdomain import is_aligned, organizational_domain
from mailtemplates.octets.field import RawField, read_header
from mailtemplates.octets.signature import read_tags, signed_fields
from mailtemplates.span import Span

# RFC 6376 §3.5, the example, with its folds.
EXAMPLE = (
    "v=1; a=rsa-sha256; d=example.net; s=brisbane;\r\n   c=simple; q=dns/txt; i=@eng.example.net;\r\n"
    "   t=1117574938; x=1118006938;\r\n   h=from:to:subject:date;\r\n   z=From:foo@eng.example.net|To:joe@example.com|\r\n"
    "    Subject:demo=20run|Date:July=205,=202005=203:44:08=20PM=20-0700;\r\n"
    "   bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=;\r\n   b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR"
)


def field(body: str) -> RawField:
    octets = f"DKIM-Signature: {body}\r\n".encode("latin-1")
    return read_header(octets, Span(0, len(octets))).fields[0]


def test_the_tags_of_the_example() -> None:
    one = field(EXAMPLE)
    tags = read_tags(one)
    assert list(tags) == ["v", "a", "d", "s", "c", "q", "i", "t", "x", "h", "z", "bh", "b"]
    assert tags["d"].value == "example.net"
    assert one.octets[slice(*tags["h"].span)] == b"from:to:subject:date"
    assert signed_fields(tags) == {"from", "to", "subject", "date"}


def test_names_in_h_may_be_folded_and_in_any_case() -> None:
    assert signed_fields(read_tags(field("h=From : To\r\n\t:List-Unsubscribe; b="))) == {
        "from",
        "to",
        "list-unsubscribe",
    }


def test_what_is_no_tag_ends_the_list_and_the_first_of_a_name_counts() -> None:
    assert {name: tag.value for name, tag in read_tags(field("d=a; d=b; ;; x")).items()} == {"d": "a"}
    assert signed_fields({}) == frozenset()


@given(st.text("dhb=;: \t\r\n\xff", max_size=40))
def test_any_body_is_read_without_an_exception(body: str) -> None:
    read_tags(field(body.replace("\r", "").replace("\n", "\r\n ")))


OWNERS = {
    "a domain": ("acme.com", "acme.com"),
    "below it": ("news.mail.ACME.com", "acme.com"),
    "below a country": ("mail.acme.de", "acme.de"),
    "below co.uk": ("news.acme.co.uk", "acme.co.uk"),
    "below com.au": ("acme.com.au", "acme.com.au"),
    "below or.jp": ("www.acme.or.jp", "acme.or.jp"),
    "a short name is no suffix": ("mail.co.de", "co.de"),
    "a dot at the end": ("acme.com.", "acme.com"),
    "one label": ("localhost", "localhost"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("domain", "owner"), OWNERS.values(), ids=OWNERS)
def test_the_organization_of_a_domain(domain: str, owner: str) -> None:
    assert organizational_domain(domain) == owner


def test_domains_of_one_organization_are_aligned() -> None:
    assert is_aligned("news.acme.co.uk", "acme.co.uk")
    assert not is_aligned("acme.co.uk", "other.co.uk")
