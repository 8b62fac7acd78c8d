"""The branches of templates: which ones a render takes, and what must hold for one to be taken.

A :class:`Watch` looks at conditions while a template renders: those of ``if``, ``elif`` and the inline ``if``,
and what loops run over. It can also let a :class:`World` decide them, in which expressions have other values than the
data gives them: so a render takes branches that no data reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple

from jinja2 import Environment, nodes
from jinja2.runtime import Undefined

from mailtemplates.template.sinks import spell
from mailtemplates.template.tokens import offset_of

State = Literal["true", "false", "none", "one", "more"]


class Choice(NamedTuple):
    """One way that a condition goes: true or false, or a loop without, with one or with more rows.

    :param at: the offset of the condition in its template.
    """

    template: str
    at: int
    state: State


class Wish(NamedTuple):
    """What must hold of an expression.

    :param key: the expression, as Jinja's tree of it is written.
    :param facet: whether it is true, is a constant, is not a constant, has so many rows, has rows at all.
    """

    key: str
    facet: Literal["truth", "is", "is not", "rows", "some"]
    value: Any


class Branch(NamedTuple):
    """A stretch of a template that is rendered under a condition.

    :param wishes: what must hold for it to be reached.
    :param at: the offset of what is in it, or of its tag; its tag is the last one that begins before.
    :param title: what it is called: ``if``, ``elif``, ``else``, ``inline if``, ``inline else``, ``loop``, ``one row``,
        ``no rows``.
    :param told: whether it is a statement's and has text of its own, which stays unseen when it is not reached.
    :param within: the choices of the branches around it.
    """

    choice: Choice
    wishes: tuple[Wish, ...]
    at: int
    title: str
    told: bool
    within: frozenset[Choice]


class StandIn(str):
    """What a loop runs over when no sample has a row: prints as a word, and has every attribute."""

    __slots__ = ()


class _Condition(NamedTuple):
    """A watched expression: its key, the constant that it is compared with, the paths that it names.

    :param targets: the variables of a loop over it.
    """

    key: str
    negated: bool
    constant: tuple[Any, ...]
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


class World:
    """Values of expressions that are not those of the data. Wishes that exclude each other do not fit in one."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], Any] = {}

    def __bool__(self) -> bool:
        return bool(self._facts)

    def with_wishes(self, wishes: Iterable[Wish]) -> World | None:
        """A world in which the wishes hold too; None when they cannot."""
        world = World()
        world._facts = dict(self._facts)
        return world if all(world._add(wish) for wish in wishes) else None

    def _add(self, wish: Wish) -> bool:
        key, facet, value = wish
        truth, rows, some = (self._facts.get((key, other)) for other in ("truth", "rows", "some"))
        fits = True
        match facet:
            case "truth":
                fits = truth in (None, value) and rows in (None, *((1, 2) if value else (0,))) and (value or not some)
            case "rows":
                fits = rows in (None, value) and truth in (None, value > 0) and bool(value > 0 or not some)
            case "some":
                fits = rows != 0 and truth is not False
            case "is":
                others = self._facts.get((key, "is not"), ())
                fits = self._facts.get((key, "is"), (value,)) == (value,) and value not in others and truth is not False
                value = (value,)
            case "is not":
                fits = self._facts.get((key, "is")) != (value,)
                value = (*self._facts.get((key, "is not"), ()), value)
        self._facts[key, facet] = value
        return fits

    def truth(self, key: str) -> bool | None:
        """Whether an expression is true; None when the data says."""
        rows = self._facts.get((key, "rows"))
        known = self._facts.get((key, "truth"), self._facts.get((key, "some")))
        return rows > 0 if rows is not None else known

    def equals(self, key: str, constant: Any) -> bool | None:
        """Whether an expression is a constant; None when the data says."""
        known = self._facts.get((key, "is"))
        if known is not None:
            return bool(known == (constant,))
        return False if constant in self._facts.get((key, "is not"), ()) else None

    def rows(self, key: str) -> int | None:
        """How many rows an expression has: 0, 1, 2; None when the data says."""
        rows: int | None = self._facts.get((key, "rows"))
        return 0 if rows is None and self._facts.get((key, "truth")) is False else rows

    def has_rows(self, key: str) -> bool:
        """Whether an expression has at least one row."""
        return bool(self._facts.get((key, "some")) or self._facts.get((key, "truth")))


