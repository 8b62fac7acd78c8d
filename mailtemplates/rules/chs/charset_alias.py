from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.charset import is_registered
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import find_part_misfit, read_declared, rename


@rule("CHS004", severity="warning", fix="safe", parts=("text",))
def charset_alias(part: Part) -> Findings:
    """The charset goes by another name than its preferred one.

    Every reader knows the preferred MIME name of a charset. `utf8`, `latin1` or `cp1252` are known to some, and to the
    others they are unknown charsets.

    Reference: RFC 2978 §2.3; IANA Character Sets, preferred MIME names

    Bad:

        Content-Type: text/plain; charset=utf8
        …

    Bad:

        Content-Type: text/plain; format=flowed; charset="latin1"
        Content-Transfer-Encoding: quoted-printable
        …

        Caf=E9

    Bad:

        Content-Type: text/plain; charset=cp1252
        Content-Transfer-Encoding: quoted-printable
        …

        It=92s on its way

    Good:

        Content-Type: text/plain; charset="UTF-8"
        …

    Good:

        Content-Type: text/plain; charset=ks_c_5601-1987
        …
    """
    declared = read_declared(part)
    if declared is None or not declared.label or declared.charset is None:
        return
    name = declared.charset.name
    if declared.label.lower() == name or declared.charset.is_forbidden or find_part_misfit(part):
        return
    kind = "an alias" if is_registered(declared.label) else "no registered name"
    yield Finding(
        declared.span,
        f"`{declared.label}` is {kind} of the charset {name}",
        f"write charset={name}",
        rename(part, declared, name),
    )
