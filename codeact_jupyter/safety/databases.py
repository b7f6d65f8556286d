"""Calls that plainly write to a database: SQL in a literal, and methods that do nothing else.

Knows no connection: whether a database matters is told only by its being held in memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding
from .paths import Workspace
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
_LOADS_CODE = re.compile(r"\bload_extension\s*\(|^\s*(force\s+)?(install|load)\s+\w", re.I | re.M)
_NAMES_FILE = re.compile(
    r"""\b(?: from | join | attach(?:\s+database)? (?:\s+if\s+not\s+exists)?
    | (?: \w*(?:read|scan)_\w+ | glob | st_read | sniff_csv | parquet_\w+ ) \s* \( )
    \s* ( '[^']+' | \[[^\]]*\] )""",
    re.IGNORECASE | re.VERBOSE,
)
_LEAVES = re.compile(  # what is written to a file or sent, also of a database in memory
    r"\b(?:copy\b[^;]*?\bto|export\s+database|vacuum\s+into)\s*'([^']+)'", re.IGNORECASE
)
_TAKES_SECRET = re.compile(r"\bcreate\s+(or\s+replace\s+)?(\w+\s+)?secret\b", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']+)'")
_CLOUD = ("md:", "motherduck:")
_DATABASES = (
    "sqlite3.", "duckdb.", "psycopg", "pymysql.", "MySQLdb.", "sqlalchemy.", "mysql.", "asyncpg.",
    "pyodbc.", "oracledb.", "snowflake.", "clickhouse_connect.", "pyspark.", "polars.SQLContext",
)  # fmt: skip
_LIVE_SESSIONS = frozenset({"spark.sql", "con.sql"})
_WRITES = words(
    """to_sql to_gbq insert_one insert_many update_one update_many replace_one delete_one
    delete_many bulk_write find_one_and_delete find_one_and_update drop_collection drop_database
    drop_all flushall flushdb backup write_database bulk_insert_mappings bulk_save_objects"""
)


def writes(sql: str) -> bool:
    """Say whether the SQL has a statement that plainly changes something."""
    return _WRITING_SQL.search(sql) is not None


def database_effects(site: CallSite, workspace: Workspace) -> Iterator[Finding]:
    """Judge a call by the SQL it is given, or by a method that can only write."""
    if site.word in _TAKES_SQL:
        yield from _given_sql(site, workspace)
    elif site.word in _WRITES and not _in_memory(site):
        yield Finding("database", f"writes to a database: {site.source}")
    elif site.target == "duckdb.connect":
        place = site.known(0, "database")
        if isinstance(place, Text) and place.value.startswith(_CLOUD):
            yield Finding("network", f"uses the network: {place.value.partition('?')[0]}")


def _given_sql(site: CallSite, workspace: Workspace) -> Iterator[Finding]:
    sql = site.known(0, "sql", "query", "statement", "text")
    if not isinstance(sql, Text):
        known = site.target.startswith(_DATABASES) or site.target in _LIVE_SESSIONS
        if known and site.node.args and not _in_memory(site) and not _a_statement(site):
            yield Finding("database", f"runs SQL that cannot be read beforehand: {site.source}")
        return
    if _LOADS_CODE.search(sql.value):
        yield Finding("dynamic", f"loads an extension into a database: {site.source}")
    if _TAKES_SECRET.search(sql.value):
        yield Finding("environment", f"gives a database credentials: {site.source}")
    yield from _files_of(sql.value, workspace)
    if writes(sql.value) and not _in_memory(site):
        yield Finding("database", f"writes to a database: {site.source}")


def _files_of(sql: str, workspace: Workspace) -> Iterator[Finding]:
    """Judge the files and addresses that a statement reads, and those that it writes."""
    read = [path for found in _NAMES_FILE.findall(sql) for path in _QUOTED.findall(found)]
    for path in read:
        if finding := workspace.touched(Text(path), "read"):
            yield finding
    for path in _LEAVES.findall(sql):
        if finding := workspace.touched(Text(path), "replace"):
            yield finding


def _a_statement(site: CallSite) -> bool:
    """Say whether the argument is built by calls, such as `select(table)`: these are judged."""
    return isinstance(site.node.args[0], ast.Call)


def _in_memory(site: CallSite) -> bool:
    dotted = [site.target]
    dotted += [known.dotted for known in map(site.resolve, site.arguments())
               if isinstance(known, Reference)]  # fmt: skip
    return any("(memory)" in each for each in dotted)
