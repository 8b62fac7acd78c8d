"""``mailtpl merge``: one message for each row of a file, into a folder or to the recipients."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from mailtemplates.cli.delivering import (
    Allow,
    Force,
    Format,
    LedgerFile,
    Limit,
    NoLedger,
    OutputFormat,
    Patience,
    Quiet,
    RedirectTo,
    Verbose,
    log_steps,
    patience_of,
    remembers,
    with_force,
)
from mailtemplates.cli.errand import Errand
from mailtemplates.cli.output import warn
from mailtemplates.errors import SettingsError
from mailtemplates.merging.failures import Failures
from mailtemplates.merging.folder import Making, make_folder
from mailtemplates.merging.keys import Keys
from mailtemplates.merging.maker import Maker
from mailtemplates.merging.row import Rows
from mailtemplates.merging.rowsfile import KINDS, Kind, open_rows
from mailtemplates.merging.workers import BATCH, Workers, processors
from mailtemplates.message.stamp import Stamp
from mailtemplates.outbox.staging import Staging
from mailtemplates.project import locate_template
from mailtemplates.template.bundling import bundle

_STORES = ("maildir", "mbox", "file")
_PATIENCE = "10m"


def command(
    template: Annotated[str, typer.Argument(help="A template's path, or its name in the template folder.")],
    data: Annotated[str, typer.Option(help="A CSV, JSON Lines or JSON file, a message a row; - is standard input.")],
    out: Annotated[str, typer.Option(help="A folder for the messages, maildir:FOLDER or mbox:FILE.")] = "",
    transport: Annotated[str, typer.Option(help="Send the messages: smtp+starttls://user@host:587, …")] = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes that render; 0 for one a processor.")] = 0,
    connections: Annotated[int, typer.Option(min=1, help="Connections that send at once.")] = 1,
    key: Annotated[str, typer.Option(help="What names a row for good: order.id, or news-{user.id}.")] = "",
    ledger: LedgerFile = "",
    no_ledger: NoLedger = False,
    failures: Annotated[str, typer.Option(help="Where to write the rows that fail.")] = "failures.csv",
    patience: Patience = _PATIENCE,
    limit: Limit = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Render and lint every row, and send nothing.")] = False,
    force: Force = None,
    allow: Allow = None,
    redirect_to: RedirectTo = "",
    stamp: Annotated[str, typer.Option(help="The date of the messages: 2026-01-31T12:00:00Z.")] = "",
    locale: Annotated[str, typer.Option(help="The locale to render in: de, pt_BR.")] = "",
    data_format: Annotated[str, typer.Option(help="csv, jsonl or json, when the name does not tell.")] = "",
    encoding: Annotated[str, typer.Option(help="Of a CSV file; recognised when not given.")] = "",
    delimiter: Annotated[str, typer.Option(help="Of a CSV file; recognised when not given.")] = "",
    output_format: OutputFormat = Format.TEXT,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Render one message for each row, and send it where --transport says so.

    Exit code 0: all accepted; 1: some not; 2: wrong usage or settings; 3: our own fault; 4: of some nobody knows.
    """
    if verbose:
        log_steps()
    url = _goal(out, transport, dry_run)
    folder = Path(out) if out and not _is_store(out) and not dry_run else None
    remembered = remembers(ledger, no_ledger, otherwise=bool(transport))
    maker = _maker(template, force or [], stamp, locale)
    keys = Keys(key, maker.prepare(), maker.template, maker.given)
    staging = Staging.of(allow or [], redirect_to)
    if folder is not None and staging != Staging():
        raise SettingsError("--allow and --redirect-to are for sending", cure="leave them out, or give --transport")
    kept = (Path(ledger) if ledger else maker.settings.ledger_file) if remembered else None
    if kept and folder:
        url, folder = f"file:{folder}", None
    seconds = patience_of(patience) if transport else 0.0
    errand = Errand(url, kept, seconds, limit, dry_run, output_format, quiet, connections)
    contract = maker.engine.contract(maker.template)
    with open_rows(
        data,
        kind=_kind(data_format),
        encoding=encoding,
        delimiter=_delimiter(delimiter),
        schema=bundle(contract.schema, contract.folder) if contract else None,
    ) as rows:
        if rows.note and not quiet:
            warn(rows.note)
        with Failures(_list(failures, data), rows.columns, rows.delimiter) as failed:
            making = Making(maker, _made(folder) if folder else None)
            raise typer.Exit(_run(making, jobs or processors(), keys, rows, staging, failed, errand))


def _goal(out: str, transport: str, dry_run: bool) -> str:
    """The URL of the transport that messages go over; empty for a plain folder, or when nothing is to go anywhere.

    :raises SettingsError: it is not said where messages go, or twice.
    """
    if out and transport:
        raise SettingsError("--out and --transport exclude each other", cure="choose one")
    if not (out or transport or dry_run):
        raise SettingsError(
            "it is not said where messages go", cure="give --out FOLDER, or --transport URL to send them, or --dry-run"
        )
    return out if _is_store(out) else transport


def _is_store(out: str) -> bool:
    scheme, colon, _ = out.partition(":")
    if colon and len(scheme) > 1 and scheme.lower() not in _STORES and "//" in out:
        raise SettingsError(f"--out {out!r} is no folder", cure="to send messages, give --transport")
    return bool(colon) and scheme.lower() in _STORES


def _kind(name: str) -> Kind | None:
    if name and name not in KINDS:
        raise SettingsError(f"{name!r} is no --data-format", cure=f"the formats are {', '.join(KINDS)}")
    return next((kind for kind in KINDS if kind == name), None)


def _delimiter(text: str) -> str:
    text = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(text) > 1 or text in ('"', "\r", "\n"):
        raise SettingsError(f"--delimiter {text!r} cannot be one", cure="give one character, or tab")
    return text


def _list(failures: str, data: str) -> Path:
    """The path of the list of failures.

    :raises SettingsError: it is that of the data.
    """
    path = Path(failures)
    if path.exists() and Path(data).exists() and path.samefile(data):
        raise SettingsError(f"{failures!r} is the data and the list of failures", cure="name another with --failures")
    return path


def _maker(template: str, force: list[str], stamp: str, locale: str) -> Maker:
    settings, folders, name = locate_template(template)
    settings, judged = with_force(settings, force)
    moment = Stamp.parse(stamp) if stamp else Stamp.now()
    if stamp and moment.token:
        raise SettingsError("--stamp of a merge has no token", cure="give the date alone: every row has its own token")
    return Maker(settings, folders, name, moment.date, judged, {"locale": locale} if locale else {})


def _run(making: Making, jobs: int, keys: Keys, rows: Rows, staging: Staging, failed: Failures, errand: Errand) -> int:
    """Do the rows; the exit code."""
    source = iter(rows)
    first = list(islice(source, BATCH + 1)) if jobs > 1 else []
    workers = Workers(making, jobs if len(first) > BATCH else 1)
    bar = rows.size, lambda: rows.position
    return errand.run(
        chain(first, source), workers, keys, staging, name=lambda row: f"row {row.number}", bar=bar, failures=failed
    )


def _made(folder: Path) -> Path:
    """The folder, which is there now.

    :raises SettingsError: it cannot be.
    """
    try:
        make_folder(folder)
    except OSError as bad:
        raise SettingsError(
            f"cannot write {str(folder)!r}: {bad.strerror or bad}", cure="name a place that can be written"
        ) from None
    return folder
