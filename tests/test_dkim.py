"""DKIM: whatever is rendered and signed verifies elsewhere, whatever is changed afterwards does not."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from signingkeys import (
    ed25519_key,
    mailauth_results,
    pem,
    perl_results,
    rsa_key,
    verify_dkim,
    why_no_mailauth,
    why_no_perl,
)
from test_cli import mailtpl

from mailtemplates import Engine, Message, Settings, SettingsError, SigningError, Stamp
from mailtemplates.linting.linter import lint
from mailtemplates.mail import Mail
from mailtemplates.message.envelope import Envelope
from mailtemplates.settings import DkimSettings
from mailtemplates.signing.cut import cut
from mailtemplates.signing.dkim import DkimSigner, sign_dkim
from mailtemplates.signing.dkimkey import read_dkim_key
from mailtemplates.signing.dkimsignature import canonical_body, canonical_field, names_to_sign

STAMP = Stamp(datetime(2026, 1, 31, 12, tzinfo=UTC), "token")
MOMENT = STAMP.date
SOURCE = (
    "{% block from %}{{ a }} <hello@news.acme.example>{% endblock %}{% block to %}{{ a }} <a@x.example>{% endblock %}"
    "{% block subject %}{{ s }}{% endblock %}{% block headers %}X-Note: {{ s }}{% endblock %}"
    "{% block list_unsubscribe %}https://acme.example/u/7{% endblock %}"
    "{% block text %}{{ body }}{% endblock %}"
)


@dataclass(frozen=True)
class Keys:
    """A folder with both kinds of keys, the settings that name them, and the records of their public halves."""

    folder: Path
    settings: Settings
    signers: tuple[DkimSigner, ...]
    records: dict[str, str]

    def sign(self, message: Message) -> Message:
        return sign_dkim(message, self.signers, MOMENT)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    (folder / "rsa.pem").write_bytes(pem(rsa_key()))
    (folder / "ed25519.pem").write_bytes(pem(ed25519_key()))
    tables = (
        DkimSettings("acme.example", "2026a", "rsa.pem"),
        DkimSettings("acme.example", "2026b", "ed25519.pem"),
    )
    signers = tuple(DkimSigner.of(one, folder) for one in tables)
    return Keys(folder, Settings(folder, dkim=tables), signers, dict(one.record for one in signers))


@pytest.fixture(scope="module")
def engine(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "t.j2").write_text(SOURCE)
    return Engine(folder, settings=keys.settings)


def unsigned(octets: bytes) -> bytes:
    """The message without the signatures that stand before everything else."""
    while octets.startswith(b"DKIM-Signature:"):
        octets = octets.split(b"\r\n", 1)[1]
        while octets[:1] in b" \t":
            octets = octets.split(b"\r\n", 1)[1]
    return octets


NAMES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=60)
BODIES = st.text(st.sampled_from("ab \t\n.=é漢"), min_size=1, max_size=300).filter(str.strip)


@settings(max_examples=120, deadline=None)
@given(name=NAMES, subject=NAMES, body=BODIES)
def test_any_rendered_message_verifies_and_is_otherwise_as_it_was(
    engine: Engine, keys: Keys, name: str, subject: str, body: str
) -> None:
    mail = engine.render("t.j2", {"a": name, "s": subject, "body": body})
    message = mail.message(STAMP)
    assert verify_dkim(message.octets, keys.records) == [True, True]
    plain = Mail(mail.parts).message(STAMP)
    assert unsigned(message.octets) == plain.octets
    assert message.envelope == plain.envelope


STARTERS = pytest.mark.parametrize("name", ["newsletter", "password_reset", "receipt", "welcome"])


def starter(keys: Keys, name: str) -> tuple[bytes, bytes]:
    """A starter's message as it is signed, and with a subject that somebody changed."""
    engine = Engine(ROOT / "templates", settings=keys.settings)
    octets = engine.render(f"{name}.j2", engine.sample(f"{name}.j2")).message(STAMP).octets
    return octets, octets.replace(b"\r\nSubject: ", b"\r\nSubject: x", 1)


@STARTERS
def test_the_starters_verify_with_dkimpy(keys: Keys, name: str) -> None:
    octets, changed = starter(keys, name)
    assert verify_dkim(octets, keys.records) == [True, True]
    assert verify_dkim(changed, keys.records) == [False, False]


