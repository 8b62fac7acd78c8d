"""The steps of the doctor: one file, one step, found by its name and registered nowhere else.

How a step is made stands in :mod:`mailtemplates.doctor.step`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from mailtemplates.doctor.step import Step


def all_steps() -> list[Step]:
    """The steps in their order."""
    names = sorted(file.stem for folder in __path__ for file in Path(folder).glob("[!_]*.py"))
    found: list[Step] = [getattr(import_module(f"{__name__}.{name}"), name) for name in names]
    return sorted(found, key=lambda one: one.order)
