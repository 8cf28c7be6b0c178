"""Reading a catalog file: YAML to a catalog, every complaint with the line it stands on."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import ValidationError

from services.booking.catalog import Catalog
from shared.errors import BadRequest, own_complaints
from shared.storable import storable

Place = tuple[int, int]
Path = tuple[str | int, ...]


class _Misread(Exception):
    """YAML that stands for something no catalog says."""

    def __init__(self, problem: str, place: Place) -> None:
        super().__init__(problem)
        self.place = place


def read_catalog(text: str, name: str) -> Catalog:
    """The catalog of a file; raises BadRequest `catalog_invalid` with every error and its line."""
    places: dict[Path, Place] = {}
    try:
        _refuse_aliases(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = _plain(root, (), places) if root else None
    except _Misread as error:
        raise _invalid(name, [_complaint((), error.place, str(error))]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _invalid(name, [_complaint((), place, str(error.problem))]) from error
    except yaml.YAMLError as error:
        raise _invalid(
            name, [_complaint((), (1, 1), "the file holds characters that no text has")]
        ) from error
    except RecursionError as error:
        raise _invalid(name, [_complaint((), (1, 1), "the file is nested too deeply")]) from error
    if not isinstance(content, dict):
        raise _invalid(name, [_complaint((), (1, 1), "the file describes no business")])
    try:
        catalog = Catalog.model_validate(content)
    except ValidationError as error:
        raise _invalid(name, [_located(one, places) for one in own_complaints(error.errors())]) from error
    wrong = [_complaint(path, _place(path, places), message) for path, message in catalog.mistakes()]
    if wrong:
        raise _invalid(name, wrong)
    return catalog


def _refuse_aliases(text: str) -> None:
    # A few lines of aliases stand for millions of entries, or for an entry within itself.
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken):
            place = (token.start_mark.line + 1, token.start_mark.column + 1)
            raise _Misread("aliases are not read: write it out", place)


def _plain(node: yaml.Node, path: Path, places: dict[Path, Place]) -> Any:
    places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, index), places) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, places)
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except ValueError as error:
        raise _Misread(str(error), place) from error
    if not storable(value):
        raise _Misread("this holds a character or number that no database keeps", place)
    return value


def _mapping(node: yaml.MappingNode, path: Path, places: dict[Path, Place]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"{key!r} stands here twice", problem_mark=key_node.start_mark)
        found[key] = _plain(value_node, (*path, key), places)
        places[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
    return found


def _located(error: Any, places: dict[Path, Place]) -> dict[str, Any]:
    path: Path = tuple(error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = f"{path[-1]!r} is not a word this part of a catalog knows"
    elif error["type"] == "missing":
        message = f"{path[-1]!r} is missing"
    return _complaint(path, _place(path, places), message)


def _place(path: Path, places: dict[Path, Place]) -> Place:
    """Where the path stands, or the nearest thing around it."""
    known = next((path[:end] for end in range(len(path), -1, -1) if path[:end] in places), ())
    return places.get(known, (1, 1))


def _complaint(path: Path, place: Place, message: str) -> dict[str, Any]:
    return {
        "line": place[0],
        "column": place[1],
        "path": ".".join(str(part) for part in path),
        "message": message,
    }


def _invalid(name: str, errors: list[dict[str, Any]]) -> BadRequest:
    errors.sort(key=lambda one: int(one["line"]))
    first = errors[0]
    return BadRequest(
        "catalog_invalid",
        f"{name}, line {first['line']}: {first['message']}. Nothing was changed.",
        errors=errors,
        next_steps=[{"action": "mend the lines named and apply the file again"}],
    )
