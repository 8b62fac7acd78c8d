"""``mailtpl sign``: a message is signed as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from mailtemplates.cli.output import read_octets, write_file, write_lines, write_octets
from mailtemplates.errors import SettingsError
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.message.transfer import to_crlf
from mailtemplates.settings import NO_SMIME, Settings, read_settings
from mailtemplates.signing.cut import addresses_in, cut
from mailtemplates.signing.signer import Signer

_STRING = 255


def command(
    file: Annotated[str, typer.Argument(help="A message; - is standard input.")] = "-",
    out: Annotated[str, typer.Option(help="A file to write instead of standard output.")] = "",
    record: Annotated[bool, typer.Option("--record", help="Print the TXT records of the DKIM keys instead.")] = False,
) -> None:
    """Sign a message with DKIM and S/MIME, and encrypt it, as the settings say."""
    settings = read_settings(Path.cwd())
    signer = Signer.of(_asked(settings))
    if record:
        write_lines(line for one in signer.dkim for line in _zone_entry(*one.record))
        return
    octets = signer.sign(_message(to_crlf(read_octets(file))), Stamp.now().date).octets
    if out and out != "-":
        write_file(Path(out), octets)
    else:
        write_octets(octets)


def _asked(settings: Settings) -> Settings:
    if not settings.dkim and settings.smime == NO_SMIME:
        raise SettingsError(
            "the settings do not say how to sign",
            cure="add a table [tool.mailtemplates.dkim] with domain, selector and key to pyproject.toml",
        )
    return settings


def _message(octets: bytes) -> Message:
    """A message with the envelope that its header tells: who gets it when it is encrypted."""
    parts = cut(octets)
    senders = addresses_in(parts, "from")
    recipients = tuple(dict.fromkeys(addresses_in(parts, "to", "cc", "bcc")))
    return Message(octets, Envelope(senders[0] if senders else "", recipients), "")


def _zone_entry(name: str, text: str) -> Iterator[str]:
    """A TXT record as zone files have it, in strings of at most 255 octets (RFC 1035 §3.3.14)."""
    yield f"{name}. IN TXT ("
    yield from (f'    "{text[at : at + _STRING]}"' for at in range(0, len(text), _STRING))
    yield ")"
