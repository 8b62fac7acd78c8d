"""``mailtpl send``: one message of a template, or messages that lie in files."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

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
    transport_of,
    with_force,
)
from mailtemplates.cli.errand import Errand
from mailtemplates.cli.output import read_octets
from mailtemplates.errors import SettingsError
from mailtemplates.merging.files import FileKeys, Reading, check_files, file_rows
from mailtemplates.merging.folder import Making
from mailtemplates.merging.keys import Keys, MakesKeys
from mailtemplates.merging.maker import Maker
from mailtemplates.merging.result import Result
from mailtemplates.merging.row import Row
from mailtemplates.merging.workers import Make, Workers
from mailtemplates.message.envelope import NULL_SENDER
from mailtemplates.message.stamp import Stamp
from mailtemplates.outbox.staging import Staging, named
from mailtemplates.project import locate_template
from mailtemplates.settings import Settings, read_settings
from mailtemplates.template.data import read_data, set_value

_MESSAGE = ".eml"
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
_STDIN = "-"
_MANY = 3
_PATIENCE = "1m"
_List = list[str] | None


def command(
    names: Annotated[list[str], typer.Argument(help="A template, or message files (.eml); - is a message on stdin.")],
    data: Annotated[str, typer.Option(help="A JSON file with the template's data; - is standard input.")] = "",
    set_: Annotated[_List, typer.Option("--set", help="Set one value of the data: user.name=Ann.")] = None,
    transport: Annotated[str, typer.Option(help="Where to: smtp+starttls://user@host:587, maildir:FOLDER, …")] = "",
    to: Annotated[str, typer.Option(help="Recipients instead of the message's own, Cc and Bcc too.")] = "",
    from_: Annotated[str, typer.Option("--from", help="From of a template; the envelope's sender of a file.")] = "",
    key: Annotated[str, typer.Option(help="What names the message for good, in the ledger.")] = "",
    ledger: LedgerFile = "",
    no_ledger: NoLedger = False,
    patience: Patience = _PATIENCE,
    limit: Limit = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Render and lint, and send nothing.")] = False,
    force: Force = None,
    allow: Allow = None,
    redirect_to: RedirectTo = "",
    stamp: Annotated[str, typer.Option(help="The date of a template's message: 2026-01-31T12:00:00Z.")] = "",
    locale: Annotated[str, typer.Option(help="The locale to render a template in: de, pt_BR.")] = "",
    output_format: OutputFormat = Format.TEXT,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Send a template's message, or messages that lie in files.

    Exit code 0: all accepted; 1: some not; 2: wrong usage or settings; 3: our own fault; 4: of some nobody knows.
    """
    if verbose:
        log_steps()
    staging = Staging.of(allow or [], redirect_to)
    named("--to", to)
    if from_ != NULL_SENDER:
        named("--from", from_)
    if _are_messages(names):
        if data or set_ or stamp or locale:
            raise SettingsError(
                "--data, --set, --stamp and --locale are for templates", cure="a file is sent as it is: leave them out"
            )
        post = _files(names, key, force or [], sender=from_, to=to)
    else:
        wanted = _Wanted(data, set_ or [], key, to, from_, stamp, locale, bool(to or redirect_to))
        post = _template(names[0], force or [], wanted)
    remembered = remembers(ledger, no_ledger, otherwise=True)
    errand = Errand(
        "" if dry_run and not transport else transport_of(post.settings, transport),
        (Path(ledger) if ledger else post.settings.ledger_file) if remembered else None,
        patience_of(patience),
        limit,
        dry_run,
        output_format,
        quiet,
    )
    raise typer.Exit(_run(post, staging, errand))


class _Post(NamedTuple):
    """What is to be sent: rows, what makes messages of them, and how a person calls them."""

    settings: Settings
    rows: Iterable[Row]
    keys: MakesKeys
    make: Make
    names: Sequence[str]


class _Wanted(NamedTuple):
    """What the command line says of a template's message.

    :param tried: whether it goes to somebody who is named here, so that sample data does no harm.
    """

    data: str
    set: Sequence[str]
    key: str
    to: str
    sender: str
    stamp: str
    locale: str
    tried: bool


def _are_messages(names: Sequence[str]) -> bool:
    """Whether the names are of message files.

    :raises SettingsError: they are of both, or of several templates.
    """
    messages = [name == _STDIN or name.lower().endswith(_MESSAGE) for name in names]
    if not any(messages) and len(names) == 1:
        return False
    if not all(messages):
        raise SettingsError(
            "a template is sent alone", cure="give one template, or files that end with .eml; mailtpl merge sends many"
        )
    return True


def _files(names: Sequence[str], key: str, force: Sequence[str], *, sender: str, to: str) -> _Post:
    if key and len(names) > 1:
        raise SettingsError("one --key cannot name several messages", cure="leave it out: each file has its own")
    settings, judged = with_force(read_settings(Path.cwd()), force)
    reading = Reading(settings, judged, sender, to)
    reading.prepare()
    check_files(name for name in names if name != _STDIN)
    rows: Iterable[Row] = file_rows(names)
    if _STDIN in names:
        octets = read_octets(_STDIN)
        rows = (
            Row(row.number, {"path": "<stdin>", "octets": octets}, row.cells) if row.cells == (_STDIN,) else row
            for row in rows
        )
    return _Post(settings, rows, FileKeys(key, to), reading, names)


def _template(template: str, force: Sequence[str], wanted: _Wanted) -> _Post:
    settings, folders, name = locate_template(template)
    settings, judged = with_force(settings, force)
    given: dict[str, Any] = {"locale": wanted.locale} if wanted.locale else {}
    given |= {"to": wanted.to, "cc": (), "bcc": ()} if wanted.to else {}
    given |= {"from_": wanted.sender} if wanted.sender else {}
    moment = Stamp.parse(wanted.stamp) if wanted.stamp else Stamp.now()
    maker = Maker(settings, folders, name, moment.date, judged, given)
    version = maker.prepare()
    values = _data(maker, wanted)
    keys = FileKeys(wanted.key) if wanted.key else Keys("", version, name, given)
    maker.make(values, keys.of(values))  # what is wrong is said here, with its place and its cure
    return _Post(settings, [Row(1, values, ())], keys, Making(maker), [template])


def _data(maker: Maker, wanted: _Wanted) -> dict[str, Any]:
    """The data; the template's sample only for somebody who is named on the command line.

    :raises SettingsError: there is none.
    """
    if wanted.data.lower().endswith(_TABLES):
        raise SettingsError(
            f"{wanted.data!r} has many rows", cure="mailtpl merge sends a message for each; give one object"
        )
    if wanted.data:
        values = read_data(read_octets(wanted.data), "<stdin>" if wanted.data == _STDIN else wanted.data)
    elif maker.engine.contract(maker.template) is None:
        values = {}
    elif wanted.tried:
        values = copy.deepcopy(dict(maker.engine.sample(maker.template)))
    elif wanted.set:
        values = {}
    else:
        raise SettingsError(
            "there is no data", cure="give --data FILE; to try the template with its sample, give --to YOUR-ADDRESS"
        )
    for assignment in wanted.set:
        set_value(values, assignment)
    return values


def _run(post: _Post, staging: Staging, errand: Errand) -> int:
    """Send; the exit code."""
    number = len(post.names)
    done = 0

    def name(result: Result) -> str:
        nonlocal done
        done = result.number
        return post.names[done - 1] if number > 1 else ""

    bar = (number, lambda: done) if number >= _MANY else None
    return errand.run(post.rows, Workers(post.make, 1), post.keys, staging, name=name, bar=bar)
