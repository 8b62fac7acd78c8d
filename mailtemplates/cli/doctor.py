"""``mailtpl doctor``: why mail does not arrive, step by step.

Annotations are evaluated here as they stand: typer would evaluate each as a text, which takes 5 ms for so many options.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from mailtemplates.choice import one_of
from mailtemplates.cli.output import read_octets, write_lines, write_text
from mailtemplates.errors import SettingsError

if TYPE_CHECKING:
    from mailtemplates.doctor.checkup import Checkup
    from mailtemplates.failures.failure import Language
    from mailtemplates.message.message import Message

_WITH_TLS = ("smtp+starttls:", "smtps:", "imap:", "imaps:")


def command(
    url: Annotated[str, typer.Argument(help="Where mail goes: smtp+starttls://user@host:587, smtps://…")] = "",
    to: Annotated[list[str] | None, typer.Option(help="A recipient. May be repeated.")] = None,
    from_: Annotated[str, typer.Option("--from", help="The sender, instead of the message's or the user.")] = "",
    message: Annotated[str, typer.Option(help="A message file (.eml) that it is about; - is standard input.")] = "",
    template: Annotated[str, typer.Option(help="A template whose message it is about.")] = "",
    data: Annotated[str, typer.Option(help="A JSON file with the template's data.")] = "",
    really: Annotated[bool, typer.Option("--really", help="Send one message. Without it nothing is sent.")] = False,
    imap: Annotated[str, typer.Option(help="Where it should arrive: imaps://user@host.")] = "",
    cafile: Annotated[str, typer.Option(help="The CA file to trust, as ?cafile= in the URL.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds that a step may take.")] = 30.0,
    all_: Annotated[bool, typer.Option("--all", help="Go on after a failure, where that can be.")] = False,
    nameserver: Annotated[str, typer.Option(help="The name server for questions about domains: HOST:PORT.")] = "",
    ip: Annotated[str, typer.Option(help="The address that your mail comes from, for SPF and PTR.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    transcript: Annotated[bool, typer.Option("--transcript", help="Show what was said, without secrets.")] = False,
    from_exception: Annotated[
        str, typer.Option(help="Explain a traceback or a server's reply in a file; - is standard input. Offline.")
    ] = "",
    language: Annotated[str, typer.Option(help="Of causes and cures: en or zh.")] = "en",
) -> None:
    """Find out why mail does not arrive. Nothing is sent unless --really is given."""
    tongue = cast("Language", one_of("--language", language, ("en", "zh")))
    gc.disable()  # an examination is short, there is much to import, and its process ends with it
    if from_exception:
        _explain(from_exception, tongue, json_)
        return
    from mailtemplates.doctor.checkup import Checkup  # only for an examination: --help and others need none of it
    from mailtemplates.doctor.request import Request

    url = url or _usual_url()
    if not 0.001 <= timeout < 1e6:
        raise SettingsError(f"--timeout {timeout:g} is no time", cure="give seconds, such as 30")
    _check_addresses(ip, nameserver)
    if imap and not really:
        raise SettingsError("--imap looks for the message of --really", cure="give --really too")
    checkup = Checkup(
        Request(
            _with_cafile(url, cafile),
            password=os.environ.get("MAILTPL_PASSWORD"),
            sender=from_,
            recipients=tuple(to or ()),
            message=_message(message, template, data),
            seconds=timeout,
            really=really,
            imap=_with_cafile(imap, cafile) if imap else "",
            imap_password=os.environ.get("MAILTPL_IMAP_PASSWORD", os.environ.get("MAILTPL_PASSWORD")),
            nameserver=nameserver,
            ip=ip,
            go_on=all_,
            keys=lambda: _keys(template),
        )
    )
    _write(checkup, tongue, json_, transcript)
    raise typer.Exit(checkup.failed[0].exit_code if checkup.failed else 0)


def _usual_url() -> str:
    """The URL that sending takes when none is given."""
    from mailtemplates.cli.delivering import transport_of
    from mailtemplates.settings import read_settings

    return transport_of(read_settings(Path()), "")


def _check_addresses(ip: str, nameserver: str) -> None:
    if nameserver:
        from mailtemplates.doctor.domainname import host_and_port

        host_and_port(nameserver)
    if ip:
        import ipaddress

        try:
            ipaddress.ip_address(ip)
        except ValueError:
            raise SettingsError(f"--ip {ip} is no address", cure="write 192.0.2.1 or 2001:db8::1") from None


def _with_cafile(url: str, cafile: str) -> str:
    """The URL with the CA file, where it has TLS and names none itself."""
    if not cafile or not url.startswith(_WITH_TLS) or "cafile=" in url:
        return url
    from urllib.parse import quote

    return f"{url}{'&' if '?' in url else '?'}cafile={quote(cafile)}"


def _message(path: str, template: str, data: str) -> "Callable[[], Message] | None":
    """What makes the message, when one is named."""
    if path and template:
        raise SettingsError("--message and --template are two messages", cure="give one of them")
    if data and not template:
        raise SettingsError("--data is the data of a template", cure="give --template too")
    if path:
        return lambda: _read(path)
    return (lambda: _rendered(template, data)) if template else None


def _read(path: str) -> "Message":
    from mailtemplates.doctor.written import written_message

    return written_message(read_octets(path))


def _rendered(template: str, data: str) -> "Message":
    from mailtemplates.cli.render import open_engine, read_values  # Jinja and all of it

    engine, name = open_engine(template)
    return engine.render(name, read_values(engine, name, data, ())).message()


def _keys(template: str) -> dict[str, str]:
    """The DKIM records that belong to the private keys of the settings."""
    from mailtemplates.project import locate_template  # for a message with a signature only
    from mailtemplates.settings import read_settings
    from mailtemplates.signing.dkim import DkimSigner

    settings = locate_template(template)[0] if template else read_settings(Path())
    return dict(DkimSigner.of(one, settings.folder).record for one in settings.dkim)


def _explain(path: str, language: "Language", as_json: bool) -> None:
    """What a traceback or a reply means, by the failure table alone."""
    from mailtemplates.failures.answer import answer_lines, answer_object
    from mailtemplates.failures.diagnosis import diagnose

    text = _decoded(read_octets(path))
    if not text.strip():
        raise SettingsError("there is nothing to explain", cure="give the traceback, the reply or the lines of the log")
    diagnosis = diagnose(text)
    if as_json:
        import json  # 2 ms, and only for programs

        write_text(json.dumps(answer_object(diagnosis, language), ensure_ascii=False, indent=2))
    else:
        write_lines(answer_lines(diagnosis, language))
    if not diagnosis.known:
        raise typer.Exit(1)


def _decoded(octets: bytes) -> str:
    """A text of any terminal: UTF-8, UTF-16 as PowerShell redirects it, or GB 18030 as a Chinese Windows does."""
    from mailtemplates.failures.decoding import charset_of

    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    if any(charset_of(line) == "gb18030" for line in octets.splitlines()):
        return octets.decode("gb18030", "replace")
    return octets.decode("utf-8-sig", "replace")


def _write(checkup: "Checkup", language: "Language", as_json: bool, transcript: bool) -> None:
    """Rows as they come, or JSON at the end."""
    from mailtemplates.doctor.answer import as_object, closing_lines, row_lines, transcript_lines

    if as_json:
        import json  # as above

        for _ in checkup.run():
            pass
        write_text(json.dumps(as_object(checkup, language, with_transcript=transcript), ensure_ascii=False, indent=2))
        return
    for line in row_lines(checkup.run(), language):
        write_lines([line])
    if transcript:
        write_lines(["", *transcript_lines(checkup)])
    write_lines(closing_lines(checkup))
