"""The steps of the doctor: one file, one step, found by its name and registered nowhere else.

How a step is made stands in :mod:`mailtemplates.doctor.step`.
"""

from __future__ import annotations

import os
from importlib import import_module

from mailtemplates.doctor.step import Step


def all_steps() -> list[Step]:
    """The steps in their order."""
    files = (entry.name for folder in __path__ for entry in os.scandir(folder))
    names = sorted(name.removesuffix(".py") for name in files if name.endswith(".py") and not name.startswith("_"))
    found: list[Step] = [getattr(import_module(f"{__name__}.{name}"), name) for name in names]
    return sorted(found, key=lambda one: one.order)