@STARTERS
def test_the_starters_verify_with_perl(keys: Keys, name: str) -> None:
    """Mail::DKIM shares no code with what signs. It does not know Ed25519."""
    if why := why_no_perl():
        pytest.skip(why)
    octets, changed = starter(keys, name)
    assert perl_results(octets, keys.records)[0] == "pass"
    assert perl_results(changed, keys.records)[0] == "fail"


@STARTERS
def test_the_starters_verify_with_mailauth(keys: Keys, name: str) -> None:
    """Nor does mailauth, which knows both algorithms."""
    if why := why_no_mailauth():
        pytest.skip(why)
    octets, changed = starter(keys, name)
    assert mailauth_results(octets, keys.records) == ["pass", "pass"]
    assert mailauth_results(changed, keys.records) == ["fail", "fail"]


def test_every_flipped_octet_is_noticed(engine: Engine, keys: Keys) -> None:
    """In the body, in each signed field and in the signature; only in a field that is not signed it is not.

    Flipped is the bit that makes no blank of another blank. Without its capitals or its colon a line is no field to dkimpy.
    """
    signer = keys.signers[1:]
    mail = engine.render("t.j2", {"a": "Ann", "s": "Hello", "body": "A line.\nAnother."})
    octets = sign_dkim(Mail(mail.parts).message(STAMP), signer, MOMENT).octets
    start = octets.index(b"X-Note: Hello\r\n")
    free = [start + at for at, octet in enumerate(b"X-Note: Hello\r") if octet not in b"XN:"]
    padding = octets.index(b"==\r\n") - 1  # the last digit of b=, some bits of which say nothing
    assert verify_dkim(octets, keys.records) == [True]
    unnoticed = []
    for at in [at for at in range(len(octets)) if at != padding]:
        flipped = octets[:at] + bytes([octets[at] ^ 0x40]) + octets[at + 1 :]
        if all(verify_dkim(flipped, keys.records) or [False]):
            unnoticed.append(at)
    assert unnoticed == free


@pytest.mark.parametrize("name", ["From", "Subject"])
@pytest.mark.parametrize("place", ["first", "last"])
def test_nobody_can_add_a_second_from_or_subject(engine: Engine, keys: Keys, name: str, place: str) -> None:
    octets = engine.render("t.j2", {"a": "Ann", "s": "Hello", "body": "Hi"}).message(STAMP).octets
    field = f"{name}: Eve <eve@x.example>\r\n".encode()
    more = field + octets if place == "first" else octets.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n", 1)
    assert verify_dkim(octets, keys.records) == [True, True]
    assert not all(verify_dkim(more, keys.records) or [False])


def test_the_fields_that_rfc_8058_asks_for_are_covered(keys: Keys) -> None:
    engine = Engine(ROOT / "templates", settings=keys.settings)
    octets = engine.render("newsletter.j2", engine.sample("newsletter.j2")).message(STAMP).octets
    listed = octets.partition(b" h=")[2].partition(b";")[0].replace(b"\r\n", b"").replace(b" ", b"").split(b":")
    assert listed.count(b"From") == listed.count(b"Subject") == 2
    assert {b"List-Unsubscribe", b"List-Unsubscribe-Post", b"List-Id", b"Date", b"To", b"Message-ID"} < set(listed)


def test_the_same_stamp_gives_the_same_octets(engine: Engine) -> None:
    mail = engine.render("t.j2", {"a": "Ann", "s": "Hello", "body": "Hi"})
    first = mail.message(STAMP).octets
    assert mail.message(STAMP).octets == first
    assert f" t={int(STAMP.date.timestamp())};".encode() in first
    later = Stamp(datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC), "token")
    assert f" t={int(later.date.timestamp())};".encode() in mail.message(later).octets


def test_a_moment_before_1970_has_no_place_in_a_signature(engine: Engine, keys: Keys) -> None:
    octets = (
        engine.render("t.j2", {"a": "", "s": "x", "body": "x"}).message(Stamp(datetime(1969, 1, 1, tzinfo=UTC))).octets
    )
    assert b" t=" not in octets.partition(b"Date:")[0]
    assert verify_dkim(octets, keys.records) == [True, True]


