"""The keys of a development run: made once, kept in the data directory, readable by its owner only."""

import json
import os
from pathlib import Path

from shared.errors import Misconfigured
from shared.runtime import new_secret

NAMES = {
    "HOLDFAST_OPERATOR_KEY": "hk_op",
    "HOLDFAST_INTERNAL_KEY": "hk_in",
    "HOLDFAST_SECRET": "hk_sign",
    "HOLDFAST_STRIPE_WEBHOOK_SECRET": "whsec",
}


def make_directory(data_dir: Path) -> None:
    """Have a data directory that can be written to; raises Misconfigured."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"HOLDFAST_DATA_DIR is {data_dir}, which cannot be a directory ({error.strerror})."
        ) from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise Misconfigured(f"HOLDFAST_DATA_DIR is {data_dir}, which this user may not write to.")


def load_keys(data_dir: Path) -> dict[str, str]:
    """The keys of this data directory; the environment wins, what is missing is made and kept."""
    path = data_dir / "keys.json"
    kept = _read(path)
    made = {name: kept.get(name) or new_secret(prefix) for name, prefix in NAMES.items()}
    if made != kept:
        _write(path, made)
    return {name: os.environ.get(name) or value for name, value in made.items()}


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise Misconfigured(f"{path} is damaged. Remove it and new keys are made.") from error
    return {str(name): str(value) for name, value in found.items()}


def _write(path: Path, keys: dict[str, str]) -> None:
    # Written whole or not at all: half a file would lock everybody out.
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(keys, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
