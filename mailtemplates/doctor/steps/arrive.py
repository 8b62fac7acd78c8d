"""Step 14: the message that was sent, found again in the mailbox of its recipient."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, Skipped, step
from mailtemplates.doctor.steperror import StepError
from mailtemplates.smtp.dotstuffing import canonical

if TYPE_CHECKING:
    from mailtemplates.doctor.account import ImapAccount
    from mailtemplates.doctor.mailbox import Found

_SHOWN = 8
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 3.0


@step(14, keeps_time=False)
def arrive(case: Case) -> Passed | Skipped:
    """Where it lies, how long it took, what the receiver says of its origin, and whether an octet was changed."""
    account = case.account
    if account is None:
        return Skipped("no mailbox to look in: give --imap")
    if case.mailbox_fault:
        raise case.mailbox_fault
    if case.sent is None:
        return Skipped("nothing was sent")
    found = _look(case, account)
    delay = max(0.0, time.time() - case.sent_at)
    results = _results(found)
    changed = _changes(canonical(case.sent.octets), found.octets)
    facts = {
        "folder": found.folder.name, "junk": found.folder.junk, "delay": round(delay, 3),
        "authentication_results": results, "identical": not changed, "changes": changed,
    }  # fmt: skip
    lines = [f"in {found.folder.name} after {delay:.1f} s", *results]
    if changed:
        raise StepError("\n".join([*lines, "it was changed on the way:", *changed]), "changed-on-the-way", facts=facts)
    lines.append(f"all {len(canonical(case.sent.octets)):,} octets as they were sent")
    if found.folder.junk:
        raise StepError("\n".join(lines), "in-the-spam-folder", facts=facts)
    return Passed("\n".join(lines), facts)


def _look(case: Case, account: ImapAccount) -> Found:
    """Look until it is there or the time is over."""
    from mailtemplates.doctor.mailbox import ImapMailbox  # imaplib, only for --imap

    assert case.sent is not None
    tag = case.sent.octets.partition(b"\n")[0].rstrip()
    name, _, value = tag.decode().partition(": ")
    key = ("Message-ID", f"<{case.sent.message_id}>") if case.sent.message_id else (name, value)
    pause = _FIRST_PAUSE
    with ImapMailbox(account, case.seconds_left) as mailbox:
        folders = mailbox.folders()
        while True:
            for folder in folders:
                found = mailbox.find(folder, key, tag)
                if found:
                    return found
            if case.seconds_left <= pause:
                names = [folder.name for folder in folders]
                problem = f"not in {', '.join(names)} of {account} within {case.request.seconds:g} s"
                raise StepError(problem, "not-arrived", facts={"folders": names})
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _results(found: Found) -> list[str]:
    """What the receiver found out about the origin (RFC 8601)."""
    from mailtemplates.octets.mime import parse  # 15 ms, only for --imap

    fields = parse(found.octets).fields
    names = ("authentication-results", "received-spf", "x-spam-status")
    return [f"{field.name}: {' '.join(field.value.split())}" for field in fields if field.lower in names]


def _changes(sent: bytes, found: bytes) -> Sequence[str]:
    """What differs, as a diff, but for the trace that servers put before the message (RFC 5321 §4.4)."""
    if found.endswith(sent):
        return []
    from mailtemplates.octets.octetdiff import diff_lines  # difflib takes longer to import than all else here

    at = found.find(sent.partition(b"\r\n")[0])
    lines = [line for line in diff_lines("message", sent, found[max(at, 0) :]) if not line.startswith(("---", "+++"))]
    return [*islice(lines, _SHOWN), *([f"and {len(lines) - _SHOWN} lines more"] if len(lines) > _SHOWN else [])]
