"""Rules over links: their exact places, what they leave to each other, their fixes and options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.found import Found
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.message import read_message
from mailtemplates.settings import Settings

LINTER = Linter(Settings(select=("LNK",)))


def found(html: str, linter: Linter = LINTER) -> list[Found]:
    return linter.judge(HtmlDocument(html))


def codes(html: str) -> list[str]:
    return sorted(one.rule.code for one in found(html))


ONE_OWNER = {
    '<a href="http://acme-shop.com/">Go</a>': ["LNK001"],
    '<a href="http://localhost/">Go</a>': ["LNK003"],
    '<a href="http://10.0.0.1/">Go</a>': ["LNK003"],
    '<a href="http://">Go</a>': ["LNK002"],
    '<a href="http:/acme-shop.com">Go</a>': ["LNK002"],
    '<a href="localhost:8000/a">Go</a>': ["LNK002"],
    '<a href="http://93.184.216.34/">Go</a>': ["LNK001", "LNK005"],
    '<a href="https://93.184.216.34/">Go</a>': ["LNK005"],
    '<a href="https://192.168.1.1/">Go</a>': ["LNK003"],
    '<a href="https://acme.test/a b">Go</a>': ["LNK002", "LNK003"],
    '<a href="https://bit.ly/a">Go</a>': ["LNK005"],
    '<img src="https://bit.ly/a">': [],
    '<a href="file:///C:/a.html">Go</a>': ["LNK003"],
    '<a href="C:\\a.html">Go</a>': ["LNK002"],
    '<a href="https://аcme.com/">Go</a>': ["LNK006"],
    '<a href="javascript:void(0)">Go</a>': [],
    '<a href="{{ url }}">Go</a>': [],
    '<a href="https://{{ host }}/a">Go</a>': [],
    '<a href="http://acme-shop.com/{{ path }}">Go</a>': ["LNK001"],
    '<a href="*|UNSUB|*">Go</a>': [],
    '<a href="#top">Up</a><a href="#a">A</a><a name="a"></a><a href="#b">B</a><p id="b">': [],
    '<a href="#c">C</a>': ["LNK002"],
    '<a href="">Go</a>': ["LNK002"],
    "<a>Go</a>": [],
    '<base href="https://acme.example/"><a href="a.html">Go</a>': [],
    '<td background="">': [],
    '<img src="">': ["LNK002"],
    '<img src="data:image/png;base64,AA==">': ["LNK007"],
    "<style>@font-face { src: url(data:font/woff2;base64,AA==) }</style>": [],
    '<html xmlns="http://www.w3.org/1999/xhtml"><body>': [],
    "<a href='https://acme.com/x'>https://www.acme.com</a>": [],
    "<a href='https://acme.com/x'>mail.acme.com/inbox</a>": [],
    "<a href='https://other.example/x'>acme.com</a>": ["LNK004"],
    "<a href='https://other.example/x'>Visit www.acme.com today</a>": ["LNK004"],
    "<a href='https://other.example/x'>See https://acme.com/help, please</a>": ["LNK004"],
    "<a href='https://other.example/x'>README.md</a>": [],
    "<a href='https://other.example/x'>ASP.NET</a>": [],
    "<a href='https://other.example/x'>v1.2.3</a>": [],
    "<a href='https://other.example/x'>Hello.World, Dr.Smith</a>": [],
    "<a href='https://youtu.be/x'>youtube.com/acme</a>": [],
    "<a href='https://xn--bcher-kva.example/'>bücher.example</a>": [],
    "<a href='https://other.example/x'>ann@acme.com</a>": [],
    "<a href='mailto:ann@mail.acme.com'>ann@acme.com</a>": [],
    "<a href='mailto:ann@acme.com?subject=x'>bob@other.example</a>": ["LNK004"],
    "<a href='https://shop.acme.co.uk/'>acme.co.uk</a>": [],
    "<a href='https://evil.co.uk/'>acme.co.uk</a>": ["LNK004"],
    "<a href='https://acme.example/%s'>{{ a.b }}</a>": [],
}


@pytest.mark.parametrize(("html", "expected"), ONE_OWNER.items(), ids=ONE_OWNER)
def test_each_fault_has_its_owner(html: str, expected: list[str]) -> None:
    assert codes(html) == expected


SHREDS = (
    "<a href=", "'", '"', ">", "</a>", "http:", "https:", "//", "localhost", "acme.com", "аcme.com", "xn--", "/", "?", "#", "%", "@", ":",
    "mailto:", "tel:", "data:image/png,", "<img src=", "<p style=", "url(", ")", "&amp;", "&quot;", " ", "\n", "[::1]", "1.2.3.4", "bit.ly",
    "<base href=", "{{", "}}", "0x", "９", "\x00", "99999", "srcset=",
)  # fmt: skip


@given(st.lists(st.sampled_from(SHREDS), max_size=25).map("".join))
def test_any_html_is_judged_with_places_inside_it(html: str) -> None:
    for one in found(html):
        assert 0 <= one.finding.span.start <= one.finding.span.end <= len(html)
        assert one.finding.problem


def test_equal_urls_are_one_finding_with_a_count_and_one_fix() -> None:
    html = '<a href="http://a.example/?a=1&amp;b=2">x</a><a href="http://a.example/?a=1&amp;b=2">y</a><img src="http://b.example/">'
    first, second = found(html)
    assert "(2 times)" in first.finding.problem
    assert html[first.finding.span.start : first.finding.span.end] == "http://a.example/?a=1&amp;b=2"
    assert "image" in second.finding.problem
    fixes = [one.finding.fix for one in (first, second) if one.finding.fix]
    assert not any(fix.safe for fix in fixes)
    assert apply_fixes(html.encode(), fixes).decode() == html.replace("http:", "https:")


def test_many_relative_urls_are_one_finding() -> None:
    (one,) = found("".join(f'<img src="images/{at}.png">' for at in range(30)))
    assert "and so are 29 other URLs" in one.finding.problem
    assert len(found("".join(f'<img src="images/{at}.png">' for at in range(3)))) == 3


def test_options_name_hosts_that_are_right() -> None:
    rules = {
        "non-public-host": {"allowed": ["wiki.corp"]},
        "ip-or-shortener-host": {"allowed": ["bit.ly"]},
        "text-target-mismatch": {"redirects": ["click.example"]},
    }
    linter = Linter(Settings(select=("LNK",), rules=rules))
    html = '<a href="https://wiki.corp/">a</a><a href="https://bit.ly/a">b</a><a href="https://u.click.example/">acme.com</a>'
    assert found(html, linter) == []
    assert len(found(html)) == 3


def test_a_rule_of_the_network_is_chosen_by_its_own_name_only() -> None:
    assert "LNK008" not in Linter(Settings(select=("ALL",))).codes
    assert "LNK008" not in Linter(Settings(extend_select=("LNK",))).codes
    assert "LNK008" in Linter(Settings(extend_select=("unreachable-url",))).codes


OUT = (
    "<a href='https://a.example/x'>Unsubscribe</a>",
    "<a href='https://a.example/unsubscribe?t=1'>here</a>",
    "<p>No longer interested? Unsubscribe <a href='https://a.example/x'>here</a></p>",
    "<a href='https://a.example/x'>Abmelden</a>",
    "<a href='https://a.example/x'>Se désabonner</a>",
    "<a href='https://a.example/x'>Darse de baja</a>",
    "<a href='https://a.example/x'>Cancelar inscrição</a>",
    "<a href='https://a.example/x'>Annulla l'iscrizione</a>",
    "<a href='https://a.example/x'>Uitschrijven</a>",
    "<a href='https://a.example/x'>Avregistrera dig</a>",
    "<a href='https://a.example/x'>Wypisz się</a>",
    "<a href='https://a.example/x'>Отписаться</a>",
    "<a href='https://a.example/x'>配信停止はこちら</a>",
    "<a href='https://a.example/x'>退订</a>",
    "<a href='https://a.example/x'>수신거부</a>",
    "<a href='https://a.example/x'>إلغاء الاشتراك</a>",
    "<a href='https://a.example/x'>Abonelikten çık</a>",
    "<a href='https://a.example/x'>Manage your email preferences</a>",
    "<a href='https://a.example/x'><img src='a' alt='Unsubscribe'></a>",
    "<a href='*|UNSUB|*'>here</a>",
    "<a href='mailto:leave@a.example?subject=unsubscribe'>here</a>",
)


@pytest.mark.parametrize("html", OUT, ids=OUT)
def test_a_visible_way_out_is_known_in_many_languages(html: str) -> None:
    linter = Linter(Settings(profile="bulk", select=("BLK006",)))
    head = b"Content-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><p>Summer sale</p>"
    assert linter.find(read_message(head + html.encode()), rendered=True) == []
    (one,) = linter.find(read_message(head + b"<a href='https://a.example/x'>See it</a>"), rendered=True)
    assert one.rule.name == "no-visible-unsubscribe"


@pytest.mark.parametrize(
    "html",
    [
        "<a href='/a'>" * 10_000,
        "<a href='https://a.b/'>a.</a>" * 5_000,
        "<a href='https://a.example/x'>" + "a." * 50_000,
    ],
)
def test_large_html_takes_linear_time(html: str) -> None:
    found(html)
    Linter(Settings(profile="bulk", select=("BLK006",))).lint(b"Content-Type: text/html\n\n" + html.encode())
