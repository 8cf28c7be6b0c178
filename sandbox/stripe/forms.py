"""Stripe's form encoding: `line_items[0][price_data][currency]=usd` read into lists and tables."""

from urllib.parse import parse_qsl

from sandbox.stripe.errors import ParameterError

Value = str | list["Value"] | dict[str, "Value"]
Form = dict[str, Value]

LONGEST = 500
DEEPEST = 20
_Tree = dict[str, "str | _Tree"]


def decode(text: str) -> Form:
    """Read a form body or a query string."""
    tree: _Tree = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _plant(tree, _path(name), value, name)
    return {key: _grown(branch) for key, branch in tree.items()}


def _path(name: str) -> list[str]:
    head, *rest = name.replace("]", "").split("[")
    if len(name) > LONGEST or len(rest) > DEEPEST:
        raise ParameterError(f"Invalid parameter: {name[:LONGEST]}", param=name[:LONGEST])
    return [head, *rest]


def _plant(tree: _Tree, path: list[str], value: str, name: str) -> None:
    for part in path[:-1]:
        branch = tree.setdefault(_key(part, tree), {})
        if isinstance(branch, str):
            raise ParameterError(f"Invalid parameter: {name}", param=name)
        tree = branch
    tree[_key(path[-1], tree)] = value


def _key(part: str, tree: _Tree) -> str:
    return part if part else str(len(tree))


def _grown(branch: "str | _Tree") -> Value:
    if isinstance(branch, str):
        return branch
    if branch and all(key.isascii() and key.isdigit() for key in branch):
        return [_grown(branch[key]) for key in sorted(branch, key=int)]
    return {key: _grown(value) for key, value in branch.items()}
