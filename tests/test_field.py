"""Typed fields: which kind a name has, names that cannot be one, dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailtemplates.errors import HeaderError
from mailtemplates.headers.address import Mailbox
from mailtemplates.headers.field import (
    AddressList,
    Date,
    Field,
    ListId,
    MessageIds,
    Phrases,
    Text,
    Token,
    Url,
    UrlList,
    Value,
    format_date,
    kind_of,
    parse_date,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("From", AddressList),
        ("reply-to", AddressList),
        ("RESENT-TO", AddressList),
        ("References", MessageIds),
        ("Message-Id", MessageIds),
        ("List-Unsubscribe", UrlList),
        ("List-ID", ListId),
        ("List-Unsubscribe-Post", Token),
        ("Auto-Submitted", Token),
        ("Date", Date),
        ("Keywords", Phrases),
        ("Subject", Text),
        ("X-Anything", Text),
    ],
)
def test_a_name_tells_the_kind_in_any_case(name: str, kind: type[Value]) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize("name", ["", "X Y", "X:Y", "X\n", "X\r\nBcc", "Größe", "X\x00", "x" * 998], ids=repr)
def test_a_name_with_other_characters_is_refused_on_every_python(name: str) -> None:
    with pytest.raises(HeaderError, match="not a field name"):
        Field(name, Text("x"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            AddressList((Mailbox("Lee, Ann", "a", "x.test"), Mailbox("", "b", "x.test"))),
            '"Lee, Ann" <a@x.test>, b@x.test',
        ),
        (MessageIds(("a@x.test", "b@x.test")), "<a@x.test> <b@x.test>"),
        (
            UrlList((Url("https://x.test/"), Url("mailto:a@x.test", "by mail"))),
            "<https://x.test/>, <mailto:a@x.test> (by mail)",
        ),
        (ListId("News", "n.x.test"), "News <n.x.test>"),
        (ListId("", "n.x.test"), "<n.x.test>"),
        (Date(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)), "Fri, 02 Jan 2026 03:04:05 +0000"),
        (Phrases(("a", "b c")), "a, b c"),
        (Token("bulk"), "bulk"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_value_shows_itself_to_a_person(value: Value, shown: str) -> None:
    assert str(value) == shown
    assert str(Field("X-A", value)) == f"X-A: {shown}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, 02 Jan 2026 03:04:05 +0000", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2 Jan 2026 03:04 -0330", datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_dates_are_read(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment
    assert parse_date(format_date(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-02T03:04:05",
        "Mon, 02 Jan 2026 03:04:05 +0000",
        "30 Feb 2026 03:04:05 +0000",
        "02 Jan 26 03:04:05 +0000",
        "02 Jan 2026 03:04:05 GMT",
        "02 Jan 2026 25:04:05 +0000",
        "02 Jan 2026 03:04:05 +9900",
    ],
)
def test_dates_that_are_obsolete_impossible_or_have_no_zone_are_refused(text: str) -> None:
    with pytest.raises(HeaderError):
        parse_date(text)


def test_a_date_without_a_zone_cannot_be_written() -> None:
    with pytest.raises(HeaderError, match="no time zone"):
        format_date(datetime(2026, 1, 2))


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: Text(f"a{bad}b"),
        lambda bad: Token(f"a{bad}b"),
        lambda bad: MessageIds((f"a{bad}b@x.test",)),
        lambda bad: UrlList((Url(f"https://x.test/{bad}"),)),
        lambda bad: UrlList((Url("https://x.test/", f"a{bad}b"),)),
        lambda bad: ListId(f"a{bad}b", "x.test"),
        lambda bad: ListId("", f"a{bad}b"),
        lambda bad: Phrases((f"a{bad}b",)),
    ],
    ids=["text", "token", "message id", "url", "comment", "list name", "list id", "phrase"],
)
@pytest.mark.parametrize("bad", ["\n", "\r\nBcc: a@x.test\r\n", "\x00", "\x7f", "\u202e", "\ud800"], ids=ascii)
def test_no_value_can_be_made_with_a_control_character(make: Callable[[str], Value], bad: str) -> None:
    """By hand, in code, without any reader in between: the injection of gh-144125 cannot be built."""
    with pytest.raises(HeaderError):
        make(bad)


@pytest.mark.parametrize("bad", ["a b@x.test", "<a@x.test>", "ü@x.test", ""])
def test_identifiers_and_urls_are_one_word_of_ascii(bad: str) -> None:
    for make in (lambda: MessageIds((bad,)), lambda: UrlList((Url(bad),)), lambda: ListId("", bad)):
        with pytest.raises(HeaderError):
            make()
    with pytest.raises(HeaderError):
        Token("größe")
