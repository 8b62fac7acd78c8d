"""The doctor's questions to the DNS: what receivers will find out about the sender, on a name server of the test."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dnsserver import DnsServer
from doctorlab import Answer, Lab

FROM, BOB = "news@sender.example", "bob@example.test"
IP = "192.0.2.7"
KEY = base64.b64encode(
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
HALVES = " ".join(f'"{part}"' for part in (f"v=DKIM1; k=rsa; p={KEY[:200]}", KEY[200:]))
HEALTHY = {
    "sender.example": ["MX 10 mx.sender.example.", 'TXT "v=spf1 include:relay.example mx -all"', 'TXT "other=1"'],
    "mx.sender.example": [f"A {IP}", "AAAA 2001:db8::7"],
    "relay.example": ['TXT "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 -all"'],
    "_dmarc.sender.example": ['TXT "v=DMARC1; p=reject; aspf=r"'],
    "s1._domainkey.sender.example": [f"TXT {HALVES}"],
    "7.2.0.192.in-addr.arpa": ["PTR mx.sender.example."],
}
LETTER = (
    b"Date: Sat, 28 Nov 2026 12:00:00 +0000\r\nFrom: News <news@sender.example>\r\nTo: bob@example.test\r\n"
    b"Subject: Hello\r\nMessage-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello Bob\r\n"
)
SIGNATURE = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=s1;\r\n"
    b" h=From:Subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
)


def ask(lab: Lab, dns: DnsServer, *more: str, letter: bytes = b"", timeout: str = "60") -> Answer:
    """The whole examination, with a name server."""
    lab.stack.enter_context(dns)
    message = ["--message", lab.message(letter)] if letter else ["--from", FROM]
    arguments = [lab.url(lab.server()), "--to", BOB, *message, "--nameserver", dns.where, "--timeout", timeout, *more]
    return lab.ask(*arguments)


def changed(**records: list[str] | None) -> dict[str, list[str]]:
    """The healthy zone with other records; None takes a name out. ``__`` stands for a dot."""
    zone: dict[str, list[str]] = dict(HEALTHY)
    for name, lines in records.items():
        dotted = name.replace("__", ".")
        if lines is None:
            del zone[dotted]
        else:
            zone[dotted] = lines
    return zone


def test_a_sender_who_can_be_believed(lab: Lab) -> None:
    answer = ask(lab, DnsServer(HEALTHY), "--ip", IP, letter=SIGNATURE + LETTER)
    step = answer.step("identity")
    assert step["status"] == "ok", step
    for words in (
        "MX of sender.example: mx.sender.example",
        f"SPF of sender.example pass for {IP}, 2 of 10 lookups",
        "DKIM rsa key at s1._domainkey.sender.example",
        "DMARC of sender.example: p=reject; aligned by SPF and DKIM",
        f"PTR: {IP} is mx.sender.example, and back",
    ):
        assert words in step["text"]
    assert answer.code == 0


def test_without_a_sending_address_spf_is_read_and_not_evaluated(lab: Lab) -> None:
    text = ask(lab, DnsServer(HEALTHY)).step("identity")["text"]
    assert "SPF of sender.example is well formed, 2 of 10 lookups; not evaluated" in text
    assert "PTR" not in text
    assert "DKIM is seen with a message only" in text


MX = "MX 10 mx.sender.example."


@pytest.mark.parametrize(
    ("zone", "failure", "words"),
    [
        pytest.param(changed(sender__example=None), "D74", "does not exist", id="NXDOMAIN"),
        pytest.param(changed(sender__example=["MX 0 ."]), "D74", "null MX", id="null MX"),
        pytest.param(changed(sender__example=['TXT "x"']), "D74", "no MX and no address", id="no MX"),
        pytest.param(
            changed(sender__example=["CNAME a.sender.example."], a__sender__example=["CNAME sender.example."]),
            "D171", "go in a loop", id="a loop of aliases",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 -all"', 'TXT "v=spf1 mx -all"']), "D168", "2 SPF records",
            id="two SPF records",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 include:sender.example -all"']), "D168", "includes itself",
            id="SPF that includes itself",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 include:none.example -all"']), "D168", "which has none",
            id="SPF of a domain without",
        ),
        pytest.param(
            changed(sender__example=[MX, f'TXT "v=spf1 {" ".join(f"a:h{n}.example" for n in range(11))} -all"']),
            "D168", "more than 10 DNS lookups", id="SPF of eleven lookups",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 ipv4:192.0.2.1 -all"']), "D168", "a term that is none",
            id="SPF with a typing error",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 ip4:192.0.2 -all"']), "D168", "no address in", id="SPF with half an address",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 mx/99 -all"']), "D168", "no address in", id="SPF with a prefix that is none",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 ip4:203.0.113.9 -all"']), "D121", f"says fail for {IP}",
            id="SPF that fails",
        ),
        pytest.param(
            changed(sender__example=[MX, 'TXT "v=spf1 ~all"']), "D121", "softfail", id="SPF that fails softly",
        ),
        pytest.param(
            HEALTHY | {"s1._domainkey.sender.example": ['TXT "x"']},
            "D169", "there is no key", id="no DKIM key",
        ),
        pytest.param(
            HEALTHY | {"s1._domainkey.sender.example": ['TXT "v=DKIM1; p="']}, "D169", "was revoked", id="a revoked key",
        ),
        pytest.param(
            HEALTHY | {"s1._domainkey.sender.example": ['TXT "v=DKIM1; p=%%%"']}, "D169", "no base64", id="a broken key",
        ),
        pytest.param(
            HEALTHY | {"s1._domainkey.sender.example": ['TXT "v=DKIM1; p=AAAA"']}, "D169", "too short", id="a short key",
        ),
        pytest.param(
            {name: lines for name, lines in HEALTHY.items() if "in-addr" not in name}, "D124", "has no name", id="no PTR",
        ),
        pytest.param(
            HEALTHY | {"7.2.0.192.in-addr.arpa": ["PTR other.example."], "other.example": ["A 192.0.2.9"]},
            "D124", "has another address", id="PTR that does not lead back",
        ),
    ],
)  # fmt: skip
def test_what_receivers_hold_against_a_sender(lab: Lab, zone: dict[str, list[str]], failure: str, words: str) -> None:
    answer = ask(lab, DnsServer(zone), "--ip", IP, letter=SIGNATURE + LETTER)
    assert answer.failed == [("identity", failure)], answer.step("identity")
    assert words in answer.step("identity")["text"]
    assert answer.code == 1


def test_a_key_in_the_dns_is_compared_with_the_private_key(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings' private key signs; its public half must be what verifiers find."""
    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (lab.folder / "key.pem").write_bytes(pem)
    (lab.folder / "key.pem").chmod(0o600)
    (lab.folder / "mailtemplates.toml").write_text(
        '[[dkim]]\ndomain = "sender.example"\nselector = "s1"\nkey = "key.pem"\n'
    )
    monkeypatch.chdir(lab.folder)
    answer = ask(lab, DnsServer(HEALTHY), letter=SIGNATURE + LETTER)
    assert answer.failed == [("identity", "D170")]
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own = base64.b64encode(public).decode()
    halves = " ".join(f'"{part}"' for part in (f"v=DKIM1; k=rsa; p={own[:200]}", own[200:]))
    zone = HEALTHY | {"s1._domainkey.sender.example": [f"TXT {halves}"]}
    answer = ask(lab, DnsServer(zone), letter=SIGNATURE + LETTER)
    assert answer.code == 0, answer.step("identity")
    assert "that of the private key" in answer.step("identity")["text"]


