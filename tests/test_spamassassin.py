"""An independent judge: what the composer makes fires no rule of SpamAssassin about its structure or encodings."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
from conftest import STAMP

from mailtemplates import Engine

LOCALES = ("", "de", "ja")
TEMPLATES = ("welcome.j2", "password_reset.j2", "receipt.j2", "newsletter.j2")
JUDGED = re.compile(r"\b(?:MIME|HTML|MISSING|BASE64|MPART)_\w+")

#: Rules that say what a message is, not that anything is wrong with it.
NEUTRAL = {"HTML_MESSAGE"}

pytestmark = pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="spamassassin is not installed (Debian: apt-get install spamassassin)"
)


def samples(starters: Engine, name: str) -> list[dict[str, Any]]:
    contract = starters.contract(name)
    assert contract is not None and contract.examples
    return list(contract.examples)


def test_what_the_composer_makes_fires_no_rule_about_structure_or_encoding(starters: Engine) -> None:
    messages = [
        starters.render(name, sample, locale=locale or None).message(STAMP).as_bytes().replace(b"\r\n", b"\n")
        for name in TEMPLATES
        for sample in samples(starters, name)
        for locale in LOCALES
    ]
    mailbox = b"".join(b"From x@acme.example Mon Nov  2 12:00:00 2026\n" + octets + b"\n" for octets in messages)
    run = subprocess.run(["spamassassin", "-L", "--mbox"], input=mailbox, capture_output=True, check=False, timeout=300)
    statuses = re.findall(r"^X-Spam-Status: .*\n(?:[ \t].*\n)*", run.stdout.decode("utf-8", "replace"), re.MULTILINE)
    assert len(statuses) == len(messages), run.stderr.decode()[-500:]
    fired = {name for status in statuses for name in JUDGED.findall(status)}
    assert fired == NEUTRAL
