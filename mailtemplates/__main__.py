"""``python -m mailtemplates`` is ``mailtpl``."""

from mailtemplates.cli import run

run()