def test_mail_for_which_nobody_speaks(lab: Lab) -> None:
    """No SPF, no signature: with a policy DMARC fails, without one the mail is not authenticated."""
    bare = HEALTHY | {"sender.example": [MX]}
    assert ask(lab, DnsServer(bare), letter=LETTER).failed == [("identity", "D122")]
    bare = {name: lines for name, lines in bare.items() if not name.startswith("_dmarc")}
    assert ask(lab, DnsServer(bare), letter=LETTER).failed == [("identity", "D120")]


def test_a_sender_at_an_address_has_no_domain_to_ask_about(lab: Lab) -> None:
    """RFC 5321 §4.1.3: ``x@[192.0.2.1]``."""
    answer = ask(lab, DnsServer(HEALTHY), "--from", "news@[192.0.2.1]")
    assert answer.step("identity")["status"] == "skip"


def test_a_name_server_that_is_silent_is_no_fault_of_the_mail(lab: Lab) -> None:
    answer = ask(lab, DnsServer(silent=True), timeout="1")
    assert answer.code == 0
    assert answer.step("identity")["status"] == "skip"
    assert "no answer about sender.example" in answer.step("identity")["text"]


def test_a_zone_that_fails(lab: Lab) -> None:
    answer = ask(lab, DnsServer(HEALTHY, fails=("sender.example",)))
    assert answer.failed == [("identity", "D171")]
    assert "SERVFAIL" in answer.step("identity")["text"]


def test_without_dnspython_the_step_says_how_to_get_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    step = ask(lab, DnsServer(HEALTHY)).step("identity")
    assert step["status"] == "skip"
    assert "mailtemplates[dns]" in step["text"]


def test_a_machine_without_name_server_skips_the_step(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.resolver

    def absent(configure: bool = True) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", absent)
    step = lab.ask(lab.url(lab.server()), "--to", BOB, "--from", "news@company.com").step("identity")
    assert step["status"] == "skip"
    assert "no name server" in step["text"]


def test_domains_for_tests_are_asked_of_nobody(lab: Lab) -> None:
    step = lab.ask(lab.url(lab.server()), "--to", BOB).step("identity")
    assert step["status"] == "skip"
    assert "example.test" in step["text"]