def test_signing_adds_no_finding(keys: Keys) -> None:
    """The linter judges the octets that are sent; a signature gives it nothing to say, in bulk mail either."""
    bulk = keys.settings._replace(profile="bulk")
    engine = Engine(ROOT / "templates", settings=bulk)
    mail = engine.render("newsletter.j2", engine.sample("newsletter.j2"))
    before = {(one.code, one.message) for one in lint(Mail(mail.parts).message(STAMP), bulk)}
    after = {(one.code, one.message) for one in lint(mail.message(STAMP), bulk)}
    assert after <= before
    head = mail.message(STAMP).octets.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_lint_on_render_sees_the_signature(keys: Keys) -> None:
    """A key whose ``h=`` lacks what bulk mail needs is found by the rule over signatures, so it judges what is sent."""
    narrow = replace(keys.signers[0], wanted=("From", "Subject"))
    engine = Engine(ROOT / "templates", settings=keys.settings._replace(profile="bulk"))
    mail = engine.render("newsletter.j2", engine.sample("newsletter.j2"))
    message = sign_dkim(Mail(mail.parts).message(STAMP), [narrow], MOMENT)
    assert "BLK008" in {one.code for one in lint(message, engine.settings)}


def test_lint_knows_the_domains_that_sign_without_their_keys() -> None:
    """Lint has no keys: of a message that is not signed yet it judges whether From fits a domain that will sign it."""
    bulk = Settings(profile="bulk", dkim=(DkimSettings("acme-shop.com", "s", "no.pem"),))
    found = {
        domain: {one.code for one in lint(PLAIN.replace(b"acme.example", domain.encode()), bulk)}
        for domain in ("news.acme-shop.com", "other-shop.com")
    }
    assert "BLK007" in found["other-shop.com"]
    assert "BLK007" not in found["news.acme-shop.com"]


# RFC 6376 §3.4.5 and §3.4.6, and RFC 8463 Appendix A.


def test_canonical_forms_of_rfc_6376() -> None:
    assert canonical_field(b"A: X") + canonical_field(b"B : Y\t\r\n\tZ  ") == b"a:X\r\nb:Y Z\r\n"
    assert canonical_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"


@pytest.mark.parametrize(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b" \t \r\n\r\n", b""),
        (b"a", b"a\r\n"),
        (b"a\t", b"a\r\n"),
        (b"a\r\n \r\n", b"a\r\n"),
        (b"\r\na\r\n", b"\r\na\r\n"),
        (b"a \t\t b\r\n", b"a b\r\n"),
    ],
    ids=["none", "empty line", "blank lines", "no line end", "blank at the end", "blank last", "first", "inside"],
)
def test_canonical_bodies(body: bytes, canonical: bytes) -> None:
    assert canonical_body(body) == canonical


RFC_MESSAGE = b"""\
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
RFC_SIGNATURE = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=""".replace(b"\n", b"\r\n")
RFC_PRIVATE = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
RFC_B = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="


def test_the_signature_of_rfc_8463_is_made_from_its_key(tmp_path: Path) -> None:
    """The RFC's own key, canonicalized as here, gives the RFC's own signature."""
    private = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20" + base64.b64decode(RFC_PRIVATE)
    (tmp_path / "key.pem").write_bytes(
        b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(private) + b"\n-----END PRIVATE KEY-----\n"
    )
    key = read_dkim_key(tmp_path / "key.pem")
    assert key.record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    parts = cut(RFC_MESSAGE)
    assert base64.b64encode(hashlib.sha256(canonical_body(parts.body)).digest()) in RFC_SIGNATURE
    listed = b"".join(map(canonical_field, parts.fields[:1] + parts.fields[1:2] + parts.fields[2:]))
    covered = listed + canonical_field(RFC_SIGNATURE).removesuffix(b"\r\n")
    assert base64.b64encode(key.sign(hashlib.sha256(covered).digest())).decode() == RFC_B


def test_of_fields_with_one_name_each_is_signed() -> None:
    fields = (b"From: a@x.example", b"List-Id: <1.x.example>", b"list-id: <2.x.example>")
    assert names_to_sign(fields, ("From", "List-Id", "To"), frozenset(("from",))) == (
        "From",
        "From",
        "List-Id",
        "List-Id",
    )


