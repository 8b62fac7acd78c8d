"""What is wrong with a URL in a message, and that right ones of every kind are left alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtemplates.links.hostkind import ip_address, is_shortener, why_not_final, why_not_public
from mailtemplates.links.lookalike import find_lookalike
from mailtemplates.links.weburl import ascii_host, find_fault, has_marks, read_url

RIGHT = (
    "https://acme.example",
    "https://acme.example/",
    "https://acme.example:8443/a?b=c#d",
    "https://acme.example./",
    "https://acme.example/a//b/../c;p=1,2?q=a/b?c&d=%E2%82%AC#e/f?g",
    "https://acme.example/a(b)!$&'*+,;=:@~",
    "https://bücher.example/",
    "https://почта.рф",
    "https://[2001:db8::7]/c=GB?objectClass?one",  # RFC 3986 §1.1.2
    "ftp://ftp.is.co.za/rfc/rfc1808.txt",
    "ldap://[2001:db8::7]/c=GB?objectClass?one",
    "mailto:John.Doe@example.com",
    "news:comp.infosystems.www.servers.unix",
    "tel:+1-816-555-1212",
    "tel:+49(0)30-123456",
    "tel:7042;phone-context=example.com",
    "sms:+15105550101?body=hello%20there",
    "telnet://192.0.2.16:80/",
    "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
    "mailto:?subject=hello",
    "mailto:?to=joe@example.com&cc=bob@example.com",  # RFC 6068 §2
    "mailto:addr1@an.example,addr2@an.example",
    "mailto:gorby%25kremvax@example.com",
    "mailto:%22not%40me%22@example.org",
    "mailto:user@%E7%B4%8D%E8%B1%86.example.org?subject=Test",
    "mailto:grüße@bücher.example",
    "cid:logo@acme.example",
    "whatsapp://send?text=hello",
    "acme-app://orders/7",
    "webcal://acme.example/a.ics",
    "javascript:alert(1)",
    " https://acme.example/ ",
    "*|UNSUB|*",
    "%unsubscribe_url%",
    "%%unsubscribe%%",
    "{{ url }}",
    "{% url %}",
    "${link}",
    "<%= link %>",
    "[unsubscribe]",
    "[[link]]",
    "{unsubscribe}",
    "%recipient.url%",
    "%(link)s",
    "##link##",
    "https://{{ host }}/a b",
)


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_url_has_no_fault(text: str) -> None:
    assert find_fault(read_url(text)) is None


WRONG = {
    "": "is empty",
    "   ": "is empty",
    "/reset": "is relative",
    "reset.html": "is relative",
    "?a=b": "is relative",
    "../a": "is relative",
    "//cdn.acme.example/a.png": "has no scheme",
    "www.acme.example/a": "has no scheme",
    "acme.example:8080/a": "has no scheme",
    "localhost:8000/a": "has no scheme",
    "help@acme.example": "without `mailto:`",
    "http//acme.example": "no `:` after",
    "htps://acme.example": "the scheme `htps:`",
    "http:/acme.example": "no // after",
    "https:acme.example": "no // after",
    "https://": "no host",
    "https:///path": "no host",
    "https://?a=b": "no host",
    "https://https://acme.example/": "scheme twice",
    "http://http:/acme.example": "scheme twice",
    "https://acme.example:port/": "the port `port`",
    "https://acme.example:99999/": "the port `99999`",
    "https://acme..example/": "no domain",
    "https://-acme.example/": "no domain",
    "https://acme,example/": "no domain",
    "https://acme example/": "no domain",
    "https://300.1.1.1/": "no IP address",
    "https://[2001:db8:::g]/": "the host",
    "https://acme.example/100%": "without two hexadecimal digits",
    "https://acme.example/%zz": "without two hexadecimal digits",
    "https://acme.example/a b": "a space",
    "https://acme.example/a\nb": "a line break",
    "https://acme.example/größe": "`öß`",
    "https://acme.example/a?q=ä": "`ä`",
    "https://acme.example\\a": "`\\`",
    'https://acme.example/a"b': '`"`',
    "https://ann@acme.example/": "`ann@` before its host",
    "https://my_shop.acme.example/": "with `_` in it",
    "mailto:": "no address",
    "mailto:support": "no address",
    "mailto://help@acme.example": "has // after",
    "mailto:help@acme..example": "no domain",
    "mailto:help at acme.example": "no address",
    "tel:": "no number",
    "tel:+1 555 0100": "the number",
    "C:/images/logo.png": "one computer",
}


@pytest.mark.parametrize(("text", "problem"), WRONG.items(), ids=WRONG)
def test_a_fault_is_said_in_words(text: str, problem: str) -> None:
    fault = find_fault(read_url(text))
    assert fault is not None and problem in fault.problem
    assert fault.cure


def test_what_readers_cope_with_is_told_from_what_they_do_not() -> None:
    def works(text: str) -> bool:
        fault = find_fault(read_url(text))
        return fault is not None and fault.works

    assert works("https://acme.example/a b") and works("tel:+1 555 0100") and works("https://a_b.example/")
    assert not works("/a b") and not works("https://a b.example/")


@given(st.text(max_size=80))
@example("¹")  # a digit to str.isdigit, and none to int
def test_any_text_is_split_and_judged(text: str) -> None:
    for one in (text, "https://" + text, "mailto:" + text, "tel:" + text, "http://[" + text):
        url = read_url(one)
        find_fault(url)
        assert url.host == url.host.lower()
        has_marks(one)
        why_not_public(url.host)
        why_not_final(url.host)
        find_lookalike(ascii_host(url.host))
        ip_address(url.host)


@pytest.mark.parametrize("text", ["%a" * 20_000, "{" * 40_000, "[a" * 20_000, "https://" + "a." * 20_000, "%" * 40_000])
def test_long_urls_take_linear_time(text: str) -> None:
    find_fault(read_url(text))


PRIVATE = (
    "localhost", "app.localhost", "printer.local", "acme.test", "a.invalid", "host.docker.internal", "intranet",
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.20", "169.254.1.1", "0.0.0.0", "100.64.0.1",
    "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "2130706433", "0x7f000001", "router.home.arpa",
)  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_hosts_that_nobody_outside_reaches(host: str) -> None:
    assert why_not_public(host)


PUBLIC = (
    "acme.com", "acme.example", "www.example.com", "192.0.2.1", "198.51.100.7", "[2001:db8::1]", "93.184.216.34",
    "172.32.0.1", "test.acme.com", "local.acme.com", "localhost.acme.com", "[2606:2800:220:1::]", "acme.localnet.com",
)  # fmt: skip


@pytest.mark.parametrize("host", PUBLIC)
def test_public_hosts_and_those_of_examples_are_left_alone(host: str) -> None:
    assert not why_not_public(host)


def test_hosts_of_developers_are_told_by_their_first_label() -> None:
    for host in ("staging.acme.com", "dev.acme.co.uk", "app-staging.acme.com", "qa2.acme.com", "a1.ngrok.io", "lvh.me"):
        assert why_not_final(host), host
    for host in ("acme.com", "dev.to", "test.de", "staging.com", "dev.azure.com", "developer.acme.com", "tests.acme.com",
                 "contest.acme.com", "devon.acme.com", "test-kitchen.acme.com", "10.0.0.1"):  # fmt: skip
        assert not why_not_final(host), host


def test_shorteners_are_known_by_their_whole_name() -> None:
    assert is_shortener("bit.ly") and is_shortener("www.tinyurl.com")
    assert not is_shortener("habit.ly") and not is_shortener("acme.bit.ly.example") and not is_shortener("youtu.be")


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("аcme.com", "mixes"),
        ("gооgle.com", "mixes"),
        ("xn--ggle-55da.com", "mixes"),
        ("аррӏе.com", "looks like `apple`"),
        ("xn--80ak6aa92e.com", "looks like `apple`"),
        ("ο.com", "looks like `o`"),
        ("ａｃｍｅ.com", "read as `acme`"),
        ("αcme.com", "mixes"),
    ],
)
def test_lookalike_hosts(host: str, word: str) -> None:
    assert word in find_lookalike(host)


@pytest.mark.parametrize(
    "host",
    ["acme.com", "bücher.de", "xn--bcher-kva.de", "почта.рф", "оса.ru", "日本語tokyo.jp", "한국abc.kr", "ελλάδα.gr",
     "straße.de", "łódź.pl", "xn--", "xn--a.com", "ไทย.com", "привет.com", "café-acme.fr", "भारत.com"],
)  # fmt: skip
def test_honest_international_hosts(host: str) -> None:
    assert find_lookalike(host) == ""
