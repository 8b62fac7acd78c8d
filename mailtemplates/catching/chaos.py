"""What a server does wrong on purpose: ``rcpt=451:0.1`` refuses every tenth recipient for now."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from mailtemplates.characters import shorten
from mailtemplates.errors import SettingsError
from mailtemplates.pattern import pattern
from mailtemplates.source import nearest

Phase = Literal["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot", "quit"]
"""Where in a session: before the first word, at a command, or after the final dot."""
Action = Literal["reply", "drop", "silence", "slow"]
PHASES: tuple[Phase, ...] = get_args(Phase)

_ACTION = pattern(
    r"(?P<code>[45]\d\d)(?: (?P<text>[ -~]+))?|(?P<word>drop|silence)|slow(?: (?P<seconds>\d+(?:\.\d+)?))?"
)
_HOW_OFTEN = pattern(r"(?P<times>\d+)x|(?P<probability>\d*\.?\d+)")
_SLOW = 5.0
_CURE = "write rcpt=451, data=drop, dot=silence or mail=slow 2; behind it :0.1 for every tenth time, :2x for two times"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at one place.

    :param reply: the whole reply line of the action ``reply``.
    :param seconds: how long the action ``slow`` waits before all goes on as usual.
    :param probability: in how many of the cases, from 0 to 1.
    :param times: how many times at most; None for always.
    """

    phase: Phase
    action: Action
    reply: str = ""
    seconds: float = 0.0
    probability: float = 1.0
    times: int | None = None


def parse_fault(text: str) -> Fault:
    """A fault as it is written: ``phase=action[:how often]``.

    :raises SettingsError: it is not written so.
    """
    phase, _, rest = text.partition("=")
    if phase not in PHASES:
        near = nearest(phase, PHASES)
        cure = f"did you mean {near!r}?" if near else f"the phases are {', '.join(PHASES)}"
        raise SettingsError(f"chaos: there is no phase {shorten(phase)!r}", cure=cure)
    action, colon, often = rest.rpartition(":")
    how_often = _HOW_OFTEN.fullmatch(often) if colon else None
    match = _ACTION.fullmatch(action if how_often else rest)
    if match is None:
        raise SettingsError(f"chaos: {shorten(rest)!r} is not what a server can do at {phase}", cure=_CURE)
    probability = float(how_often["probability"]) if how_often and how_often["probability"] else 1.0
    if probability > 1:
        raise SettingsError(f"chaos: {often} is more than always", cure="a probability is at most 1; 2x is two times")
    times = int(how_often["times"]) if how_often and how_often["times"] else None
    if not (probability and times != 0):
        raise SettingsError(f"chaos: {often} is never", cure="leave the fault out, or say how often: :0.1, :2x")
    if match["code"]:
        reply = f"{match['code']} " + (match["text"] or f"{rest[0]}.0.0 refused on purpose")
        return Fault(phase, "reply", reply, probability=probability, times=times)
    if match["word"]:
        return Fault(phase, "drop" if match["word"] == "drop" else "silence", probability=probability, times=times)
    return Fault(phase, "slow", seconds=float(match["seconds"] or _SLOW), probability=probability, times=times)


class Chaos:
    """Faults, and the chance that decides when they happen: the same seed and the same session give the same faults.

    For one thread: that of the server.
    """

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._faults = [(fault, [0]) for fault in faults]
        self._random = random.Random(seed)

    def strike(self, phase: Phase) -> Iterator[Fault]:
        """The faults that happen now, in the order in which they were given."""
        for fault, done in self._faults:
            if fault.phase != phase or done[0] == fault.times or self._random.random() >= fault.probability:
                continue
            done[0] += 1
            yield fault