def test_two_fields_with_one_name_verify(keys: Keys) -> None:
    octets = RFC_MESSAGE.replace(b"To:", b"List-Id: <1.x.example>\r\nList-Id: <2.x.example>\r\nTo:").replace(
        b"football.example.com", b"acme.example"
    )
    message = keys.sign(Message(octets, Envelope("joe@acme.example", ("suzie@x.example",)), ""))
    assert verify_dkim(message.octets, keys.records) == [True, True]


def test_blanks_without_end_are_canonicalized_in_linear_time() -> None:
    """Two million blanks with no line end: quadratic work would take hours."""
    assert canonical_body(b" " * 2_000_000 + b"x") == b" x\r\n"
    assert canonical_body(b" \r\n" * 300_000) == b""


# What cannot be signed says why, and what to do.

PLAIN = RFC_MESSAGE.replace(b"football.example.com", b"acme.example")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (PLAIN.replace(b"Hi.\r\n", b"Hi.\n"), "lone CR or LF"),
        (PLAIN.replace(b"Hi.", "Hí.".encode()), "body outside ASCII"),
        (PLAIN.replace(b"From:", b"X-From:"), "no From"),
        (
            PLAIN.replace(b"joe@acme.example", b"joe@other.example"),
            "From is at other.example, and DKIM signs for acme.example",
        ),
        (b"", "no From"),
    ],
    ids=["line end", "8bit", "no from", "alignment", "nothing"],
)
def test_a_message_that_cannot_be_signed(keys: Keys, octets: bytes, words: str) -> None:
    with pytest.raises(SigningError, match=words) as caught:
        keys.sign(Message(octets, Envelope("joe@acme.example", ("suzie@x.example",)), ""))
    assert caught.value.cure


def test_only_the_domains_of_from_sign(keys: Keys) -> None:
    other = replace(keys.signers[1], domain="other.example")
    message = Message(PLAIN, Envelope("joe@acme.example", ("suzie@x.example",)), "")
    signed = sign_dkim(message, [keys.signers[0], other], MOMENT).octets
    assert signed.count(b"DKIM-Signature:") == 1
    assert b"d=acme.example" in signed


def write_key(folder: Path, octets: bytes) -> DkimSettings:
    (folder / "key.pem").write_bytes(octets)
    return DkimSettings("acme.example", "s", "key.pem")


def public(folder: Path) -> DkimSettings:
    from cryptography.hazmat.primitives import serialization

    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    return write_key(folder, rsa_key().public_key().public_bytes(serialization.Encoding.PEM, shape))


def elliptic(folder: Path) -> DkimSettings:
    from cryptography.hazmat.primitives.asymmetric import ec

    return write_key(folder, pem(ec.generate_private_key(ec.SECP256R1())))


def with_folder(folder: Path) -> DkimSettings:
    (folder / "key.pem").mkdir()
    return DkimSettings("acme.example", "s", "key.pem")


