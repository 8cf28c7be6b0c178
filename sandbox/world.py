"""The outside world's memory, shared by every provider the sandbox speaks for."""

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

Document = dict[str, Any]
Scalar = str | int | float
Condition = tuple[str, str, Scalar | tuple[Scalar, ...]]  # field, one of = >= > <= < in, value

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_FIELD = re.compile(r"[a-z_]+(\.[a-z_]+)*")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS documents_in_order ON documents (kind, sequence);
CREATE INDEX IF NOT EXISTS documents_at ON documents (kind, json_extract(body, '$.at'));
CREATE INDEX IF NOT EXISTS documents_created ON documents (kind, json_extract(body, '$.created'));
CREATE INDEX IF NOT EXISTS documents_intent ON documents (kind, json_extract(body, '$.payment_intent'));
CREATE TABLE IF NOT EXISTS faults (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    fault TEXT NOT NULL,
    remaining INTEGER NOT NULL,
    options TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), ahead REAL NOT NULL);
"""


class World:
    """What the providers know, kept through a kill -9."""

    def __init__(
        self,
        path: Path | str,
        now: Callable[[], datetime],
        advance: Callable[[float], None] | None = None,
        random: Random | None = None,
    ) -> None:
        self._clock = now
        self._advance = advance
        self._random = random or Random()
        self._lock = threading.RLock()
        self._depth = 0
        self._changed: set[str] = set()
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self.settings: dict[str, object] = {}
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._sql = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=10)
        self._sql.execute("PRAGMA journal_mode=WAL")
        self._sql.execute("PRAGMA synchronous=FULL")
        self._sql.executescript(_SCHEMA)
        row = self._sql.execute("SELECT ahead FROM clock").fetchone()
        self._ahead: float = row[0] if row else 0.0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._sql.close()

    def now(self) -> datetime:
        """The time it is out there."""
        return self._clock() + timedelta(seconds=self._ahead)

    def advance(self, seconds: float) -> None:
        """Move the outside world's clock forward."""
        if self._advance is not None:
            self._advance(seconds)
            return
        with self.transaction():
            self._ahead += seconds
            self._sql.execute("INSERT OR REPLACE INTO clock (only, ahead) VALUES (1, ?)", (self._ahead,))

    def new_id(self, prefix: str, length: int = 24) -> str:
        """A fresh identifier in the way providers write them."""
        return prefix + "".join(self._random.choices(_ALPHABET, k=length))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything put inside becomes true together or not at all; an inner one undoes only itself."""
        with self._lock:
            name = f"inner_{self._depth}"
            self._sql.execute(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                self._sql.execute(f"ROLLBACK TO {name}" if self._depth else "ROLLBACK")
                if self._depth:
                    self._sql.execute(f"RELEASE {name}")
                raise
            self._depth -= 1
            self._sql.execute(f"RELEASE {name}" if self._depth else "COMMIT")
            if self._depth == 0:
                self._tell()

    def put(self, kind: str, id: str, document: Document) -> None:
        """Remember a document, in place of the earlier one of the same kind and id."""
        with self.transaction():
            self._sql.execute(
                "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, id, json.dumps(document)),
            )
            self._changed.add(kind)

    def get(self, kind: str, id: str) -> Document | None:
        """The document of that kind and id, when there is one."""
        rows = self._read("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, id))
        return rows[0] if rows else None

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, in the order they were first put."""
        return self._read("SELECT body FROM documents WHERE kind = ? ORDER BY sequence", (kind,))

    def find(
        self,
        kind: str,
        *conditions: Condition,
        newest_first: bool = False,
        limit: int = -1,
        after: str | None = None,
        before: str | None = None,
    ) -> list[Document]:
        """The documents of a kind that meet every condition, between two others in order of creation."""
        clauses, values = ["kind = ?"], [kind]
        edges: list[tuple[str, str | None]] = [(">", after), ("<", before)]
        for sign, edge in edges:
            if edge is not None:
                clauses.append(f"sequence {sign} (SELECT sequence FROM documents WHERE kind = ? AND id = ?)")
                values += [kind, edge]
        operands: list[Scalar] = list(values)
        for field, sign, value in conditions:
            if not _FIELD.fullmatch(field) or sign not in ("=", ">=", ">", "<=", "<", "in"):
                raise ValueError(f"not a condition: {field} {sign}")
            several = value if isinstance(value, tuple) else (value,)
            marks = "(" + ", ".join("?" * len(several)) + ")" if sign == "in" else "?"
            clauses.append(f"json_extract(body, '$.{field}') {sign} {marks}")
            operands.extend(several)
        order = "DESC" if newest_first else "ASC"
        statement = (
            f"SELECT body FROM documents WHERE {' AND '.join(clauses)} ORDER BY sequence {order} LIMIT ?"
        )
        return self._read(statement, (*operands, limit))

    def watch(self, kind: str, call: Callable[[], None]) -> None:
        """Have a function called whenever documents of a kind were put, after they became true."""
        self._watchers.setdefault(kind, []).append(call)

    def unwatch(self, kind: str, call: Callable[[], None]) -> None:
        """Stop the calls that `watch` began."""
        self._watchers[kind].remove(call)

    def delete(self, kind: str, id: str) -> None:
        """Forget a document; nothing happens when it is not there."""
        with self.transaction():
            self._sql.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, id))

    def arm(self, provider: str, fault: str, count: int = 1, **options: Any) -> None:
        """Make the next `count` matching calls of a provider fail in this way."""
        with self.transaction():
            self._sql.execute(
                "INSERT INTO faults (provider, fault, remaining, options) VALUES (?, ?, ?, ?)",
                (provider, fault, count, json.dumps(options)),
            )

    def struck(
        self, provider: str, fault: str, applies: Callable[[Document], bool] | None = None
    ) -> Document | None:
        """The options of an armed fault, using one of it up; None when none is armed that applies."""
        with self._lock:
            rows = self._sql.execute(
                "SELECT sequence, options FROM faults WHERE provider = ? AND fault = ? ORDER BY sequence",
                (provider, fault),
            ).fetchall()
            for sequence, text in rows:
                options: Document = json.loads(text)
                if applies is not None and not applies(options):
                    continue
                with self.transaction():
                    self._sql.execute(
                        "UPDATE faults SET remaining = remaining - 1 WHERE sequence = ?", (sequence,)
                    )
                    self._sql.execute("DELETE FROM faults WHERE remaining <= 0")
                return options
            return None

    def armed(self) -> list[Document]:
        """The faults still waiting to strike, oldest first."""
        with self._lock:
            rows = self._sql.execute(
                "SELECT provider, fault, remaining, options FROM faults ORDER BY sequence"
            ).fetchall()
        return [
            {"provider": provider, "fault": fault, "count": remaining, "options": json.loads(options)}
            for provider, fault, remaining, options in rows
        ]

    def disarm(self, provider: str | None = None) -> None:
        """Take back the faults of one provider, or of all."""
        with self.transaction():
            self._sql.execute("DELETE FROM faults WHERE ? IS NULL OR provider = ?", (provider, provider))

    def reset(self) -> None:
        """Forget every document and every fault; the clock stays, since time never runs backwards."""
        with self.transaction():
            self._sql.execute("DELETE FROM documents")
            self._sql.execute("DELETE FROM faults")

    def _tell(self) -> None:
        changed, self._changed = self._changed, set()
        for kind in changed:
            for call in list(self._watchers.get(kind, ())):
                call()

    def _read(self, statement: str, values: Sequence[Scalar]) -> list[Document]:
        with self._lock:
            return [json.loads(row[0]) for row in self._sql.execute(statement, values)]
