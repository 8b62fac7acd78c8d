"""Replies of many mail servers and filters, each with how long it lasts and the families that may be named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailtemplates.failures.answer import answer_object
from mailtemplates.failures.diagnosis import diagnose

LASTING = {"T": "temporary", "P": "permanent"}
PARTS = re.split(r"(?m)^@@@ ", (Path(__file__).parent / "server_replies.txt").read_text(encoding="utf-8"))[1:]
CASES = [
    (*(word.strip() for word in head.split("|")), text) for head, _, text in (part.partition("\n") for part in PARTS)
]


@pytest.mark.parametrize(("lasting", "families", "text"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_reply_is_understood(lasting: str, families: str, text: str) -> None:
    """What one more phrase makes better must make no other reply worse."""
    diagnosis = diagnose(text)
    answer = answer_object(diagnosis, "en")
    assert answer["family"] in families.split("/")
    assert diagnosis.lasting == LASTING[lasting]
    assert answer["next_step"]