@pytest.mark.parametrize(
    ("make", "problem", "cure"),
    [
        (
            lambda folder: DkimSettings("acme.example", "s", "no.pem"),
            "cannot be read: .*no.pem: No such file",
            "mend the path",
        ),
        (with_folder, "cannot be read: .*directory", "mend the path"),
        (lambda folder: write_key(folder, b"\x00\xff"), "holds no private key in PEM", "openssl pkey"),
        (
            lambda folder: write_key(folder, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "holds no private key",
            "openssl",
        ),
        (lambda folder: write_key(folder, pem(rsa_key(), b"secret")), "locked with a passphrase", "openssl pkey -in"),
        (
            lambda folder: write_key(folder, pem(rsa_key(), b"secret", traditional=True)),
            "locked with a passphrase",
            "openssl pkey -in",
        ),
        (public, "holds a public key", "BEGIN PRIVATE KEY"),
        (elliptic, "neither RSA nor Ed25519", "openssl genpkey"),
        (lambda folder: write_key(folder, pem(rsa_key()))._replace(selector="a b"), "'a b' is not a selector", "2026a"),
        (lambda folder: write_key(folder, pem(rsa_key()))._replace(domain="a..b"), "dkim: .*a..b", ""),
        (
            lambda folder: write_key(folder, pem(rsa_key()))._replace(sign=("Received",)),
            "'Received' cannot be signed",
            "leave it out",
        ),
    ],
    ids=[
        "missing",
        "a folder",
        "no pem",
        "broken",
        "locked",
        "locked, old form",
        "public",
        "elliptic",
        "selector",
        "domain",
        "received",
    ],
)
def test_a_key_that_cannot_be_used(
    tmp_path: Path, make: Callable[[Path], DkimSettings], problem: str, cure: str
) -> None:
    with pytest.raises(SettingsError, match=problem) as caught:
        DkimSigner.of(make(tmp_path), tmp_path)
    assert cure in caught.value.cure
    assert "PRIVATE KEY-----\nM" not in str(caught.value)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """cryptography does not make keys this short any more, so openssl does, where it can."""
    done = subprocess.run(
        ["openssl", "genrsa", "-out", str(tmp_path / "key.pem"), "768"], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("openssl makes no keys of 768 bits")
    with pytest.raises(SettingsError, match="has 768 bits; no verifier takes fewer than 1024"):
        DkimSigner.of(DkimSettings("acme.example", "s", "key.pem"), tmp_path)


def test_a_key_is_not_shown(keys: Keys) -> None:
    assert "PRIVATE" not in repr(keys.signers)
    assert "lambda" not in repr(keys.signers)


# The engine and the command line.


def test_a_key_is_read_when_the_first_message_is_composed(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text(SOURCE)
    engine = Engine(tmp_path, settings=Settings(tmp_path, dkim=(DkimSettings("acme.example", "s", "no.pem"),)))
    mail = engine.render("t.j2", {"a": "Ann", "s": "Hello", "body": "Hi"})
    assert mail.text == "Hi\n"
    with pytest.raises(SettingsError, match=r"no\.pem"):
        mail.message(STAMP)
    (tmp_path / "no.pem").write_bytes(pem(rsa_key()))
    assert mail.message(STAMP).octets.startswith(b"DKIM-Signature: ")
    assert (
        Engine(tmp_path, settings=engine.settings, sign=False)
        .render("t.j2", {"a": "", "s": "", "body": "x"})
        .message(STAMP)
    )


def test_a_run_without_signing_imports_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_text(SOURCE)
    program = (
        "import sys; from mailtemplates import Engine\n"
        f"Engine({str(tmp_path)!r}).render('t.j2', dict(a='Ann', s='x', body='x')).message()\n"
        "print([name for name in sys.modules if name.startswith(('cryptography', 'dkim', 'mailtemplates.signing'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_cryptography_the_cure_is_the_command_that_installs_it(keys: Keys) -> None:
    program = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from pathlib import Path; from mailtemplates.settings import DkimSettings\n"
        "from mailtemplates.signing.dkim import DkimSigner\n"
        f"try: DkimSigner.of(DkimSettings('acme.example', 's', 'rsa.pem'), Path({str(keys.folder)!r}))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SettingsError DKIM needs the package cryptography")
    assert "pip install 'mailtemplates[dkim]'" in done.stdout


@pytest.fixture
def project(keys: Keys, tmp_path: Path) -> Path:
    """A project whose settings ask for a signature."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "t.j2").write_text(SOURCE)
    (tmp_path / "data.json").write_text('{"a": "Ann", "s": "Hello", "body": "Hi"}')
    (tmp_path / "rsa.pem").write_bytes((keys.folder / "rsa.pem").read_bytes())
    (tmp_path / "mailtemplates.toml").write_text(
        '[dkim]\ndomain = "acme.example"\nselector = "2026a"\nkey = "rsa.pem"\n'
    )
    return tmp_path


def test_render_signs_unless_it_is_told_not_to(project: Path, keys: Keys) -> None:
    signed = mailtpl("render", "t.j2", "--data", "data.json", "--stamp", "2026-01-31T12:00:00Z,t", cwd=project)
    assert (signed.returncode, signed.stderr) == (0, b"")
    assert verify_dkim(signed.stdout, keys.records) == [True]
    plain = mailtpl(
        "render", "t.j2", "--data", "data.json", "--stamp", "2026-01-31T12:00:00Z,t", "--no-sign", cwd=project
    )
    assert plain.stdout == unsigned(signed.stdout)


def test_sign_signs_a_message_of_any_origin(project: Path, keys: Keys) -> None:
    (project / "m.eml").write_bytes(PLAIN.replace(b"\r\n", b"\n"))
    done = mailtpl("sign", "m.eml", "--out", "signed.eml", cwd=project, SOURCE_DATE_EPOCH="1769860800")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    octets = (project / "signed.eml").read_bytes()
    assert unsigned(octets) == PLAIN
    assert b" t=1769860800;" in octets
    assert verify_dkim(octets, keys.records) == [True]
    assert mailtpl("sign", cwd=project, stdin=PLAIN, SOURCE_DATE_EPOCH="1769860800").stdout == octets


def test_sign_prints_the_record_for_the_zone(project: Path, keys: Keys) -> None:
    done = mailtpl("sign", "--record", cwd=project)
    name, *strings, last = done.stdout.decode().splitlines()
    assert (name, last) == ("2026a._domainkey.acme.example. IN TXT (", ")")
    assert all(len(line.strip()) <= 257 for line in strings)
    assert "".join(line.strip().strip('"') for line in strings) == keys.records["2026a._domainkey.acme.example"]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("", "the settings do not say how to sign"),
        ('[dkim]\ndomain = "a.example"\nselector = "s"\n', "a table dkim has no key"),
        ('[dkim]\ndomian = "a.example"\n', "unknown setting 'dkim.domian'"),
        ("dkim = 1\n", "the setting 'dkim' must be a table"),
        ("[dkim]\nkey = 1\n", "the setting 'dkim.key' must be a string"),
        ("[smime]\nkye = 'x'\n", "did you mean 'smime.key'"),
        ("[smime]\ncertificate = 'x'\n", "a certificate and no key"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, toml: str, words: str) -> None:
    (tmp_path / "mailtemplates.toml").write_text(toml)
    done = mailtpl("sign", cwd=tmp_path, stdin=PLAIN)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def rows(project: Path, count: int) -> None:
    lines = [json.dumps({"a": f"Ann {number}", "s": f"Hello {number}", "body": "Hi"}) for number in range(count)]
    (project / "rows.jsonl").write_text("\n".join(lines))


def test_merge_signs_in_its_processes(project: Path, keys: Keys) -> None:
    rows(project, 70)
    done = mailtpl(
        "merge", "t.j2", "--data", "rows.jsonl", "--out", "out", "--jobs", "2", "--force", "ALL", cwd=project
    )
    assert done.returncode == 0, done.stderr.decode()
    made = [path.read_bytes() for path in (project / "out").glob("**/*.eml")]
    assert len(made) == 70
    assert all(verify_dkim(octets, keys.records) == [True] for octets in made)


def test_merge_says_at_once_that_a_key_cannot_be_used(project: Path) -> None:
    rows(project, 3)
    (project / "rsa.pem").unlink()
    done = mailtpl("merge", "t.j2", "--data", "rows.jsonl", "--out", "out", "--jobs", "2", cwd=project)
    assert done.returncode == 2
    assert b"the private key of dkim cannot be read: rsa.pem" in done.stderr
    assert not list(project.glob("out/**/*.eml"))


def test_two_signatures_are_an_array_of_tables(project: Path, keys: Keys) -> None:
    (project / "ed25519.pem").write_bytes((keys.folder / "ed25519.pem").read_bytes())
    tables = [
        '[[dkim]]\ndomain = "acme.example"\nselector = "{}"\nkey = "{}.pem"\n'.format(*one)
        for one in [("2026a", "rsa"), ("2026b", "ed25519")]
    ]
    (project / "mailtemplates.toml").write_text("\n".join(tables))
    assert verify_dkim(mailtpl("sign", cwd=project, stdin=PLAIN).stdout, keys.records) == [True, True]
    shown = mailtpl("lint", "--show-settings", cwd=project).stdout.decode()
    assert 'selector" = "2026a"' in shown


def test_an_international_address_is_signed_in_utf_8(engine: Engine, keys: Keys) -> None:
    """A header in UTF-8 (RFC 6532) is signed as its octets are (RFC 8616)."""
    mail = engine.render("t.j2", {"a": "Jörg", "s": "Grüße", "body": "Hi"}, to="Jörg <jörg@x.example>")
    message = mail.message(STAMP)
    assert message.envelope.smtputf8
    assert not message.octets.isascii()
    assert verify_dkim(message.octets, keys.records) == [True, True]
    if not why_no_mailauth():
        assert mailauth_results(message.octets, keys.records) == ["pass", "pass"]
