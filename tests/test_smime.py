"""S/MIME: what is signed verifies with openssl, and what is encrypted is read by its recipients and nobody else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import ROOT
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from signingkeys import certificate, ed25519_key, pem, pem_of, rsa_key, verify_dkim

from mailtemplates import Engine, LintError, Message, Settings, SettingsError, SigningError, Stamp
from mailtemplates.linting.linter import lint
from mailtemplates.mail import Mail
from mailtemplates.merging.maker import Maker
from mailtemplates.octets.mime import parse
from mailtemplates.settings import DkimSettings, SmimeSettings
from mailtemplates.signing.signer import Signer
from mailtemplates.signing.smime import SmimeEncryptor, SmimeSigner

STAMP = Stamp(datetime(2026, 1, 31, 12, tzinfo=UTC), "token")
SOURCE = (
    "{% block from %}{{ a }} <hello@acme.example>{% endblock %}"
    "{% block to %}Ann <Ann@x.example>, bob@x.example{% endblock %}"
    "{% block subject %}{{ s }}{% endblock %}{% block html %}<p>{{ body }}</p>{% endblock %}"
    "{% block text %}{{ body }}{% endblock %}"
)
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


@dataclass(frozen=True)
class People:
    """A folder: a CA that signs for everybody, a sender, and the certificates of two recipients."""

    folder: Path
    settings: Settings
    ca: tuple[x509.Certificate, ec.EllipticCurvePrivateKey]

    def issue(self, name: str, number: int, *addresses: str, **given: object) -> x509.Certificate:
        return certificate(name, rsa_key(2048, number), issuer=self.ca, addresses=addresses, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    folder = tmp_path_factory.mktemp("people")
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = certificate("CA", ca_key)
    smime = SmimeSettings("acme.pem", "acme.key", "certs")
    made = People(folder, Settings(folder, smime=smime), (ca, ca_key))
    (folder / "certs").mkdir()
    (folder / "ca.pem").write_bytes(pem_of(ca))
    (folder / "acme.pem").write_bytes(pem_of(made.issue("Acme", 0, "hello@acme.example"), ca))
    (folder / "acme.key").write_bytes(pem(rsa_key(2048, 0)))
    for number, name in enumerate(("ann", "bob"), 1):
        own = made.issue(name, number, f"{name}@X.example")
        (folder / "certs" / f"{name}.pem").write_bytes(pem_of(own))
        (folder / f"{name}.key").write_bytes(pem(rsa_key(2048, number)))
    (folder / "certs" / "README").write_text("no certificate")
    return made


@pytest.fixture(scope="module")
def engine(people: People) -> Engine:
    (people.folder / "templates").mkdir()
    (people.folder / "templates" / "t.j2").write_text(SOURCE)
    return Engine(people.folder / "templates", settings=people.settings)


def openssl(folder: Path, *arguments: str, octets: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", "cms", *arguments], input=octets, cwd=folder, capture_output=True, check=False)


def verify(people: People, octets: bytes) -> bytes:
    """The entity that was signed, when the signature holds and its certificate is the CA's."""
    done = openssl(people.folder, "-verify", "-CAfile", "ca.pem", "-purpose", "smimesign", octets=octets)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def decrypt(people: People, octets: bytes, who: str) -> bytes:
    done = openssl(people.folder, "-decrypt", "-recip", f"certs/{who}.pem", "-inkey", f"{who}.key", octets=octets)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def plain(engine: Engine, *, bcc: str = "", **data: str) -> Message:
    mail = engine.render("t.j2", {"a": "Acme", "s": "Hello", "body": "Hi", **data}, bcc=bcc or None)
    return Mail(mail.parts).message(STAMP)


def entity_of(octets: bytes) -> bytes:
    """The fields Content-… with the body, which is what is protected."""
    header, _, body = octets.partition(b"\r\n\r\n")
    inside = [one for one in fields_of(header) if one.startswith(b"Content-")]
    return b"\r\n".join([*inside, b"", body])


def outer_fields(octets: bytes) -> list[bytes]:
    return [one for one in fields_of(octets.partition(b"\r\n\r\n")[0]) if not one.startswith(b"Content-")]