class Watch:
    """Looks at the conditions of an environment's templates, and decides them.

    ``branches`` are those of the templates that were compiled, where data decides; ``taken`` is what the renders chose
    since it was emptied; ``hollow`` are the paths that the world calls true though the data has nothing there.
    """

    def __init__(self) -> None:
        self.branches: dict[Choice, Branch] = {}
        self.taken: set[Choice] = set()
        self.hollow: set[str] = set()
        self.world = World()
        self._conditions: dict[tuple[str, int], _Condition] = {}
        self._rows: dict[str, list[Any]] = {}

    def enter(self, world: World) -> None:
        """Begin a render in a world."""
        self.world = world
        self.taken = set()
        self.hollow = set()

    def test(self, value: Any, template: str, at: int) -> bool:
        """Whether a condition holds: as the world says, else as its value does."""
        condition = self._conditions[template, at]
        actual: bool | None = None
        decided = self._decided(condition) if self.world else None
        if decided is None or not isinstance(value, Undefined):
            actual = bool(value)
        held = actual if decided is None else decided
        if decided and held != actual and not condition.negated:
            self.hollow.update(condition.paths)
        self.taken.add(Choice(template, at, "true" if held else "false"))
        return bool(held)

    def _decided(self, condition: _Condition) -> bool | None:
        if condition.constant:
            decided = self.world.equals(condition.key, *condition.constant)
        else:
            decided = self.world.truth(condition.key)
        return decided if decided is None else decided != condition.negated

    def rows(self, iterable: Any, template: str, at: int) -> Any:
        """What a loop runs over: as many rows as the world says, else all."""
        condition = self._conditions[template, at]
        wanted = self.world.rows(condition.key) if self.world else None
        if wanted is None and not (self.world and self.world.has_rows(condition.key)):
            if not hasattr(iterable, "__len__"):
                iterable = list(iterable)
            self._count(iterable, len(iterable), condition, template, at)
            return iterable
        rows = [] if isinstance(iterable, Undefined) or iterable is None else list(islice(iterable, 2))
        known = rows or self._rows.get(condition.key, [])
        if not known and wanted != 0:
            self.hollow.update(condition.targets)
            known = [StandIn("value")]
        rows = (known * 2)[: 2 if wanted is None else wanted]
        self._count(rows, len(rows), condition, template, at)
        return rows

    def _count(self, rows: Any, number: int, condition: _Condition, template: str, at: int) -> None:
        if number and not self.world:
            self._rows.setdefault(condition.key, list(islice(rows, 2)))
        self.taken.add(Choice(template, at, "none" if number == 0 else "one" if number == 1 else "more"))

    def install(self, environment: Environment) -> None:
        """Let the templates that an environment compiles from now on be watched."""
        generate = environment._generate

        def watched(source: nodes.Template, name: str | None, *args: Any, **kwargs: Any) -> str:
            reader = _Reader(environment, name or "", self._conditions)
            try:
                for branch in reader.read(source):
                    if self._conditions[branch.choice.template, branch.choice.at].paths:
                        self.branches.setdefault(branch.choice, branch)
                return generate(source, name, *args, **kwargs)
            finally:
                reader.restore()

        environment._generate = watched  # type: ignore[method-assign]
        environment.getattr = _any_of_stand_in(environment.getattr)  # type: ignore[method-assign, assignment]
        environment.getitem = _any_of_stand_in(environment.getitem)  # type: ignore[method-assign, assignment]
        environment.branch_test = self.test  # type: ignore[attr-defined]
        environment.branch_rows = self.rows  # type: ignore[attr-defined]


