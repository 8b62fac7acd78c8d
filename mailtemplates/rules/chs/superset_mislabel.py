from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import Misfit, guess_charset
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import Declared, find_part_misfit, read_declared, rename, to_utf8


@rule("CHS005", severity="warning", fix="part", parts=("text",))
def superset_mislabel(part: Part) -> Findings:
    """The text is in a larger charset than the one that it names.

    Text from Windows has curly quotes, dashes and the euro sign at octets that ISO-8859-1 gives to control characters.
    Many readers know this mistake and read windows-1252; the others show boxes or nothing. It is the same with
    gb2312 and gbk, shift_jis and windows-31j, euc-kr and its extension.

    Reference: WHATWG Encoding §4.2; RFC 2046 §4.1.2

    Bad:

        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable
        …

        It=92s on its way, Ren=E9

    Bad:

        Content-Type: text/plain; charset=gb2312
        Content-Transfer-Encoding: quoted-printable
        …

        =D6=EC=E9F=BB=F9

    Bad:

        Content-Type: text/plain; charset=shift_jis
        Content-Transfer-Encoding: quoted-printable
        …

        =87@=93=FA=96{

    Bad:

        Content-Type: text/plain; charset=ks_c_5601-1987
        Content-Transfer-Encoding: quoted-printable
        …

        =8Cc=B0=A1

    Bad:

        Content-Type: text/plain; charset=iso-8859-15
        Content-Transfer-Encoding: quoted-printable
        …

        It=92s on its way

    Good:

        Content-Type: text/plain; charset=windows-1252
        Content-Transfer-Encoding: quoted-printable
        …

        It=92s on its way

    Good:

        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable
        …

        It's on its way, Ren=E9
    """
    declared = read_declared(part)
    if declared is None or not declared.label or declared.charset is None:
        return
    misfit = find_part_misfit(part)
    if misfit is None or misfit.kind == "invalid":
        return
    octets = part.decoded
    name = declared.charset.name
    guess = misfit.name or guess_charset(octets, misfit.at, declared.charset)
    what = "is no character of" if misfit.kind == "superset" else "is a control character in"
    size = 1 if name.startswith(("iso-8859-", "tis-")) else 2
    yield Finding(
        locate(part, misfit.at, misfit.at + size),
        f"`{octets[misfit.at : misfit.at + size].hex(' ').upper()}` {what} {name}",
        f"declared {name}, is {guess or 'something else'}: name that charset, or encode the text as UTF-8",
        _fix(part, declared, misfit),
    )


def _fix(part: Part, declared: Declared, misfit: Misfit) -> Fix | None:
    """The name of the superset; where none is registered the text is written in UTF-8."""
    if misfit.kind != "superset" or part.is_attachment or declared.charset is None or declared.charset.is_stateful:
        return None
    if misfit.name:
        return rename(part, declared, misfit.name)
    return to_utf8(part, declared, part.decoded.decode(misfit.codec))
