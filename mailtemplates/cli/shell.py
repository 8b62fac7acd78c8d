"""From arguments to exit code: 0 done, 1 the input is at fault, 2 usage or settings, 3 our own fault."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from mailtemplates.cli.output import drop_output, warn, write_text
from mailtemplates.errors import MailTemplatesError
from mailtemplates.version import VERSION

_NO_COMMANDS = frozenset({"shell", "output", "progress", "delivering", "errand"})


def commands() -> list[str]:
    """The commands that there are: the modules of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in _NO_COMMANDS)


def _version(asked: bool) -> None:
    if asked:
        write_text(f"mailtpl {VERSION}")
        raise typer.Exit


def _application(names: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        name="mailtpl",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
        ] = False,
    ) -> None:
        """Email templates that are right before they are sent, and can prove it."""

    for name in names:
        home = import_module(f"mailtemplates.cli.{name}")
        if hasattr(home, "group"):
            app.add_typer(home.group, name=name)
        else:
            app.command(name)(home.command)
    return app


def main(arguments: Sequence[str]) -> int:
    """Run a command line; the exit code. Who calls it within a longer life finds its garbage collected as before."""
    collecting = gc.isenabled()
    try:
        application = _application(_needed(arguments))
        if not collecting:  # the process is the command's, and was kept from it while it imported
            gc.freeze()
            gc.enable()
        application(args=list(arguments), prog_name="mailtpl")
    except SystemExit as stop:
        return _code(stop.code)
    except MailTemplatesError as error:
        warn(f"error: {error}")
        return error.exit_code
    except BrokenPipeError:
        drop_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _own_fault(error)
    finally:
        if collecting:
            gc.enable()
    return 0


def _needed(arguments: Sequence[str]) -> list[str]:
    """The commands to import: the one that is asked for; all of them to list them or to name the nearest."""
    asked = next((word for word in arguments if not word.startswith("-")), "")
    if (
        asked.isidentifier()
        and asked[0] != "_"
        and asked not in _NO_COMMANDS
        and (Path(__file__).parent / f"{asked}.py").is_file()
    ):
        return [asked]
    return [] if "--version" in arguments else commands()


def _code(code: object) -> int:
    return code if isinstance(code, int) else 0 if code is None else 1


def _own_fault(error: Exception) -> int:
    """Report a fault of ours: one line, and where the rest stands."""
    import traceback

    if os.environ.get("MAILTPL_DEBUG"):
        traceback.print_exc()
    frame = traceback.extract_tb(error.__traceback__)[-1]
    warn(
        f"error: a fault of mailtpl itself: {type(error).__name__}: {error} ({Path(frame.filename).name}:"
        f"{frame.lineno})\nhelp: please report it; MAILTPL_DEBUG=1 prints the whole traceback"
    )
    return 3
