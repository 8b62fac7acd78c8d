"""``make clients``: the table of what mail clients support, from the npm package ``caniemail``.

Writes ``mailtemplates/clients/caniemail/support.json`` (about a tenth of the package's file) and ``LICENSE`` beside it.
Run it when caniemail has news; ``tests/test_clientsupport.py`` then says which new features need a place in
``mailtemplates/clients/feature.py``.

    python tools/clients.py             # fetches the newest package with npm
    python tools/clients.py FOLDER      # the unpacked package, or one of another date
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "mailtemplates" / "clients" / "caniemail"
_NUMBER = re.compile(r"\d+")
_NOTE = re.compile(r"#(\d+)")
_LINK = re.compile(r"\[([^\]]+)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")


def main(arguments: list[str]) -> None:
    """Make the table."""
    if arguments:
        write(Path(arguments[0]))
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", "caniemail@latest"], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        write(Path(folder) / "package")


def write(package: Path) -> None:
    """The table and the licences of an unpacked package."""
    data = json.loads((package / "data" / "caniemail.json").read_text(encoding="utf-8"))
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    made = table(data, version)
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in made.items()]
    features = ",\n".join(
        f"{json.dumps(slug)}: {json.dumps(one, ensure_ascii=False, separators=(',', ':'))}"
        for slug, one in made["features"].items()
    )
    lines[-1] = '"features": {\n' + features + "\n}"
    (TABLE / "support.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    (TABLE / "LICENSE").write_text(licence((package / "LICENSE").read_text(encoding="utf-8")), encoding="utf-8")


def table(data: dict[str, Any], version: str) -> dict[str, Any]:
    """The package's data, reduced to the latest version of every client."""
    clients = sorted({f"{family}.{name}" for one in data["data"] for family, name in _platforms(one)})
    return {
        "date": data["last_update_date"][:10],
        "package": f"caniemail {version}",
        "names": dict(sorted(data["nicenames"]["family"].items())),
        "clients": clients,
        "features": {one["slug"]: _feature(one, clients) for one in sorted(data["data"], key=lambda one: one["slug"])},
    }


def _platforms(one: dict[str, Any]) -> list[tuple[str, str]]:
    return [(family, name) for family, platforms in one["stats"].items() for name in platforms]


def _feature(one: dict[str, Any], clients: list[str]) -> dict[str, Any]:
    """One feature: a letter for each client (``-`` where nobody has tested), and the notes with the clients they
    belong to, as numbers in the list of clients."""
    cells = [latest(one["stats"].get(family, {}).get(name, {})) for family, name in (c.split(".", 1) for c in clients)]
    notes = {}
    for number, text in (one["notes_by_num"] or {}).items():
        whose = [at for at, cell in enumerate(cells) if number in _NOTE.findall(cell)]
        if whose:
            notes[number] = [plain(text), whose]
    return {"title": one["title"].strip(), "support": "".join(cell[:1] or "-" for cell in cells), "notes": notes}


def latest(versions: dict[str, str]) -> str:
    """The cell of the latest version; empty when there is none.

    Versions are months (``2024-03``) or numbers (``16.80``) and not always in order. Where a client has both, the last
    one written tells which are the newer.
    """
    if not versions:
        return ""
    newer = _is_date([*versions][-1])
    return versions[max(versions, key=lambda one: (_is_date(one) is newer, [*map(int, _NUMBER.findall(one))]))]


def _is_date(version: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d(?:-\d\d)?", version) is not None


def plain(text: str) -> str:
    """A note without its links and line ends."""
    return " ".join(_LINK.sub(r"\1", text).split())


def licence(package: str) -> str:
    """The notices of the data and of the package, both MIT."""
    notice = package.replace("Copyright © Avi Goldman", "Copyright (c) 2019 HTeuMeuLeu").splitlines()
    data = "\n".join(line for line in notice if "Andrew Powell" not in line)
    return (
        "support.json holds data of caniemail.com (https://github.com/hteumeuleu/caniemail), taken from the npm\n"
        f"package caniemail (https://github.com/shellscape/caniemail). The data:\n\n{data.strip()}\n\n"
        f"The npm package:\n\n{package.strip()}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
