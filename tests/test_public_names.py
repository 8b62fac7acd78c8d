"""What ``from mailtemplates import …`` gives does not depend on what was imported before."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (
    "{first}\nfrom mailtemplates import Linter, lint\nprint(*[one.code for one in lint(b'Subject: x\\r\\n\\r\\nx')])"
)


@pytest.mark.parametrize(
    "first",
    ["", "import mailtemplates.testing", "from mailtemplates import lint", "import mailtemplates.linting.linter"],
)
def test_lint_can_be_called_whatever_was_imported_before(first: str) -> None:
    """A package of the same name, once imported, takes the function's place."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[:2] == ["HDR001", "HDR002"]


def test_every_public_name_is_there() -> None:
    import mailtemplates

    assert all(hasattr(mailtemplates, name) for name in mailtemplates.__all__)


def test_no_public_function_has_the_name_of_a_module() -> None:
    """Where it had, whoever imports the module first would get it instead."""
    import mailtemplates

    folder = Path(mailtemplates.__file__).parent
    modules = {path.stem for path in folder.iterdir() if path.suffix in (".py", "")}
    assert not modules & set(mailtemplates.__all__)


@pytest.mark.parametrize("folder", ["mailtemplates", "tests", "benchmarks", "tools"])
def test_every_docstring_is_text(folder: str) -> None:
    """From Python 3.13 on, a module with a lone surrogate in a docstring cannot be imported."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for path in (Path(__file__).parent.parent / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, documented) and (text := ast.get_docstring(node, clean=False)):
                assert text.encode("utf-8", "ignore").decode() == text, (path, node)
