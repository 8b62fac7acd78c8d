"""``mailtpl render``: a template and data become a message."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mailtemplates.cachefolder import cache_folder
from mailtemplates.cli.output import is_terminal, read_octets, warn, write_file, write_files, write_octets, write_text
from mailtemplates.engine import Engine
from mailtemplates.errors import DataError, SettingsError
from mailtemplates.inlining.planstore import FileStore
from mailtemplates.mail import Mail
from mailtemplates.message.message import Message
from mailtemplates.message.stamp import Stamp
from mailtemplates.project import locate_template
from mailtemplates.template.bytecode import bytecode_cache
from mailtemplates.template.data import read_data, set_value


class Part(StrEnum):
    """What of a mail to write."""

    MESSAGE = "message"
    HTML = "html"
    TEXT = "text"
    SUBJECT = "subject"
    HEADERS = "headers"


class Format(StrEnum):
    """How to write the message."""

    EML = "eml"
    JSON = "json"


_ENDINGS = {
    Part.MESSAGE: ".eml",
    Part.HTML: ".html",
    Part.TEXT: ".txt",
    Part.SUBJECT: ".subject.txt",
    Part.HEADERS: ".headers.txt",
}
_SUFFIXES = {".html": Part.HTML, ".htm": Part.HTML, ".txt": Part.TEXT}


def command(
    template: Annotated[str, typer.Argument(help="A template's path, or its name in the template folder.")],
    data: Annotated[str, typer.Option(help="A JSON file with the data; - is standard input.")] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Set one value: user.name=Ann. May be repeated.")
    ] = None,
    out: Annotated[str, typer.Option(help="A file to write, or a folder for .eml, .html and .txt.")] = "",
    part: Annotated[Part | None, typer.Option(help="What to write.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to write the message.")] = Format.EML,
    stamp: Annotated[str, typer.Option(help="Date and token of the message: 2026-01-31T12:00:00Z[,token].")] = "",
    locale: Annotated[str, typer.Option(help="The locale to render in: de, pt_BR.")] = "",
    open_: Annotated[bool, typer.Option("--open", help="Show the html in the browser.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Render an untrusted template.")] = False,
    to: Annotated[str, typer.Option(help="Recipients instead of the template's.")] = "",
    cc: Annotated[str, typer.Option(help="Cc instead of the template's.")] = "",
    bcc: Annotated[str, typer.Option(help="Bcc instead of the template's.")] = "",
    from_: Annotated[str, typer.Option("--from", help="From instead of the template's.")] = "",
    reply_to: Annotated[str, typer.Option(help="Reply-To instead of the template's.")] = "",
    subject: Annotated[str, typer.Option(help="Subject instead of the template's.")] = "",
    header: Annotated[
        list[str] | None, typer.Option(help="Another header field, 'Name: value'. May be repeated.")
    ] = None,
    attach: Annotated[list[str] | None, typer.Option(help="A file to attach. May be repeated.")] = None,
    no_sign: Annotated[bool, typer.Option("--no-sign", help="Leave the message unsigned and in clear.")] = False,
) -> None:
    """Render a template to a message."""
    engine, name = open_engine(template, sandbox=sandbox, sign=not no_sign)
    mail = engine.render(
        name,
        read_values(engine, name, data, set_ or ()),
        to=to or None,
        cc=cc or None,
        bcc=bcc or None,
        from_=from_ or None,
        reply_to=reply_to or None,
        subject=subject or None,
        headers=_headers(header or ()),
        attachments=attach or (),
        locale=locale or None,
    )
    for warning in mail.parts.warnings:
        warn(f"warning: {warning}")
    _write(mail, Stamp.parse(stamp) if stamp else None, name, out, part, format_)
    if open_:
        _open(mail)


def open_engine(template: str, *, sandbox: bool = False, sign: bool = True) -> tuple[Engine, str]:
    """The engine for a template as a person names it, and the template's name in it."""
    settings, folders, name = locate_template(template)
    store = cache_folder()
    engine = Engine(
        folders,
        settings=settings._replace(sandbox=settings.sandbox or sandbox),
        cache=bytecode_cache(store, ",".join(settings.extensions)) if store else None,
        plans=FileStore(store / "plans") if store else None,
        auto_reload=False,
        sign=sign,
    )
    return engine, name


