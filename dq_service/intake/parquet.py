"""The rows of a Parquet file. Needs pyarrow, the extra `parquet`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dq_service.intake.json_text import Unreadable
from dq_service.intake.table import Row, Table


class ExtraMissing(RuntimeError):
    """A file needs a library that is not installed."""


def open_parquet(path: Path) -> Table:
    """The table in a Parquet file; a row's line is its number, counted from 1.

    Raises ExtraMissing without pyarrow, Unreadable where the file is no Parquet.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("Parquet needs pyarrow: pip install 'dq-service[parquet]'") from None
    try:
        with parquet.ParquetFile(path) as file:
            headings = tuple(map(str, file.schema_arrow.names))
    except pyarrow.ArrowException:
        raise Unreadable("it is no Parquet file, or it is damaged") from None

    def rows() -> Iterator[Row]:
        line = 0
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    line += 1
                    yield Row(line, cells)

    return Table(headings, 0, rows)
