"""Deeply nested html: it is inlined, and never ends the process."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.errors import MailTemplatesError
from mailtemplates.html.markup import cut
from mailtemplates.inlining.depth import depth, with_stack
from mailtemplates.inlining.inliner import Inliner

NAMES = ["div", "p", "b", "i", "a", "table", "tr", "td", "ul", "li", "button", "span", "svg", "template", "br", "h1"]
TAGS = st.lists(
    st.one_of(
        st.sampled_from([f"<{name}>" for name in NAMES]),
        st.sampled_from([f"</{name}>" for name in NAMES]),
        st.builds(lambda name, number: f'<{name} class="{number}">', st.sampled_from(["b", "i"]), st.integers(0, 99)),
    ),
    max_size=120,
)


def real_depth(html: str) -> int:
    """How deep the elements of the body nest in the tree that browsers build."""
    level, deepest = [html5lib.parse(html, namespaceHTMLElements=False)[1]], 0
    while level:
        level, deepest = [child for parent in level for child in parent], deepest + 1
    return deepest


@given(TAGS)
def test_depth_is_a_bound(parts: list[str]) -> None:
    """No tag soup nests deeper than the stack is made for: up to five elements an open tag."""
    assert real_depth("".join(parts)) <= 5 * (depth(parts) + 1)


@pytest.mark.parametrize(
    ("html", "expected"),
    {
        "rows that nobody closes": ("<table>" + "<tr><td>x<td><p>y" * 50 + "</table>", 1),
        "paragraphs": ("<div>" + "<p>x<br>" * 50, 1),
        "lists": ("<ul><li>x<ul><li>y</ul></ul>" * 50, 2),
        "stray ends": ("</b></div></table>" * 9 + "<div>x", 1),
        "an end inside a table closes nothing outside": ("<div><table></div>" * 3, 6),
        "misnested": ("<b><div></b></div>" * 9, 2),
    }.values(),
)
def test_depth(html: str, expected: int) -> None:
    """Depth is not what nobody closed: that would ask for a stack, or refuse, without need."""
    assert depth([html[token.start : token.end] for token in cut(html)]) == expected


@pytest.mark.parametrize("tags", ["<div>", "<table><tr><td>"])
def test_deep_html_does_not_end_the_process(tags: str) -> None:
    """A compiled engine calls itself for each level: 20,000 of them would overflow the stack of any thread."""
    script = (
        "from mailtemplates import inline_css\n"
        f"html = '<style>b{{color:red}}</style>' + {tags!r} * 20000 + '<b>x</b>'\n"
        "assert inline_css(html).endswith('<b style=\"color: red\">x</b>')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=300)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_in_a_thread_with_a_small_stack() -> None:
    """Threads have 128 KB on some systems."""
    html = "<style>b{color:red}</style>" + "<div>" * 1000 + "<b>x</b>"
    answers: list[str] = []
    usual = threading.stack_size(262_144)
    try:
        thread = threading.Thread(target=lambda: answers.append(Inliner().inline(html).html))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(usual)
    assert re.search(r'<b style="color: red">x</b>$', answers[0])


def test_errors_come_back() -> None:
    """What goes wrong on the other stack goes wrong here, and the usual size of stacks stays."""
    usual = threading.stack_size()
    with pytest.raises(ZeroDivisionError):
        with_stack(1000, lambda: 1 // 0)
    assert threading.stack_size() == usual


def test_too_deep_is_an_error_in_words() -> None:
    """No stack is made for a bomb."""
    with pytest.raises(MailTemplatesError, match="nests 100001 elements"):
        with_stack(100_001, lambda: 1)