def fields_of(header: bytes) -> list[bytes]:
    return re.split(rb"\r\n(?![ \t])", header)


TEXTS = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=80)


@needs_openssl
@settings(max_examples=25, deadline=None)
@given(name=TEXTS, subject=TEXTS, body=st.text(st.sampled_from("ab .\t\n=-é漢"), min_size=1).filter(str.strip))
def test_any_rendered_message_verifies_with_openssl(
    people: People, engine: Engine, name: str, subject: str, body: str
) -> None:
    """openssl gives back the entity octet for octet, and no field outside it has changed."""
    message = plain(engine, a=name, s=subject, body=body)
    signed = Signer.of(people.settings._replace(smime=people.settings.smime._replace(recipients=""))).sign(
        message, STAMP.date
    )
    assert verify(people, signed.octets) == entity_of(message.octets)
    assert outer_fields(signed.octets) == outer_fields(message.octets)
    assert (signed.envelope, signed.message_id) == (message.envelope, message.message_id)


@needs_openssl
@pytest.mark.parametrize("name", ["newsletter", "password_reset", "receipt", "welcome"])
def test_the_starters_are_signed_encrypted_and_signed_for_the_domain(people: People, name: str) -> None:
    """The whole way: DKIM holds over what is sent, each recipient decrypts, and finds a signature that holds."""
    smime = people.settings.smime._replace(certificate="starter.pem")
    (people.folder / "starter.pem").write_bytes(pem_of(people.issue("Acme", 0)))
    dkim = (DkimSettings("acme.example", "s", "acme.key"),)
    settings = people.settings._replace(smime=smime, dkim=dkim)
    engine = Engine(ROOT / "templates", settings=settings)
    mail = engine.render(
        f"{name}.j2", engine.sample(f"{name}.j2"), to="Ann <ann@x.example>", bcc="bob@x.example", cc="bob@x.example"
    )
    octets = mail.message(STAMP).octets
    assert octets.isascii()
    assert verify_dkim(octets, dict(one.record for one in Signer.of(settings).dkim)) == [True]
    inner = Mail(mail.parts).message(STAMP).octets
    for who in ("ann", "bob"):
        assert verify(people, decrypt(people, octets, who)) == entity_of(inner)


@needs_openssl
def test_every_change_of_what_is_signed_is_noticed(people: People, engine: Engine) -> None:
    message = plain(engine, body="A line.\nAnother.")
    signer = SmimeSigner.of(people.settings.smime, people.folder)
    octets = signer.sign(message).octets
    start = octets.index(entity_of(message.octets))
    assert verify(people, octets)
    for at in range(start, start + len(entity_of(message.octets)), 7):
        flipped = octets[:at] + bytes([octets[at] ^ 0x40]) + octets[at + 1 :]
        assert openssl(people.folder, "-verify", "-CAfile", "ca.pem", octets=flipped).returncode != 0


@needs_openssl
def test_nobody_else_decrypts(people: People, engine: Engine) -> None:
    octets = SmimeEncryptor.of(people.settings.smime, people.folder).encrypt(plain(engine, body="Hi, Ann!")).octets
    done = openssl(people.folder, "-decrypt", "-recip", "acme.pem", "-inkey", "acme.key", octets=octets)
    assert done.returncode != 0
    assert b"Hi, Ann!" not in octets


@needs_openssl
def test_a_signature_by_an_elliptic_key(people: People, engine: Engine, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "c.pem").write_bytes(
        pem_of(certificate("Acme", key, issuer=people.ca, addresses=["hello@acme.example"]))
    )
    (tmp_path / "k.pem").write_bytes(pem(key))
    signed = SmimeSigner.of(SmimeSettings("c.pem", "k.pem"), tmp_path).sign(plain(engine))
    assert verify(people, signed.octets) == entity_of(plain(engine).octets)


def test_the_shape_of_both(people: People, engine: Engine) -> None:
    message = plain(engine)
    signed = SmimeSigner.of(people.settings.smime, people.folder).sign(message).octets
    root = parse(signed)
    assert [part.media_type for part in root.children] == ["multipart/alternative", "application/pkcs7-signature"]
    assert root.media_type == "multipart/signed"
    assert max(map(len, signed.split(b"\r\n"))) <= 78
    sealed = SmimeEncryptor.of(people.settings.smime, people.folder).encrypt(message).octets
    head = sealed.partition(b"\r\n\r\n")[0]
    assert b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=smime.p7m" in head
    assert not sealed.count(b"Content-Type:") > 1


