"""The files of the project, and what can be read off their code without running it."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("shared", "services", "holdfast", "sandbox", "frontend")
SERVICES = ("booking", "calendar", "gateway", "notify", "payment")
MADE = re.compile(r"\.git|\.venv|var|__pycache__|node_modules|\.hypothesis|\..*_cache|.*\.egg-info")
NOT_TEXT = {".png", ".ico", ".woff", ".woff2", ".jpg", ".gif", ".zip", ".gz"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the root of the project."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def names(self) -> dict[str, str]:
        """What each imported name stands for: `now` may be `time.time`."""
        known: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    known[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return known

    def calls(self) -> Iterator[tuple[str, int]]:
        """Every call by the full name of what is called, as far as it can be read off, and its line."""
        known = self.names()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                head, _, rest = dotted(node.func).partition(".")
                yield ".".join(filter(None, (known.get(head, head), rest))), node.lineno

    def imported_packages(self) -> set[str]:
        """The outermost names of what is imported."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
        return found


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression of that form; what is computed is left out of its front."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project."""
    return tuple(sorted(path for path in _listed_by_git() or _lying_here() if path.is_file()))


def _listed_by_git() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []
    return [ROOT / name for name in listed.split("\0") if name]


def _lying_here() -> list[Path]:
    """Without git: everything but what the verbs of the Makefile leave behind."""
    return [
        path
        for path in ROOT.rglob("*")
        if not any(MADE.fullmatch(part) for part in path.relative_to(ROOT).parts)
    ]


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files below these folders."""
    below = tuple(f"{ROOT / folder}/" for folder in folders)
    return tuple(Source(path) for path in tracked() if path.suffix == ".py" and str(path).startswith(below))


def product() -> tuple[Source, ...]:
    """The Python files that run in production or in the sandbox."""
    return sources(*PRODUCT)


def listed(findings: Iterable[str]) -> str:
    """What a rule found, one line each."""
    return "\n".join(["", *sorted(findings)])
