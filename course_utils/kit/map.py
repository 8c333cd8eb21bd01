"""The map of the kit, `docs/map.md` with its picture: read from the imports, never typed.

`python -m course_utils.kit.map` writes it, and so does `make build`.
"""

from __future__ import annotations

import ast
import html
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Where each room stands in the picture: column and row. A room imports from those below it. Left out is what
# only looks at the machine: `environment` and `home`.
PLACES = {
    "kit": (1.5, 0),
    "exercises": (1, 1),
    "pages": (2, 2),
    "checks": (3, 2),
    "assets": (0, 3),
    "interp": (1, 3),
    "figures": (2, 3),
    "sae": (0.5, 4),
    "pretrained": (1.5, 4),
    "toy": (0, 5),
    "lm": (1, 5),
    "checkpoint": (0.5, 6),
    "display": (2, 6),
    "files": (1, 7),
}
SUBJECT = ("display", "files", "checkpoint", "toy", "lm", "sae", "pretrained", "interp")
SUBJECT += ("figures", "pages", "assets")
"""The rooms that lessons take from. The others make and check lessons."""
MINUTES = 5  # for reading a module
BEGINS = f"""\
# Map of the kit

<!-- written by `python -m course_utils.kit.map` -->
`course_utils` is a few rooms of small modules, written to be read: about {MINUTES} minutes each. An arrow in
the picture means "imports from"; what follows from other arrows is left out.

![The rooms of course_utils, and which imports from which.](map.svg)
"""


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    """Such as "toy.losses"; a room that is one file, or whose own file does the work, is "display"."""
    says: str
    """The first sentence of its docstring."""
    defines: frozenset[str]
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.split(".")[0]