def test_signing_adds_no_finding(people: People, engine: Engine) -> None:
    message = plain(engine)
    before = {(one.code, one.message) for one in lint(message, people.settings)}
    signer = SmimeSigner.of(people.settings.smime, people.folder)
    sealer = SmimeEncryptor.of(people.settings.smime, people.folder)
    for made in (signer.sign(message), sealer.encrypt(message), sealer.encrypt(signer.sign(message))):
        assert {(one.code, one.message) for one in lint(made, people.settings)} <= before


def test_the_linter_judges_a_message_before_it_is_encrypted(engine: Engine) -> None:
    """Encrypted it has nothing left that a rule could find."""
    data = {"a": "Acme", "s": "Hello", "body": "Hi"}
    assert engine.render("t.j2", data, lint="error").message(STAMP)
    with pytest.raises(LintError, match="placeholder"):
        engine.render("t.j2", {**data, "body": "Hi {{ name }}"}, lint="warning")


def test_merge_judges_a_message_before_it_is_encrypted(people: People, engine: Engine) -> None:
    maker = Maker(people.settings._replace(ignore=("ADR011",)), engine.folders, "t.j2", STAMP.date)
    maker.prepare()
    data = {"a": "Acme", "s": "Hello", "body": "Hi"}
    assert b"enveloped-data" in maker.make(data, "1").octets
    with pytest.raises(LintError, match="placeholder"):
        maker.make({**data, "body": "Hi {{ name }}"}, "2")


# What cannot be used says why.


def encrypted(engine: Engine, folder: Path, **data: str) -> Message:
    return SmimeEncryptor.of(SmimeSettings(recipients="certs"), folder).encrypt(plain(engine, **data))


def only(folder: Path, *certificates: x509.Certificate) -> Path:
    (folder / "certs").mkdir()
    for number, one in enumerate(certificates):
        (folder / "certs" / f"{number}.pem").write_bytes(pem_of(one))
    return folder


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"days": (-9, -2)}, "the certificate of Ann@x.example expired on "),
        ({"days": (2, 9)}, "the certificate of Ann@x.example is valid from "),
        ({"uses": [ExtendedKeyUsageOID.SERVER_AUTH]}, "is not for e-mail"),
        ({"encrypts": False}, "is not for encryption"),
    ],
    ids=["expired", "not yet", "for servers", "signs only"],
)
def test_a_recipients_certificate_that_cannot_be_used(
    people: People, engine: Engine, tmp_path: Path, given: dict[str, object], words: str
) -> None:
    folder = only(tmp_path, people.issue("Ann", 1, "ann@x.example", **given), people.issue("Bob", 2, "bob@x.example"))
    with pytest.raises(SigningError, match=words) as caught:
        encrypted(engine, folder)
    assert caught.value.exit_code == 1
    assert caught.value.cure


def test_a_recipient_without_certificate_is_named(people: People, engine: Engine, tmp_path: Path) -> None:
    folder = only(tmp_path, people.issue("Ann", 1, "ann@x.example"))
    with pytest.raises(SigningError, match=r"there is no certificate for bob@x\.example") as caught:
        encrypted(engine, folder)
    assert "recipients" in caught.value.cure