def _any_of_stand_in(look_up: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, name: value if type(value) is StandIn else look_up(value, name)


class _Place(NamedTuple):
    """Where in the tree of branches a node stands."""

    wishes: tuple[Wish, ...] = ()
    within: frozenset[Choice] = frozenset()


class _Reader:
    """Reads the branches of one template, and has its conditions ask the watch until it is told to restore them."""

    def __init__(self, environment: Environment, template: str, conditions: dict[tuple[str, int], _Condition]) -> None:
        self._environment = environment
        self._template = template
        self._conditions = conditions
        self._changed: list[tuple[nodes.Node, str, nodes.Node]] = []

    def restore(self) -> None:
        """The tree is again what was parsed."""
        for node, field, before in reversed(self._changed):
            setattr(node, field, before)

    def _replace(self, node: nodes.If | nodes.CondExpr | nodes.For, field: str, after: nodes.Expr) -> None:
        self._changed.append((node, field, getattr(node, field)))
        setattr(node, field, after)

    def read(self, node: nodes.Node, place: _Place = _Place()) -> Iterator[Branch]:  # noqa: B008 - a frozen value
        """The branches below a node, in the order of the template."""
        match node:
            case nodes.If():
                yield from self._if(node, place)
            case nodes.CondExpr():
                yield from self._inline(node, place)
            case nodes.For():
                yield from self._loop(node, place)
            case _:
                for child in node.iter_child_nodes():
                    yield from self.read(child, place)

    def _if(self, node: nodes.If, place: _Place) -> Iterator[Branch]:
        for number, one in enumerate((node, *node.elif_)):
            yield from self.read(one.test, place)
            at, condition = self._condition(one.test)
            self._replace(one, "test", self._asked("branch_test", one.test, at))
            yes, no = (Choice(self._template, at, state) for state in ("true", "false"))
            wishes = (*place.wishes, *_wishes(condition, True))
            yield Branch(yes, wishes, at, "elif" if number else "if", _tells(one.body), place.within)
            for child in one.body:
                yield from self.read(child, _Place(wishes, place.within | {yes}))
            place = place._replace(wishes=(*place.wishes, *_wishes(condition, False)))
        yield Branch(no, place.wishes, _start(node.else_, at), "else", _tells(node.else_), place.within)
        for child in node.else_:
            yield from self.read(child, _Place(place.wishes, place.within | {no}))

    def _inline(self, node: nodes.CondExpr, place: _Place) -> Iterator[Branch]:
        yield from self.read(node.test, place)
        at, condition = self._condition(node.test)
        self._replace(node, "test", self._asked("branch_test", node.test, at))
        for held, title, part in ((True, "inline if", node.expr1), (False, "inline else", node.expr2)):
            choice = Choice(self._template, at, "true" if held else "false")
            wishes = (*place.wishes, *_wishes(condition, held))
            yield Branch(choice, wishes, offset_of(part) if part else at, title, False, place.within)
            if part is not None:
                yield from self.read(part, _Place(wishes, place.within | {choice}))

    def _loop(self, node: nodes.For, place: _Place) -> Iterator[Branch]:
        yield from self.read(node.iter, place)
        targets = [node.target, *node.target.find_all(nodes.Name)]
        at, condition = self._condition(node.iter, tuple(one.name for one in targets if isinstance(one, nodes.Name)))
        self._replace(node, "iter", self._asked("branch_rows", node.iter, at))
        key = condition.key
        none, one, more = (Choice(self._template, at, state) for state in ("none", "one", "more"))
        some = (*place.wishes, Wish(key, "some", True))
        yield Branch(more, (*place.wishes, Wish(key, "rows", 2)), at, "loop", _tells(node.body), place.within)
        yield Branch(one, (*place.wishes, Wish(key, "rows", 1)), at, "one row", False, place.within)
        inside = place if node.test is not None else _Place(some, place.within)
        for child in node.body:
            yield from self.read(child, inside._replace(within=place.within | {more}))
        empty = (*place.wishes, Wish(key, "rows", 0))
        yield Branch(none, empty, _start(node.else_, at), "no rows", _tells(node.else_), place.within)
        for child in node.else_:
            yield from self.read(child, _Place(empty, place.within | {none}))

    def _condition(self, test: nodes.Node, targets: tuple[str, ...] = ()) -> tuple[int, _Condition]:
        at = min((offset_of(one) for one in _expressions(test) if offset_of(one)), default=offset_of(test))
        condition = _read(test)._replace(targets=targets)
        while self._conditions.setdefault((self._template, at), condition) != condition:
            at += 1
        return at, condition

    def _asked(self, method: str, node: nodes.Node, at: int) -> nodes.Expr:
        arguments: list[Any] = [node, nodes.Const(self._template), nodes.Const(at)]
        call = nodes.Call(nodes.EnvironmentAttribute(method), arguments, [], None, None)
        call.set_environment(self._environment)
        call.set_lineno(node.lineno)
        return call


def _expressions(test: nodes.Node) -> Iterator[nodes.Node]:
    yield test
    yield from test.find_all(nodes.Expr)


def _read(test: nodes.Node) -> _Condition:
    """What a condition asks: ``not`` taken off, a comparison with a constant taken apart."""
    paths = tuple(sorted({spell(one) for one in _expressions(test) if isinstance(one, nodes.Name | nodes.Getattr)}))
    negated = False
    while isinstance(test, nodes.Not):
        test, negated = test.node, not negated
    match test:
        case nodes.Compare(expr=expr, ops=[nodes.Operand(op="eq" | "ne" as op, expr=nodes.Const(value=value))]):
            return _Condition(repr(expr), negated != (op == "ne"), (value,), paths)
    return _Condition(repr(test), negated, (), paths)


def _wishes(condition: _Condition, held: bool) -> tuple[Wish, ...]:
    held = held != condition.negated
    if condition.constant:
        return (Wish(condition.key, "is" if held else "is not", *condition.constant),)
    return (Wish(condition.key, "truth", held),)


def _first(body: Iterable[nodes.Node]) -> nodes.Node | None:
    first = next(iter(body), None)
    return first.nodes[0] if isinstance(first, nodes.Output) and first.nodes else first


def _start(body: Iterable[nodes.Node], at: int) -> int:
    first = _first(body)
    return offset_of(first) if first is not None else at


def _tells(body: Iterable[nodes.Node]) -> bool:
    """Whether a branch prints or does something: more than white space."""
    for node in body:
        if not isinstance(node, nodes.Output):
            return True
        if any(not isinstance(one, nodes.TemplateData) or one.data.strip() for one in node.nodes):
            return True
    return False


def plan(goals: Iterable[Branch]) -> Iterator[tuple[World, list[Branch]]]:
    """Worlds in which all branches are reached, as few as may be, each with those that it is for."""
    left = list(goals)
    while left:
        world, reached, later = World(), list[Branch](), list[Branch]()
        for branch in left:
            wider = world.with_wishes(branch.wishes)
            if wider is None:
                later.append(branch)
            else:
                world = wider
                reached.append(branch)
        if not reached:
            return
        yield world, reached
        left = later
