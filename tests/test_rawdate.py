"""Dates as they stand: what is legal is silent, what is obsolete or wrong is named at its octets."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.headers.moment import write_moment
from mailtemplates.octets.date import read_date

# RFC 5322 §3.3 and its appendix A, and legal forms that readers often refuse.
LEGAL = {
    "a1": ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
    "a12": ("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
    "a5-folded-comment-no-seconds": (
        "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
        "1969-02-13T23:32:00-03:30",
    ),
    "no-day-name": ("21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
    "any-case": ("FRI, 21 nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
    "no-space-after-comma": ("Fri,21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
    "spaces": (" Fri,  21\tNov  1997  09:55:06   -0600  ", "1997-11-21T09:55:06-06:00"),
    "unknown-zone": ("Fri, 21 Nov 1997 09:55:06 -0000", "1997-11-21T09:55:06+00:00"),
    "leap-second": ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
    "leap-day": ("Thu, 29 Feb 2024 00:00:00 +1400", "2024-02-29T00:00:00+14:00"),
    "nested-comments": (r"Fri, 21 Nov 1997 09:55:06 -0600 (a (b \) c)) (d)", "1997-11-21T09:55:06-06:00"),
    "dates-of-10000-are-legal": ("21 Nov 12026 09:55:06 -0600", None),
}


@pytest.mark.parametrize(("text", "moment"), LEGAL.values(), ids=LEGAL)
def test_legal_dates_have_no_fault(text: str, moment: str | None) -> None:
    date = read_date(text)
    assert date.faults == ()
    assert (date.moment.isoformat() if date.moment else None) == moment


OBSOLETE = {
    "a62-two-digits-and-name": ("21 Nov 97 09:55:06 GMT", [("obsolete-year", "97", "1997"), ("obsolete-zone", "GMT", "+0000")]),
    "a63-comment-and-spaces": ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", [("obsolete-space", "(comment)", None)]),
    "spaces-in-time": ("Fri, 21 Nov 1997 09 : 55:06 -0600", [("obsolete-space", "09 : 55:06", "09:55:06")]),
    "space-before-comma": ("Fri , 21 Nov 1997 09:55:06 -0600", [("obsolete-space", " ", "")]),
    "year-49": ("21 Nov 49 09:55:06 +0000", [("obsolete-year", "49", "2049")]),
    "year-50": ("21 Nov 50 09:55:06 +0000", [("obsolete-year", "50", "1950")]),
    "year-126": ("21 Nov 126 09:55:06 +0000", [("obsolete-year", "126", "2026")]),
    "est": ("21 Nov 1997 09:55:06 EST", [("obsolete-zone", "EST", "-0500")]),
    "utc": ("21 Nov 1997 09:55:06 UTC", [("obsolete-zone", "UTC", "+0000")]),
    "no-space-before-name": ("21 Nov 1997 09:55:06GMT", [("obsolete-zone", "GMT", "+0000")]),
    "military": ("21 Nov 1997 09:55:06 A", [("obsolete-zone", "A", None)]),
    "far-zone": ("21 Nov 1997 09:55:06 +9959", [("unlikely-zone", "+9959", None)]),
}  # fmt: skip

WRONG = {
    "empty": ("", [("empty", "", None)]),
    "word": ("yesterday", [("syntax", "yesterday", None)]),
    "number": ("1793620800", [("syntax", "1793620800", None)]),
    "no-comma": ("Mon 02 Nov 2026 12:00:00 +0000", [("syntax", "Mon", "Mon,")]),
    "long-day-name": ("Monday, 02 Nov 2026 12:00:00 +0000", [("name", "Monday", "Mon")]),
    "long-month": ("Mon, 02 November 2026 12:00:00 +0000", [("name", "November", "Nov")]),
    "foreign-month": ("Mon, 02 Novembre 2026 12:00:00 +0000", [("syntax", "Novembre", None)]),
    "foreign-day-name": ("Lun, 02 Nov 2026 12:00:00 +0000", [("syntax", "Lun", None)]),
    "month-number": ("Mon, 02 11 2026 12:00:00 +0000", [("syntax", "11 2026 12:00:00 +0000", None)]),
    "dashes": ("Mon, 02-Nov-2026 12:00:00 +0000", [("syntax", "-Nov-", " Nov ")]),
    "wrong-day-name": ("Tue, 02 Nov 2026 12:00:00 +0000", [("day-name", "Tue", "Mon")]),
    "no-such-day": ("Mon, 31 Feb 2026 12:00:00 +0000", [("range", "31 Feb 2026", None)]),
    "day-0": ("00 Nov 2026 12:00:00 +0000", [("range", "00 Nov 2026", None)]),
    "no-leap-year": ("29 Feb 2026 12:00:00 +0000", [("range", "29 Feb 2026", None)]),
    "year-0026": ("02 Nov 0026 12:00:00 +0000", [("range", "02 Nov 0026", None)]),
    "hour-24": ("02 Nov 2026 24:00:00 +0000", [("range", "24", None)]),
    "minute-60": ("02 Nov 2026 12:60:00 +0000", [("range", "60", None)]),
    "second-61": ("02 Nov 2026 12:00:61 +0000", [("range", "61", None)]),
    "hour-of-one-digit": ("02 Nov 2026 9:00:00 +0000", [("digits", "9", "09")]),
    "no-minutes": ("02 Nov 2026 12 +0000", [("syntax", " +0000", None)]),
    "fraction": ("02 Nov 2026 12:00:00.123 +0000", [("syntax", ".123", "")]),
    "no-zone": ("Mon, 02 Nov 2026 12:00:00", [("no-zone", "", None)]),
    "no-time": ("Mon, 02 Nov 2026", [("syntax", "", None)]),
    "zone-with-colon": ("02 Nov 2026 12:00:00 +01:00", [("syntax", "+01:00", "+0100")]),
    "zone-of-three": ("02 Nov 2026 12:00:00 +010", [("syntax", "+010", None)]),
    "zone-minutes": ("02 Nov 2026 12:00:00 +0160", [("range", "+0160", None)]),
    "zone-with-name": ("02 Nov 2026 12:00:00 GMT+0100", [("syntax", "GMT+0100", "+0100")]),
    "name-after-zone": ("02 Nov 2026 12:00:00 +0100 CET", [("syntax", "CET", "(CET)")]),
    "unknown-name": ("02 Nov 2026 12:00:00 CET", [("syntax", "CET", None)]),
    "twelve-hours": ("02 Nov 2026 1:00 PM +0000", [("syntax", "PM", None)]),
    "open-comment": ("02 Nov 2026 12:00:00 +0000 (UTC", [("syntax", "(UTC", None)]),
    "iso": ("2026-11-02T12:00:00Z", [("foreign", "2026-11-02T12:00:00Z", "Mon, 02 Nov 2026 12:00:00 +0000")]),
    "iso-python": (" 2026-11-02 12:00:00.5+01:00", [("foreign", "2026-11-02 12:00:00.5+01:00", "Mon, 02 Nov 2026 12:00:00 +0100")]),
    "iso-without-zone": ("2026-11-02 12:00", [("foreign", "2026-11-02 12:00", None)]),
    "asctime": ("Mon Nov  2 12:00:00 2026", [("foreign", "Mon Nov  2 12:00:00 2026", None)]),
    "unix-date": ("Mon Nov  2 12:00:00 UTC 2026", [("foreign", "Mon Nov  2 12:00:00 UTC 2026", "Mon, 02 Nov 2026 12:00:00 +0000")]),
    "javascript": (
        "Mon Nov 02 2026 12:00:00 GMT-0330 (Newfoundland Time)",
        [("foreign", "Mon Nov 02 2026 12:00:00 GMT-0330", "Mon, 02 Nov 2026 12:00:00 -0330")],
    ),
}  # fmt: skip

FAULTY = OBSOLETE | WRONG


@pytest.mark.parametrize(("text", "faults"), FAULTY.values(), ids=FAULTY)
def test_faults_are_named_at_their_octets(text: str, faults: list[tuple[str, str, str | None]]) -> None:
    found = read_date(text).faults
    assert [(fault.kind, text[fault.start : fault.end], fault.text) for fault in found] == faults
    assert all(fault.cure and not fault.problem.endswith(".") for fault in found)


@pytest.mark.parametrize(("text", "faults"), OBSOLETE.values(), ids=OBSOLETE)
def test_obsolete_forms_are_known_as_such(text: str, faults: object) -> None:
    assert all(fault.is_obsolete for fault in read_date(text).faults)


@pytest.mark.parametrize(("text", "faults"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_not_called_obsolete(text: str, faults: object) -> None:
    assert not all(fault.is_obsolete for fault in read_date(text).faults)


@given(st.text(st.characters(max_codepoint=255)) | st.text("MonNv02 26:,+-()\\\r\nZ.", max_size=40))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    for fault in read_date(text).faults:
        assert 0 <= fault.start <= fault.end <= len(text)


@given(st.datetimes(min_value=datetime(1900, 1, 3)), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_again(moment: datetime, minutes: int) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    date = read_date(write_moment(aware))
    assert (date.moment, date.faults) == (aware, ())


@pytest.mark.parametrize(
    "text", ["(" * 200_000, "(a)" * 100_000, " " * 300_000, "1" * 300_000, "Mon," + " \r\n" * 90_000]
)
def test_long_texts_take_linear_time(text: str) -> None:
    begin = time.process_time()
    read_date(text)
    assert time.process_time() - begin < 60
