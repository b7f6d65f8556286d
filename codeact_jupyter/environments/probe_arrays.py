"""Tell facts of the arrays and tables of numpy, pandas, Polars and PyTorch.

The second of three modules whose source `probe` also sends into kernels. It imports none of these
libraries: their classes are found where the user has imported them, and only a value of exactly
such a class is asked for anything. Nothing lazy is computed and no device is waited for.
"""

# ruff: noqa: B905 - Python 3.8 knows no `zip(strict=True)`
from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Any

if __name__ != "codeact_probe":  # in a kernel the sources run in one namespace
    from codeact_jupyter.environments.probe_values import (
        Facts,
        bases_of,
        label,
        library,
        module_of,
        nodes_content,
        qualname_of,
        readable,
        type_name,
    )

ELEMENTS, WINDOWS, SAMPLES, BLOCKS, COLUMNS = 8_000_000, 16, 1_000, 50, 20
PANDAS_INDEXES = (
    "Index RangeIndex MultiIndex DatetimeIndex TimedeltaIndex PeriodIndex CategoricalIndex "
    "IntervalIndex Int64Index UInt64Index Float64Index"
)


def library_types() -> dict[int, Callable[[Any], Facts]]:
    """Return how to tell of the classes of the libraries that have been imported."""
    found: dict[int, Callable[[Any], Facts]] = {}
    for module, names, told in (
        ("numpy", "ndarray", _array),
        ("pandas", "DataFrame", _frame),
        ("pandas", "Series", _series),
        ("pandas", PANDAS_INDEXES, _index),
        ("pandas", "Timestamp", _timestamp),
        ("pandas", "Timedelta", _timedelta),
        ("polars", "DataFrame", _polars_frame),
        ("polars", "Series", _polars_series),
        ("torch", "Tensor", _tensor),
        ("torch.nn", "Parameter", _tensor),
    ):
        classes = library(module)
        for name in names.split() if classes else ():
            cls = classes.get(name)
            if cls is not None:
                found[id(cls)] = told
    scalars = library("numpy").get("sctypeDict")
    for cls in scalars.values() if type(scalars) is dict else ():
        found[id(cls)] = _numpy_scalar
    return found


def _is_of(value: Any, top: str) -> bool:
    """Tell whether the class of a value is a library's own, not one derived by the user."""
    cls = type(value)
    module, name = module_of(cls), qualname_of(cls)
    ours = type(module) is str and type(name) is str and module.split(".")[0] == top
    return ours and library(module).get(name) is cls


def _dtype_name(values: Any) -> str:
    """Return the dtype of a column's values, if they are numpy's or pandas's own."""
    if not _is_numpy_array(values) and not _is_of(values, "pandas"):
        return type_name(type(values))
    dtype = values.dtype
    if bases_of(type(dtype))[-2] is library("numpy")["dtype"]:
        return "structured" if dtype.names is not None else str(dtype)[:60]
    cls = type_name(type(dtype))
    return readable(str(dtype), 60) if _is_of(dtype, "pandas") and "Sparse" not in cls else cls


def _is_numpy_array(value: Any) -> bool:
    return type(value) is library("numpy")["ndarray"]


def _array(value: Any) -> Facts:
    return Facts(_dtype_name(value), value.nbytes, list(value.shape), lambda: _array_content(value))


def _numpy_scalar(value: Any) -> Facts:
    text = str(value) if value.dtype.kind in "biufcmM" else None
    whole = f"={type_name(type(value))}:{text}" if text else ""
    return Facts(text, value.nbytes, content=lambda: whole)


def _array_content(array: Any) -> str:
    if not _in_memory(array):
        return ""
    if array.flags.forc:
        array = array.reshape(-1, order="A")
    while array.ndim != 1 and array.size > 100_000:
        axis = array.shape.index(max(array.shape))
        array = array[(slice(None),) * axis + (slice(None, None, 2),)]
    return _rows_content(array.reshape(1, -1), 1)[0]


def _in_memory(array: Any) -> bool:
    """Tell whether reading an array reads memory of this process, not a file or a device."""
    base = array
    while type(base) is type(array):
        base = base.base
    return base is None or type(base) is bytes or type(base) is bytearray


