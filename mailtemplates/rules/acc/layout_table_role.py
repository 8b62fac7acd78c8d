from __future__ import annotations

from dataclasses import dataclass, field

from mailtemplates.finding import Edit, Finding, Findings, Fix, replace
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span

_LAYOUT = ("presentation", "none")
_DATA_ATTRIBUTES = ("summary", "aria-label", "aria-labelledby", "aria-describedby")
_MOST_EDITS = 200


@dataclass(slots=True)
class _Table:
    """A table: its own rows and cells, and what is in it.

    :param widest: the cells of its longest row.
    """

    element: Element
    rows: list[int] = field(default_factory=list)
    cells: int = 0
    headers: list[Element] = field(default_factory=list)
    is_marked: bool = False
    holds_table: bool = False

    @property
    def widest(self) -> int:
        return max(self.rows, default=self.cells)


@rule("ACC003", severity="warning", fix="unsafe", structural=True)
def layout_table_role(document: HtmlDocument) -> Findings:
    """A table that only lays out the message has no `role="presentation"`, or a table of data has it.

    Screen readers announce each table with its rows and columns, and each cell with its place: a message of nested
    tables is mostly that. `role="presentation"` turns it off. On a table of data it takes away which value belongs to
    which heading.

    Reference: WCAG 2.2 §1.3.1; ARIA 1.2 §5.3.3 (presentation)

    Bad:

        <table width="100%" cellpadding="0" cellspacing="0" border="0">
        <tr><td><table cellpadding="0" cellspacing="0" border="0"><tr><td>Hello</td></tr></table></td></tr>
        </table>

    Bad:

        <table role="presentation">
        <tr><th scope="col">Item</th><th scope="col">Amount</th></tr>
        <tr><td>Chair</td><td>40</td></tr>
        </table>

    Good:

        <table role="presentation"><tr><td><table role="none"><tr><td>Hello</td></tr></table></td></tr></table>
        <table><tr><th>Item</th><th>Amount</th></tr><tr><td>Chair</td><td>40</td></tr></table>
        <table><tr><td>Chair</td><td>40</td></tr><tr><td>Table</td><td>90</td></tr></table>
    """
    tables = _tables(document)
    layout = [one.element for one in tables if "role" not in one.element.attributes and _is_layout(one)]
    if layout:
        count = f"{len(layout)} tables for layout have" if len(layout) > 1 else "a table for layout has"
        edits = (Edit(Span(one.name_end, one.name_end), b' role="presentation"') for one in layout[:_MOST_EDITS])
        problem = f'{count} no role="presentation"' + (", this is the first" if len(layout) > 1 else "")
        yield Finding(layout[0].tag, problem, 'write role="presentation" on each', Fix(tuple(edits), safe=False))
    for table in tables:
        if table.element.get("role").lower() in _LAYOUT and _is_data(table):
            yield _data(table.element)


def _tables(document: HtmlDocument) -> list[_Table]:
    """The tables that are seen, each with what is its own."""
    tables = {one.index: _Table(one) for one in document.select("table") if not one.is_hidden}
    for element in document.elements:
        if element.name not in ("tr", "td", "th", "caption", "thead", "table"):
            continue
        around = next((one for one in element.ancestors if one.name == "table"), None)
        table = tables.get(around.index) if around else None
        if table is None:
            continue
        if element.name == "tr":
            table.rows.append(0)
        elif element.name == "table":
            table.holds_table = True
        elif element.name in ("td", "th"):
            table.cells += 1
            if table.rows:
                table.rows[-1] += 1
            _note(table, element)
        else:
            table.is_marked = True
    return list(tables.values())


def _note(table: _Table, cell: Element) -> None:
    """What a cell says of its table's kind."""
    if cell.name == "th":
        table.headers.append(cell)
    if cell.get("scope") or cell.get("headers"):
        table.is_marked = True


def _is_layout(table: _Table) -> bool:
    """Whether a table surely holds no data: it has no marks of such, and holds tables, or one column, or one row."""
    element = table.element
    if table.headers or table.is_marked or not table.cells or any(element.get(one) for one in _DATA_ATTRIBUTES):
        return False
    if element.get("border") not in ("", "0"):
        return False
    return table.holds_table or table.widest <= 1 or len(table.rows) == 1


def _is_data(table: _Table) -> bool:
    """Whether a table surely holds data: headings of words, for more than one row and column."""
    if table.holds_table or not table.headers or table.widest < 2 or len(table.rows) < 2:
        return False
    if table.is_marked:
        return True
    if len(table.headers) == table.cells:
        return False
    document = table.element.document
    contents = [document.html[slice(*one.content)] for one in table.headers]
    return all(content.strip() and "<img" not in content and "<a" not in content for content in contents)


def _data(element: Element) -> Finding:
    role = next(one for one in attribute_spans(element.source) if one.name == "role")
    start = len(element.source[: role.start].rstrip())
    fix = replace(Span(element.tag.start + start, element.tag.start + role.end), b"", safe=False)
    problem = f'a table with headings of rows or columns has role="{element.get("role")}", so they are not read'
    return Finding(element.span_of("role"), problem, "take the role out", fix)
