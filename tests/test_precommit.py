"""The hooks of ``.pre-commit-hooks.yaml``, run by the real pre-commit on a repository of their user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
RIGHT = (
    "From: a@acme-shop.com\nTo: ben@reader.example\nSubject: Your order\nDate: Mon, 02 Nov 2026 12:00:00 +0000\n"
    "Message-ID: <order-1@acme-shop.com>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHello.\n"
)
TEMPLATE = (
    "{% block from %}a@acme-shop.com{% endblock %}\n{% block to %}b@reader.example{% endblock %}\n"
    "{% block subject %}Your order{% endblock %}\n{% block text %}Hello {{ name }}.\n{% endblock %}\n"
)
OFFLINE = ("ConnectionError", "NewConnectionError", "No matching distribution", "Temporary failure", "Read timed out")


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it, without what this test run's own git knows."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env={**outer, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a message and a template, all of it staged."""
    folder = tmp_path / "project"
    (folder / "mails").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "schemas").mkdir()
    (folder / "mails" / "order.eml").write_text(RIGHT)
    (folder / "templates" / "order.j2").write_text(TEMPLATE)
    (folder / "schemas" / "order.json").write_text('{"examples": [{"name": "Ben"}]}')
    (folder / "README.md").write_text("neither a message nor a template\n")
    assert run("git", "init", "-q", ".", cwd=folder).returncode == 0
    assert run("git", "add", ".", cwd=folder).returncode == 0
    return folder


def hooks(repository: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Both hooks over all files of the repository."""
    return run(
        PRE_COMMIT, "try-repo", ROOT, "--all-files", "--verbose", "--color", "never", cwd=repository,
        PRE_COMMIT_HOME=str(home), MAILTPL_CACHE="off",
    )  # fmt: skip


def test_the_hooks_judge_messages_and_templates(repository: Path, tmp_path: Path) -> None:
    """Both pass over what is right; each fails over what is wrong, with the finding in its output."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    if not PRE_COMMIT.exists():
        pytest.skip("pre-commit is not installed")
    if run("git", "rev-parse", "--verify", "HEAD", cwd=ROOT).returncode:
        pytest.skip("the project is no git checkout, so there is nothing that pre-commit can clone")
    home = tmp_path / "home"
    right = hooks(repository, home)
    shown = right.stdout + right.stderr
    if any(word in shown for word in OFFLINE):
        pytest.skip("the package registry cannot be reached, so pre-commit cannot install the hooks")
    assert right.returncode == 0, shown
    assert shown.count("Passed") == 2
    (repository / "mails" / "order.eml").write_text(RIGHT.replace("From: a@acme-shop.com\n", ""))
    (repository / "templates" / "order.j2").write_text(TEMPLATE.replace("{{ name }}", "{{ nmae }}"))
    wrong = hooks(repository, home)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert wrong.stdout.count("Failed") == 2
    assert "mails/order.eml:1:1: error HDR001 missing-from" in wrong.stdout
    assert "templates/order.j2:4:" in wrong.stdout
    assert "SUP003 rules-skipped" in wrong.stdout