def _rows_content(rows: Any, total: int) -> list[str]:
    """Digest each row of a matrix, whatever its layout in memory, within its part of `total`.

    Elements sampled evenly tell where values are; sums of the raw bits in windows tell whether
    any value in them is another, at the speed of memory.
    """
    numpy = sys.modules["numpy"]
    length, kind, itemsize = rows.shape[1], rows.dtype.kind, rows.dtype.itemsize
    count = min(length, max(16, 4 * SAMPLES // (total + 3)))
    sampled = rows.take(numpy.linspace(0, length - 1, count).astype(int), axis=1)
    if kind == "O":
        return [nodes_content(row) for row in sampled.tolist()]
    if rows.dtype.hasobject:
        return [""] * len(rows)
    digests = [zlib.crc32(row.tobytes()) for row in sampled]
    if kind in "biufcmM" and length > count:
        views = [rows.real, rows.imag] if kind == "c" else [rows]
        unsigned = f"u{itemsize // len(views)}"
        if unsigned in ("u1", "u2", "u4", "u8"):
            for view in views:
                sums = _window_sums(view.view(unsigned), total * len(views))
                digests = [zlib.crc32(row.tobytes(), old) for row, old in zip(sums, digests)]
    return [f"{digest:x}" for digest in digests]


def _window_sums(bits: Any, total: int) -> Any:
    numpy = sys.modules["numpy"]
    length = bits.shape[1]
    width = min(max(64, ELEMENTS // WINDOWS // total), -(-length // WINDOWS))
    starts = [(length - width) * at // (WINDOWS - 1) for at in range(WINDOWS)]
    sums = [numpy.add.reduce(bits[:, at : at + width], axis=1, dtype="u8") for at in starts]
    return numpy.stack(sums, axis=1)


def _column_content(values: Any, total: int) -> list[str]:
    """Digest each column that a block of a table holds."""
    if _is_numpy_array(values):
        parts = [values]
    elif _is_of(values, "pandas"):
        parts = [getattr(values, "_ndarray", None), *getattr(values, "__dict__", {}).values()]
    else:
        return [str(id(values))]
    held = [part for part in parts if _is_numpy_array(part) and _in_memory(part)]
    told = [_rows_content(part if part.ndim == 2 else part.reshape(1, -1), total) for part in held]
    arrow = None if _is_numpy_array(values) else getattr(values, "_pa_array", None)
    return [f"{'.'.join(row)}.{id(arrow)}" for row in zip(*told)] or [f"{id(arrow)}"]


def _frame(value: Any) -> Facts:
    manager = value._mgr
    columns, index = manager.axes
    blocks, at = manager.blocks, manager.blknos
    shape = [_length(index), _length(columns)]
    dtypes = (_dtype_name(blocks[block].values) for block in at[:COLUMNS].tolist())
    labels = columns[:COLUMNS].tolist()
    told = [f"{_column(name)}: {dtype}" for name, dtype in zip(labels, dtypes)]
    told += ["..."] if shape[1] > COLUMNS else []
    sizes = [_size(block.values) for block in blocks]
    size = None if None in sizes else sum(each for each in sizes if each is not None)
    return Facts(", ".join(told), size, shape, lambda: _frame_content(manager))


def _frame_content(manager: Any) -> str:
    columns, index = manager.axes
    digests: dict[int, str] = {}
    blocks = manager.blocks
    for block in blocks if len(blocks) <= 2 * BLOCKS else blocks[:BLOCKS] + blocks[-BLOCKS:]:
        placed = block.mgr_locs.as_array.tolist()
        digests.update(zip(placed, _column_content(block.values, _length(columns))))
    return f"{id(columns)}.{id(index)}.{sorted(digests.items())}"


def _series(value: Any) -> Facts:
    values, index = value._mgr.blocks[0].values, value._mgr.axes[0]
    return Facts(
        _named(_dtype_name(values), value._name),
        _size(values),
        [_length(index)],
        lambda: f"{id(index)}.{_column_content(values, 1)}",
    )


def _index(value: Any) -> Facts:
    many = type(value) is library("pandas")["MultiIndex"]
    dtype = f"{len(value.levels)} levels" if many else str(value.dtype)
    return Facts(_named(dtype, value.name), None if many else value.nbytes, [len(value)])


def _length(index: Any) -> int:
    if not _is_of(index, "pandas"):
        raise TypeError(f"an index of the user's own class {type_name(type(index))}")
    return len(index)


def _size(values: Any) -> int | None:
    return int(values.nbytes) if _is_numpy_array(values) or _is_of(values, "pandas") else None


def _column(name: Any) -> str:
    return readable(name, 40) if type(name) is str else label(name)


def _named(dtype: str, name: Any) -> str:
    return dtype if name is None else f"{_column(name)}: {dtype}"


def _timestamp(value: Any) -> Facts:
    text = value.isoformat() if value.tzinfo is None else None
    return Facts(text, content=lambda: f"={text}" if text else "")


def _timedelta(value: Any) -> Facts:
    return Facts(str(value), content=lambda: f"={value}")


def _polars_frame(value: Any) -> Facts:
    pairs = zip(value.columns[:COLUMNS], value.dtypes[:COLUMNS])
    told = ", ".join(f"{_column(name)}: {readable(str(dtype), 60)}" for name, dtype in pairs)
    told += ", ..." if value.width > COLUMNS else ""
    return Facts(told, int(value.estimated_size()), list(value.shape))


def _polars_series(value: Any) -> Facts:
    told = _named(readable(str(value.dtype), 60), value.name or None)
    return Facts(told, int(value.estimated_size()), list(value.shape))


def _tensor(value: Any) -> Facts:
    shape = list(value.shape)
    size = value.numel() * value.element_size() if str(value.layout) == "torch.strided" else None
    return Facts(f"{value.dtype}, {value.device}", size, shape, lambda: str(value._version))