class Kit:
    """The modules of `course_utils`, and what of them a piece of code uses."""

    def __init__(self, package: Path):
        self.modules: dict[str, Module] = {}
        self.rooms: dict[str, str] = {}
        """Name of a room -> the first sentence of its docstring."""
        self.faces: dict[str, ast.Module] = {}
        for path in sorted(package.rglob("*.py")):
            name = ".".join(path.relative_to(package).with_suffix("").parts)
            room, tree = name.split(".")[0], ast.parse(path.read_text(encoding="utf-8"))
            if room not in PLACES:
                continue
            if "." not in name or name.endswith(".__init__"):
                self.rooms[room] = _first_sentence(tree)
            if name.endswith(".__init__"):
                self.faces[room] = tree
                name = room
                if not _defined(tree):
                    continue
            self.modules[name] = Module(name, _first_sentence(tree), frozenset(_defined(tree)), tree)
        self.imports = {name: self.used_by(module.tree) - {name} for name, module in self.modules.items()}

    def used_by(self, tree: ast.Module) -> set[str]:
        """The modules that this code takes from: by an import, through a room's face, or by `lesson.use`."""
        found, rooms = set(), {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "course_utils":
                for alias in node.names:
                    path = f"{node.module}.{alias.name}".split(".")[1:]
                    found |= self._resolve(*path)
                    if path in ([room] for room in self.faces):
                        rooms[alias.asname or alias.name] = path[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if room := rooms.get(node.value.id):
                    found |= self._resolve(room, node.attr)
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "lesson.use":
                homes = [
                    m.name for m in self.modules.values() if node.attr in m.defines and m.room in SUBJECT
                ]
                found |= set(homes) if len(homes) == 1 else set()
        return found

    def _resolve(self, room: str, name: str = "", *_) -> set[str]:
        """The module that holds `name` of a room: a module of it, or where the room's face has it from."""
        if f"{room}.{name}" in self.modules:
            return {f"{room}.{name}"}
        for node in self.faces[room].body if room in self.faces else ():
            if isinstance(node, ast.ImportFrom) and name in [
                alias.asname or alias.name for alias in node.names
            ]:
                return {node.module.removeprefix("course_utils.")}
        return {room} if room in self.modules and (name or room not in self.faces) else set()

    def in_order(self, names: Iterable[str], seen: set[str], rooms: Iterable[str]) -> list[str]:
        """These modules and what they import, each after what it builds on; not those `seen`, which grow."""
        order = []
        for name in sorted(names, key=lambda name: (-PLACES[self.modules[name].room][1], name)):
            if name not in seen and self.modules[name].room in rooms:
                seen.add(name)
                order += [*self.in_order(self.imports[name], seen, rooms), name]
        return order

    def arrows(self) -> list[tuple[str, str]]:
        """Which room imports from which, without what follows from the others."""
        pairs = {(self.modules[a].room, self.modules[b].room) for a in self.imports for b in self.imports[a]}
        below = {room: {b for a, b in pairs if a == room != b} for room in PLACES}

        def reaches(room: str, goal: str, passed: frozenset) -> bool:
            step = below[room] - passed
            return goal in step or any(reaches(via, goal, passed | {via}) for via in step)

        return [
            (a, b)
            for a in PLACES
            for b in sorted(below[a])
            if not any(reaches(via, b, frozenset({a, via})) for via in below[a] - {b})
        ]


def _first_sentence(tree: ast.Module) -> str:
    paragraph = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.?]) (?=[A-Z`])", paragraph)[0]


def _defined(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def lessons_of(kit: Kit, solutions: Path) -> dict[str, set[str]]:
    """For each lesson, by its file's name ("00_start_here"): the modules that its source uses."""
    sources = sorted(solutions.glob("[0-9][0-9]_*.py"))
    return {path.stem: kit.used_by(ast.parse(path.read_text(encoding="utf-8"))) for path in sources}


def text(kit: Kit, lessons: dict[str, set[str]]) -> str:
    """`docs/map.md`: what to read with each lesson, what else there is, and every module by its room."""
    seen: set[str] = set()
    rows = []
    for lesson, used in lessons.items():
        order = kit.in_order(used, seen, SUBJECT)
        names = ", ".join(f"`{name}`" for name in order) or "none that is new"
        link = f"[{lesson[:2]}](../notebooks/{lesson}.ipynb)"
        rows.append((link, names, f"{MINUTES * len(order)}"))
    rest = kit.in_order(kit.modules, seen, [room for room in PLACES if room not in ("exercises", "kit")])
    parts = [
        BEGINS,
        "## What to read, and when\n",
        "With each lesson, the modules that it is the first to use, each after those that it builds on.\n",
        _table(("lesson", "modules, in reading order", "minutes"), rows),
        f"Then what no lesson uses by itself: {', '.join(f'`{name}`' for name in rest)}. The exercises of "
        "lesson NN are `exercises.lessonNN`; the `course` command is in `kit`, from `kit.cli` inwards.\n",
        "## The rooms\n",
    ]
    for room in sorted(kit.rooms, key=lambda room: (-PLACES[room][1], PLACES[room][0])):
        members = [module for module in kit.modules.values() if module.room == room]
        if room == "exercises":
            members = []
        rows = [(f"`{m.name}`", m.says.rstrip("."), _lessons(kit, lessons, m.name)) for m in members]
        table = [_table(("module", "what it is", "lessons"), rows)] if rows else []
        parts += [f"### {room}\n", f"{kit.rooms[room]}\n", *table]
    return "\n".join(parts)


def _lessons(kit: Kit, lessons: dict[str, set[str]], name: str) -> str:
    """The lessons that use a module; where none does, the modules of its room that do."""
    direct = [lesson[:2] for lesson, used in lessons.items() if name in used]
    users = [f"`{user}`" for user, used in kit.imports.items() if name in used]
    return ", ".join(direct) or (f"by {', '.join(users[:3])}" if users else "")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def picture(kit: Kit) -> str:
    """`docs/map.svg`: a box a room, an arrow for each import that doesn't follow from others."""
    wide, high, across, down = 196, 74, 212, 104
    corner = {
        room: (8 + column * across, 8 + row * down)
        for room, (column, row) in PLACES.items()
        if room in kit.rooms
    }
    lines, boxes = [], []
    for a, b in kit.arrows():
        (x1, y1), (x2, y2) = corner[a], corner[b]
        up = y2 <= y1
        ends = f'x1="{x1 + wide / 2:g}" y1="{y1 + (0 if up else high):g}" '
        ends += f'x2="{x2 + wide / 2:g}" y2="{y2 + (high if up else 0):g}"'
        lines.append(f'<line {ends} stroke="{"#D55E00" if up else "#777777"}" marker-end="url(#head)"/>')
    for room, (x, y) in corner.items():
        boxes.append(f'<rect x="{x:g}" y="{y:g}" width="{wide}" height="{high}" rx="6" fill="#EAF3F9"/>')
        boxes.append(f'<text x="{x + 10:g}" y="{y + 20:g}" font-weight="600">{room}</text>')
        for k, line in enumerate(
            textwrap.wrap(kit.rooms[room].replace("`", ""), 30, max_lines=3, placeholder=" …")
        ):
            boxes.append(
                f'<text x="{x + 10:g}" y="{y + 36 + 14 * k:g}" font-size="11">{html.escape(line)}</text>'
            )
    width = max(x for x, _ in corner.values()) + wide + 8
    height = max(y for _, y in corner.values()) + high + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
            'font-family="Open Sans, Verdana, Arial, sans-serif" font-size="14" fill="#222222">',
            "<title>The rooms of course_utils, and which imports from which</title>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 8 4 0 8z" fill="#777777"/></marker></defs>',
            f'<rect width="{width:g}" height="{height:g}" fill="#FFFFFF"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def write(root: Path) -> list[Path]:
    """Write both files under `root`, and return their paths."""
    kit = Kit(root / "course_utils")
    page, drawing = root / "docs" / "map.md", root / "docs" / "map.svg"
    page.write_text(text(kit, lessons_of(kit, root / "solutions")), encoding="utf-8", newline="\n")
    drawing.write_text(picture(kit), encoding="utf-8", newline="\n")
    return [page, drawing]


if __name__ == "__main__":
    print(*write(Path.cwd()), sep="\n")
