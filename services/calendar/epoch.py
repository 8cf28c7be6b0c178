"""Moments read as whole UTC seconds: the database converts a month of them faster than Python does."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class epoch(GenericFunction[int]):
    """Seconds since 1970 of a moment."""

    type = Integer()
    inherit_cache = True


@compiles(epoch, "postgresql")
def _on_postgresql(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(extract(epoch FROM {compiler.process(element.clauses, **options)}) AS BIGINT)"


@compiles(epoch, "sqlite")
def _on_sqlite(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"
