"""Transports' URLs, their parameters and passwords; nothing shown of them holds a secret."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.delivery.transporturl import TransportUrl, parse_transport
from mailtemplates.errors import SettingsError
from mailtemplates.smtp.login import Login, find_login
from mailtemplates.transports import Access, open_transport, transport_names

GOOD = {
    "smtp+starttls://user@host.test:587": TransportUrl("smtp+starttls", "user", None, "host.test", 587),
    "SMTPS://host.test": TransportUrl("smtps", host="host.test"),
    "smtps://a%40b.test:p%3A%2F%40%C3%A4@host.test/": TransportUrl("smtps", "a@b.test", "p:/@ä", "host.test", path="/"),
    "smtp://[::1]:25": TransportUrl("smtp", host="::1", port=25),
    "smtp://host.test:0000587": TransportUrl("smtp", host="host.test", port=587),
    "smtp://127.0.0.1": TransportUrl("smtp", host="127.0.0.1"),
    "smtp://bücher.test": TransportUrl("smtp", host="xn--bcher-kva.test"),
    "lmtp+unix:///run/lmtp": TransportUrl("lmtp+unix", path="/run/lmtp"),
    "maildir:mail/box?x=a%26b": TransportUrl("maildir", path="mail/box", options={"x": "a&b"}),
    "file:/tmp/a b": TransportUrl("file", path="/tmp/a b"),
    "null:": TransportUrl("null"),
    "failover(smtps://a.test null:)": TransportUrl(
        "failover", inner=(TransportUrl("smtps", host="a.test"), TransportUrl("null"))
    ),
}


@pytest.mark.parametrize(("text", "url"), GOOD.items(), ids=GOOD)
def test_a_url_is_read(text: str, url: TransportUrl) -> None:
    assert parse_transport(text) == url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("smtps://user:s3cret@host.test:465?timeout=3", "smtps://user:***@host.test:465"),
        ("smtps://user@[::1]", "smtps://user:***@[::1]"),
        ("failover(smtps://u:s3cret@a.test null:)", "failover(smtps://u:***@a.test null:)"),
        ("maildir:box", "maildir:box"),
    ],
)
def test_what_is_shown_has_no_password(text: str, shown: str) -> None:
    url = parse_transport(text)
    assert str(url) == shown
    assert "s3cret" not in repr(url)


BAD = [
    "", "host", "host:587", "://x", "smtps://", "smtps:host", "smtps://user:s3cret@", "smtps://user:s3cret@host:99999",
    "smtps://user:s3cret@host:port", "smtps://user:s3cret@ho st", "smtps://user:s3cret@-host", "smtps://u:s3cret@h/path",
    "smtps://user:s3cret@[::zz]", "smtps://user:s3cret@300.1.1.1", "smtps://u:s3cret@host?timeout=1&timeout=2",
    "smtps://u:s3cret@host?timeout=soon", "smtps://u:s3cret@host?timeout=-1", "smtps://u:s3cret@host?timeout=nan",
    "smtps://u:s3cret@host?pool=0", "smtps://u:s3cret@host?per_connection=x", "smtps://u:s3cret@host?pin=abc",
    "smtps://u:s3cret@host?rate=fast", "smtps://u:s3cret@host?rate=0/s", "smtps://u:s3cret@host?ehlo=a_b",
    "smtps://u:s3cret@host?auth=NTLM", "smtps://u:s3cret@host?cafile=/none.pem", "smtps://u:s3cret@host?notify=now",
    "smtps://u:s3cret@host?ret=some", "smtps://u:s3cret@host?requiretls=yes", "smtp://u:s3cret@host",
    "smtp://u:s3cret@host?insecure=yes", "lmtp://u:s3cret@host", "smtps://:s3cret@host", "smtps://u:s3%cret@host",
    "failover()", "failover(null:", "failover", "failover:x", "smtps(null:)", "null:?x=1", "maildir:", "mbox://host/x",
    "file:", "lmtp+unix:", "lmtp+unix://host/x", "smtsp://u:s3cret@host", "smtps://u:s3cret@host:0",
    "smtps://u:s3cret@host:123456", "smtps://u:s3cret@host:655350", "smtps://u:s3cret@[::1]:5870000",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_a_url_that_cannot_be_right_is_refused_with_a_cure_and_no_secret(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_transport(text, password="s3cret")
    assert "s3cret" not in str(caught.value)
    assert caught.value.cure


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("smtps://host?timout=3", "'timeout'"),
        ("smtps://host?ca_file=x", "'cafile'"),
        ("smtp://host?cafile=x", ""),
        ("smtsp://host", "'smtp"),
        ("lmtp+unix:/x?pol=1", "'pool'"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(text: str, near: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_transport(text)
    assert near in str(caught.value)


@given(st.text(max_size=80), st.sampled_from([f"{name}:" for name in transport_names()] + ["failover(", ""]))
def test_any_text_is_read_or_refused(text: str, scheme: str) -> None:
    try:
        parse_transport(scheme + text)
    except SettingsError:
        return


def test_the_place_that_the_url_names_is_where_the_password_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("fröm a file\n", encoding="utf-8")
    fake = types.SimpleNamespace(get_password=lambda service, user: f"{service}/{user}" if user == "alice" else None)
    monkeypatch.setitem(sys.modules, "keyring", fake)

    def password(text: str, given: str | None = "given") -> str:
        login = find_login(parse_transport(text), given)
        assert login
        return login.password

    assert password("smtps://alice@host") == "given"
    assert password("smtps://alice:own@host") == "own"
    assert password(f"smtps://alice@host?password_file={tmp_path}/password") == "fröm a file"
    assert password("smtps://alice@host?keyring=mail") == "mail/alice"
    assert password("smtps://alice@host?keyring=1", None) == "host/alice"
    assert find_login(parse_transport("smtps://host"), "given") is None
    for text in (
        "smtps://alice@host",
        f"smtps://alice@host?password_file={tmp_path}/none",
        "smtps://bob@host?keyring=1",
    ):
        with pytest.raises(SettingsError, match="password"):
            find_login(parse_transport(text))
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match="keyring is not installed"):
        find_login(parse_transport("smtps://alice@host?keyring=1"))


def test_a_login_never_shows_its_secret() -> None:
    login = Login("alice", "s3cret", lambda: "t0ken")
    assert "s3cret" not in repr(login)
    assert "s3cret" not in repr(Access("s3cret"))
    assert login.hide("you said s3cret, AGFsaWNlAHMzY3JldA== and czNjcmV0") == "you said ***, *** and ***"