def test_only_rsa_can_be_encrypted_to(people: People, engine: Engine, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ann = certificate("Ann", key, issuer=people.ca, addresses=["ann@x.example"])
    with pytest.raises(SigningError, match="has a key of another kind: only RSA"):
        encrypted(engine, only(tmp_path, ann, people.issue("Bob", 2, "bob@x.example")))


@needs_openssl
def test_of_several_certificates_one_that_can_be_used_is_taken(people: People, engine: Engine, tmp_path: Path) -> None:
    """The last to expire is for signing only, another has expired: the third is the one."""
    old = people.issue("Ann", 1, "ann@x.example", days=(-9, -2))
    signs = people.issue("Ann", 1, "ann@x.example", days=(-1, 90), encrypts=False)
    right = people.issue("Ann", 1, "ann@x.example")
    octets = encrypted(engine, only(tmp_path, old, signs, right, people.issue("Bob", 2, "bob@x.example"))).octets
    (tmp_path / "right.pem").write_bytes(pem_of(right))
    done = openssl(tmp_path, "-decrypt", "-recip", "right.pem", "-inkey", str(people.folder / "ann.key"), octets=octets)
    assert done.stdout == entity_of(plain(engine).octets)


def test_a_certificate_without_address_is_for_the_one_its_file_is_named_after(
    people: People, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "ann@x.example.crt").write_bytes(pem_of(people.issue("Ann", 1)))
    der = people.issue("Bob", 2).public_bytes(Encoding.DER)
    (tmp_path / "certs" / "Bob@x.example.der").write_bytes(der)
    assert b"enveloped-data" in encrypted(engine, tmp_path).octets


def test_a_hidden_recipient_is_not_named_by_a_certificate(people: People, engine: Engine) -> None:
    with pytest.raises(SigningError, match=r"eve@x\.example is a hidden recipient"):
        encrypted(engine, people.folder, bcc="eve@x.example")


def test_a_message_to_nobody_is_not_encrypted(people: People, engine: Engine) -> None:
    sealer = SmimeEncryptor.of(people.settings.smime, people.folder)
    message = plain(engine)
    with pytest.raises(SigningError, match="no recipient"):
        sealer.encrypt(replace(message, envelope=message.envelope._replace(recipients=())))


Make = Callable[[People, Path], Sequence[x509.Certificate]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda people, folder: [people.issue("Acme", 0, days=(-9, -2))], "expired on"),
        (lambda people, folder: [people.issue("Acme", 0, days=(2, 9))], "is valid from"),
        (lambda people, folder: [people.issue("Acme", 0, uses=[ExtendedKeyUsageOID.SERVER_AUTH])], "is not for e-mail"),
        (lambda people, folder: [people.issue("Acme", 0, signs=False)], "is not for signing"),
        (lambda people, folder: [people.issue("Acme", 1)], "is not that of the certificate"),
        (lambda people, folder: [certificate("Acme", ed25519_key(), issuer=people.ca)], "only RSA and elliptic curves"),
        (lambda people, folder: [], "is no certificate"),
    ],
    ids=["expired", "not yet", "for servers", "encrypts only", "other key", "ed25519", "no certificate"],
)
def test_a_senders_certificate_that_cannot_be_used(people: People, tmp_path: Path, make: Make, words: str) -> None:
    (tmp_path / "c.pem").write_bytes(pem_of(*make(people, tmp_path)))
    (tmp_path / "k.pem").write_bytes(pem(rsa_key(2048, 0)))
    with pytest.raises(SettingsError, match=words) as caught:
        SmimeSigner.of(SmimeSettings("c.pem", "k.pem"), tmp_path)
    assert caught.value.exit_code == 2
    assert caught.value.cure


@pytest.mark.parametrize(
    ("smime", "words"),
    [
        (SmimeSettings("no.pem", "acme.key"), "the certificate of smime cannot be read: .*no.pem: No such file"),
        (SmimeSettings("acme.pem", "no.key"), "the private key of smime cannot be read"),
        (SmimeSettings(recipients="nowhere"), "the folder of certificates .*nowhere does not exist"),
        (SmimeSettings(key="acme.key"), "a key and no certificate"),
    ],
    ids=["no certificate", "no key", "no folder", "half"],
)
def test_paths_that_lead_nowhere(people: People, smime: SmimeSettings, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Signer.of(people.settings._replace(smime=smime))


def test_the_certificate_must_be_for_the_sender(people: People, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(pem_of(people.issue("Other", 0, "other@acme.example")))
    signer = SmimeSigner.of(SmimeSettings("c.pem", str(people.folder / "acme.key")), tmp_path)
    with pytest.raises(
        SigningError, match=r"the certificate is for other@acme\.example, and the message is from hello@"
    ):
        signer.sign(plain(engine))


def test_a_key_is_not_shown(people: People) -> None:
    signer = Signer.of(people.settings)
    assert "key=" not in repr(signer.smime)
    assert "PRIVATE" not in repr(signer)