def read_values(engine: Engine, name: str, path: str, assignments: Sequence[str]) -> dict[str, Any]:
    """The data: a file's or the first sample's, with single values set; empty when the template has no schema."""
    if path:
        values = read_data(read_octets(path), "<stdin>" if path == "-" else path)
    else:
        try:
            values = copy.deepcopy(dict(engine.sample(name)))
        except DataError:
            values = {}
    for assignment in assignments:
        set_value(values, assignment)
    return values


def _headers(lines: Sequence[str]) -> dict[str, str]:
    fields = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise SettingsError(f"--header {line!r} has no colon", cure="write it as 'Name: value'")
        fields[name.strip()] = value.strip()
    return fields


def _write(mail: Mail, stamp: Stamp | None, name: str, out: str, part: Part | None, format_: Format) -> None:
    path = Path(out)
    if out and (out.endswith(("/", "\\")) or path.is_dir()):
        _write_folder(mail, stamp, path, Path(name).name.split(".")[0], part, format_)
        return
    chosen = part or (_SUFFIXES.get(path.suffix.lower(), Part.MESSAGE) if out else Part.MESSAGE)
    if not out and part is None and format_ is Format.EML and is_terminal():
        write_text(_summary(mail, mail.message(stamp)))
        warn("\nA summary for the terminal; pipe it, or use --out or --part, for the message.")
        return
    octets = _octets(mail, stamp, chosen, format_)
    if out and out != "-":
        write_file(path, octets)
    else:
        write_octets(octets)


def _write_folder(mail: Mail, stamp: Stamp | None, folder: Path, stem: str, part: Part | None, format_: Format) -> None:
    """The message, its html and its text, or what is asked for, each in a file; and the summary for who looks on."""
    if part or format_ is Format.JSON:
        suffix = ".json" if format_ is Format.JSON else _ENDINGS[part or Part.MESSAGE]
        write_file(folder / f"{stem}{suffix}", _octets(mail, stamp, part or Part.MESSAGE, format_))
        return
    message = mail.message(stamp)
    bodies = {".eml": message.as_bytes(), ".html": (mail.html or "").encode(), ".txt": (mail.text or "").encode()}
    write_files({folder / f"{stem}{suffix}": octets for suffix, octets in bodies.items() if octets})
    write_text(_summary(mail, message))


def _octets(mail: Mail, stamp: Stamp | None, part: Part, format_: Format) -> bytes:
    if format_ is Format.JSON:
        return (json.dumps(_json(mail, mail.message(stamp)), ensure_ascii=False, indent=2) + "\n").encode()
    match part:
        case Part.HTML:
            return _needed(mail.html, "html").encode()
        case Part.TEXT:
            return _needed(mail.text, "text").encode()
        case Part.SUBJECT:
            return f"{mail.subject}\n".encode()
        case Part.HEADERS:
            return mail.message(stamp).as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n"
    return mail.message(stamp).as_bytes()


def _needed(body: str | None, name: str) -> str:
    if body is None:
        raise SettingsError(f"the message has no {name} part", cure="choose another --part")
    return body


def _json(mail: Mail, message: Message) -> dict[str, Any]:
    parts = mail.parts
    return {
        "subject": mail.subject,
        "envelope": {"sender": message.envelope.sender, "recipients": list(message.envelope.recipients)},
        "headers": [[field.name, str(field.value)] for field in parts.fields],
        "html": parts.html,
        "text": parts.text,
        "attachments": [
            {"filename": file.filename, "media_type": file.media_type, "size": len(file.content)}
            for file in (*parts.related, *parts.attachments)
        ],
        "message": message.as_bytes().decode("utf-8", "surrogateescape"),
    }


def _summary(mail: Mail, message: Message) -> str:
    """Header fields that a reader sees, and the tree of the parts."""
    from mailtemplates.octets.drawing import (
        outline,  # reading takes as much to import as writing, which needs none of it
    )
    from mailtemplates.octets.mime import parse

    fields = [mail.parts.field(name) for name in ("From", "To", "Cc", "Subject")]
    lines = [f"{field.name + ':':9}{field.value}" for field in fields if field and str(field.value)]
    return "\n".join([*lines, "", *outline(parse(message.as_bytes()))])


def _open(mail: Mail) -> None:
    """Show the html in the browser, with its inline images."""
    import base64
    import tempfile
    import webbrowser

    html = _needed(mail.html, "html")
    for file in mail.parts.related:
        url = f"data:{file.media_type};base64,{base64.b64encode(file.content).decode()}"
        html = html.replace(f"cid:{(file.content_id or '').strip('<>')}", url)
    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as page:
        page.write(html)
    webbrowser.open(Path(page.name).as_uri())
