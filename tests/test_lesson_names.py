"""In a lesson a global name is bound in one cell only, so that running a cell again changes nothing after it.

Whatever binds a name counts: assignments, loops, `with`, imports, functions, `:=`. The variables of a
comprehension are its own, and `_` means nothing. A second loop over the same thing takes a comprehension, a
function, or a name of its own.
"""

import ast
from pathlib import Path

import jupytext
import pytest

LESSONS = sorted((Path(__file__).parents[1] / "solutions").glob("[0-9][0-9]_*.py"))


def bound(node):
    """The global names that this piece of code binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Lambda):
        return set()
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).split(".")[0]}
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return {part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr)}
    names = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
    names |= {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()
    return names.union(*map(bound, ast.iter_child_nodes(node)))


def bound_twice(cells):
    """{name: the cells that bind it}, of the names that more than one cell binds."""
    where = {}
    for number, cell in enumerate(cells):
        for name in bound(ast.parse(cell)) - {"_"}:
            where.setdefault(name, []).append(number)
    return {name: numbers for name, numbers in where.items() if len(numbers) > 1}


def code_of(path):
    return [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_name_is_bound_in_one_cell(path):
    assert bound_twice(code_of(path)) == {}


@pytest.mark.parametrize(
    "second",
    [
        "x = 2",
        "x += 1",
        "a, (x, *b) = c",
        "x: int = 2",
        "for x in y:\n    pass",
        "for x, z in y:\n    pass",
        "if a:\n    with b as x:\n        pass",
        "import x",
        "import x.y",
        "from a import b as x",
        "def x():\n    pass",
        "class x:\n    pass",
        "print(x := 2)",
        "[y for z in w if (y := (x := z))]",
        "try:\n    pass\nexcept ValueError as x:\n    pass",
    ],
)
def test_a_second_binding_is_caught(second):
    assert bound_twice(["x = 1", "y = x", second])["x"] == [0, 2]


def test_what_binds_nothing_is_let_through():
    first = "x, _ = 1, 2"
    others = ["[x for x in y]", "lambda x: x", "def f(x):\n    x = 1", "x[0] = x.y = 3", "print(x)", "_ = 1"]
    assert bound_twice([first, *others]) == {}
