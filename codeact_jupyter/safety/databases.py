"""Calls that plainly write to a database: SQL in a literal, and methods that do nothing else.

Knows no connection: whether a database matters is told only by its being held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import Finding
from .site import CallSite
from .tables import words
from .values import Reference, Text

_WRITING_SQL = re.compile(
    r"""\b(
        insert\s+(or\s+\w+\s+)?into | update\s+(or\s+\w+\s+)?[\w.\"'`\[\]]+\s+set | delete\s+from
      | (drop|create|alter)\s+(or\s+replace\s+)?((temp|temporary|unique|virtual|external)\s+)*
        (table|view|index|schema|database|user|role|trigger|function|column|sequence)
      | truncate\s+(table\s+)?\w | replace\s+into | merge\s+into | grant\s+\w+\s+on
      | attach\s+(database\s+)?['"\w] | copy\s+[\w(][^;]*\bto\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TAKES_SQL = words(
    """execute executemany executescript sql query raw_sql exec_driver_sql run_query text
    read_sql read_sql_query execute_sql"""
)
_WRITES = words(
    """to_sql to_gbq insert_one insert_many update_one update_many replace_one delete_one
    delete_many bulk_write find_one_and_delete find_one_and_update drop_collection drop_database
    drop_all flushall flushdb write_database bulk_insert_mappings bulk_save_objects"""
)


def writes(sql: str) -> bool:
    """Say whether the SQL has a statement that plainly changes something."""
    return _WRITING_SQL.search(sql) is not None


def database_effects(site: CallSite) -> Iterator[Finding]:
    """Judge a call by the SQL it is given, or by a method that can only write."""
    if not (site.word in _WRITES or site.word in _TAKES_SQL) or _in_memory(site):
        return
    if site.word in _WRITES:
        yield Finding("database", f"writes to a database: {site.source}")
    elif site.word in _TAKES_SQL:
        sql = site.known(0, "sql", "query", "statement", "text")
        if isinstance(sql, Text) and writes(sql.value):
            yield Finding("database", f"writes to a database: {site.source}")


def _in_memory(site: CallSite) -> bool:
    dotted = [site.target]
    dotted += [known.dotted for known in map(site.resolve, site.arguments())
               if isinstance(known, Reference)]  # fmt: skip
    return any("(memory)" in each for each in dotted)
