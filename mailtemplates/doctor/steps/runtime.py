"""Step 15: the Python that runs, and the libraries."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import _policybase, utils
from email.message import Message

from mailtemplates.doctor.case import Case
from mailtemplates.doctor.step import Passed, step
from mailtemplates.version import VERSION

_LIBRARIES = ("jinja2", "css-inline", "idna", "dnspython", "cryptography")


@step(15)
def runtime(case: Case) -> Passed:
    """Versions, and which faults of the standard library's ``email`` this Python has, found by trying them.

    What is sent does not depend on them, since nothing here writes with that package; other programs may.
    """
    libraries = dict(_libraries())
    python, openssl = sys.version.split()[0], " ".join(ssl.OPENSSL_VERSION.split()[:2])
    faults = [name for name, is_there in _FAULTS.items() if is_there()]
    lines = [f"mailtemplates {VERSION}, Python {python}, {openssl}"]
    lines += [", ".join(f"{name} {number}" for name, number in libraries.items())] if libraries else []
    if faults:
        lines.append(f"this Python's email package has {', '.join(faults)}; mail made here does not pass through it")
    facts = {"mailtemplates": VERSION, "python": python, "openssl": openssl, "libraries": libraries, "cves": faults}
    return Passed("\n".join(lines), facts)


def _libraries() -> Iterator[tuple[str, str]]:
    """Names and versions, by the folders ``name-version.dist-info`` where packages are installed.

    What :mod:`importlib.metadata` tells, which takes longer to import than all the other steps together.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):
            for entry in os.scandir(folder or "."):
                if entry.name.endswith(".dist-info"):
                    package, _, number = entry.name.removesuffix(".dist-info").partition("-")
                    found.setdefault(package.lower().replace("_", "-"), number)
    yield from ((name, found[name]) for name in _LIBRARIES if name in found)


def _newline_in_field() -> bool:
    """CVE-2026-1299: a field with an empty line in it is written as it is, and ends the header."""
    message = Message()
    message["Subject"] = "a\n\nb"
    try:
        return b"\n\nb" in message.as_bytes()
    except Exception:  # a Python that is mended refuses, with an error that has changed its class
        return False


def _newline_in_word() -> bool:
    """CVE-2024-6923: an encoded-word smuggles a line end in. The mend brought this attribute, to old versions too."""
    return not hasattr(_policybase.Policy, "verify_generated_headers")


def _wrong_address() -> bool:
    """CVE-2023-27043: of a malformed address another part is taken."""
    return utils.parseaddr("alice@x)bob@y")[1] != ""


_FAULTS: dict[str, Callable[[], bool]] = {
    "CVE-2023-27043": _wrong_address, "CVE-2024-6923": _newline_in_word, "CVE-2026-1299": _newline_in_field,
}  # fmt: skip
