from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import meant, read_words, runs
from mailtemplates.octets.field import RawField
from mailtemplates.octets.rewording import Piece, reword


@rule("ENC002", severity="error", fix="part", holding=b"=?")
def encoded_word_splits_character(field: RawField) -> Findings:
    r"""A character is cut between two encoded words.

    Every encoded word is decoded by itself. When the octets of one character stand half in one word and half in the
    next, many readers show two damaged characters. In ISO-2022-JP each word must also go back to ASCII before it ends.
    It happens when software cuts the octets of a text and not its characters.

    Reference: RFC 2047 §5

    Bad:

        Subject: =?utf-8?b?5Y+R5Lu25Lq65p2l5L+h5LqG77yM6A==?=
         =?utf-8?b?r7fmn6XmlLY=?=
        …

    Bad:

        Subject: =?utf-8?q?Caf=C3?= =?utf-8?q?=A9?=
        …

    Bad:

        Subject: =?iso-2022-jp?b?GyRCRnxLXA==?= =?iso-2022-jp?b?GyRCOGwbKEI=?=
        …

    Good:

        Subject: =?utf-8?q?Caf?= =?utf-8?q?=C3=A9?=
        …

    Good:

        Subject: =?iso-2022-jp?b?GyRCRnxLXBsoQg==?= =?iso-2022-jp?b?GyRCOGwbKEI=?=
        …
    """
    words = read_words(field)
    for run in runs(words, field.latin) if words else ():
        faults = [fault for word in run if (fault := word.fault("splits-character", "not-in-ascii"))]
        if not faults or not run[0].is_legal:
            continue
        text = meant(run)
        first = faults[0]
        yield Finding(
            field.at(first.start, first.end),
            first.problem,
            "end each encoded word after a whole character"
            + (", and in ASCII" if first.kind == "not-in-ascii" else ""),
            reword(field, [Piece(run[0].start, run[-1].end, ((text, True),))]) if text else None,
            severity="warning" if first.kind == "not-in-ascii" else None,
        )
