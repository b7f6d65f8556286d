"""Calls that plainly write to a database: SQL in a literal, and methods that do nothing else.

Knows no connection: whether a database matters is told only by its being held in memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding, Outcome, Reads
from .paths import Workspace
from .site import CallSite
from .tables import words
from .values import Known, Reference, Text

_WRITING_SQL = re.compile(
    r"""\b(
        insert\s+(or\s+\w+\s+)?into | update\s+(or\s+\w+\s+)?[\w.\"'`\[\]]+\s+set | delete\s+from
      | (drop|create|alter)\s+(or\s+replace\s+)?((temp|temporary|unique|virtual|external)\s+)*
        (table|view|index|schema|database|user|role|trigger|function|column|sequence)
      | truncate\s+(table\s+)?\w | replace\s+into | merge\s+into | grant\s+\w+\s+on
      | attach\s+(database\s+)?['"\w] | copy\s+[\w(](?:(?!\bcopy\b)[^;])*\bto\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# How a statement begins that changes something, or does what cannot be told.
_BEGINS_WRITING = re.compile(
    r"""(?:^|;)\s*(?:
        (?: insert|update|delete|drop|create|alter|truncate|replace|merge|upsert|grant|revoke|rename
          | call|exec|execute|do|attach|detach|copy|import|lock|optimize|refresh|purge|flush|kill
          | comment|undrop|unload | set\s+global ) \s+(?:[^\s;=]|\Z)
      | vacuum\b | reindex\b
      | pragma\s+(?:\w+\.)?(?:writable_schema|journal_mode|user_version|schema_version
          |application_id|auto_vacuum|page_size)\s*[=(]
      | with\b [^;]* \)\s*(?:insert|update|delete|merge)\b
      | (?:select|with)\b [^;]* \binto\s+(?!@) )
    | \b(?:pg_terminate_backend|pg_cancel_backend|pg_read_file|lo_import|lo_export|load_file
          |xp_cmdshell|setval)\s*\(""",
    re.IGNORECASE | re.VERBOSE,
)
_TAKES_SQL = words(
    """execute executemany executescript sql query raw_sql exec_driver_sql run_query text
    read_sql read_sql_query execute_sql"""
)
_ASIDE = re.compile(r"'[^']*'|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LOADS_CODE = re.compile(
    r"\bload_extension\s*\(|(?:^|;)\s*(force\s+)?(install|load)\s+[\w']", re.IGNORECASE
)
_NAMES_FILE = re.compile(
    r"""\b(?: from | join | attach(?:\s+database)? (?:\s+if\s+not\s+exists)?
    | (?: (?=\w*?(?:read|scan)_\w)\w+ | glob | st_read | sniff_csv | parquet_\w+ ) \s* \( )
    \s* ( '[^']+' | \[[^\[\]]*\] )""",
    re.IGNORECASE | re.VERBOSE,
)
_LEAVES = re.compile(  # what is written to a file or sent, also of a database in memory
    r"\b(?:copy\b(?:(?!\bcopy\b)[^;])*?\bto|export\s+database|vacuum\s+into)\s*'([^']+)'",
    re.IGNORECASE,
)
_TAKES_SECRET = re.compile(r"\bcreate\s+(or\s+replace\s+)?(\w+\s+)?secret\b", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']+)'")
_CLOUD = ("md:", "motherduck:")
_DATABASES = (
    "sqlite3.", "duckdb.", "psycopg", "pymysql.", "MySQLdb.", "sqlalchemy.", "mysql.", "asyncpg.",
    "pyodbc.", "oracledb.", "snowflake.", "clickhouse_connect.", "pyspark.", "polars.SQLContext",
)  # fmt: skip
# What runs SQL by its very name, and what runs it where only files and variables can be read.
_RUNS = words("execute raw_sql exec_driver_sql run_query execute_sql sql")
_OVER_VARIABLES = words("duckdb.sql duckdb.query duckdb.execute polars.sql")
_SELECTS = re.compile(r"\b(select|from|table|with|show|describe|pragma)\b", re.IGNORECASE)
_LIVE_SESSIONS = frozenset({"spark.sql", "con.sql"})
_WRITES = words(
    """to_sql to_gbq insert_one insert_many update_one update_many replace_one delete_one
    delete_many bulk_write find_one_and_delete find_one_and_update drop_collection drop_database
    drop_all flushall flushdb backup write_database bulk_insert_mappings bulk_save_objects
    create_all insert_all upsert_all insert_into delete_study"""
)
_CHANGING = words("insert update delete upsert")  # of statements that are built by calls
_OF_SESSIONS = re.compile(
    r"^sqlalchemy\..*[sS]ession(maker)?\(\).*\.(add|add_all|merge|delete|update)$"
    r"|\bsession\.(add|add_all|merge|delete)$"
)
_OF_RELATIONS = re.compile(r"^duckdb\..*\.(append|create|insert)$")
_ENGINES = words("engine conn connection bind")


def writes(sql: str) -> bool:
    """Say whether the SQL has a statement that plainly changes something."""
    return _WRITING_SQL.search(_statements(sql)) is not None


def database_effects(site: CallSite, workspace: Workspace) -> Iterator[Outcome]:
    """Judge a call by the SQL it is given, or by a method that can only write."""
    if site.word in _TAKES_SQL:
        if _reads(site):
            yield Reads()
        yield from _given_sql(site, workspace)
    elif _only_writes(site) and not _in_memory(site):
        yield Finding("database", f"writes to a database: {site.source}")
    elif site.target == "duckdb.connect":
        place = site.known(0, "database")
        if isinstance(place, Text) and place.value.startswith(_CLOUD):
            yield Finding("network", f"uses the network: {place.value.partition('?')[0]}")


def _only_writes(site: CallSite) -> bool:
    """Say whether what is called does nothing else than to change a database."""
    if site.word in _WRITES or _OF_SESSIONS.search(site.target):
        return True
    if _OF_RELATIONS.search(site.target):
        return True
    first = site.argument(0)
    if site.word == "drop":
        bound = site.resolve(first)
        engine = isinstance(bound, Reference) and bound.dotted.startswith("sqlalchemy.")
        return not site.arguments() or engine or getattr(first, "id", "") in _ENGINES
    alone = isinstance(first, ast.Dict) and len(site.arguments()) == 1
    return alone and site.word in {"insert", "remove"}


def _reads(site: CallSite) -> bool:
    """Say whether SQL brings in what a database or a file holds, or may: it cannot be read."""
    sql = _sql(site)
    if not isinstance(sql, Text):
        return bool(site.arguments()) and (site.word in _RUNS or site.target.startswith(_DATABASES))
    if _in_memory(site) or site.target in _OVER_VARIABLES:
        return _NAMES_FILE.search(sql.value) is not None
    return _SELECTS.search(sql.value) is not None


def _sql(site: CallSite) -> Known | None:
    return site.known(0, "sql", "query", "statement", "text")


def _given_sql(site: CallSite, workspace: Workspace) -> Iterator[Finding]:
    sql = _sql(site)
    if _builds_change(site, sql) and not _in_memory(site):
        yield Finding("database", f"writes to a database: {site.source}")
    if not isinstance(sql, Text):
        known = site.target.startswith(_DATABASES) or site.target in _LIVE_SESSIONS
        if known and site.node.args and not _in_memory(site) and not _a_statement(site):
            yield Finding("database", f"runs SQL that cannot be read beforehand: {site.source}")
        return
    statements = _statements(sql.value)
    if _LOADS_CODE.search(statements):
        yield Finding("dynamic", f"loads an extension into a database: {site.source}")
    if _TAKES_SECRET.search(sql.value):
        yield Finding("environment", f"gives a database credentials: {site.source}")
    yield from _files_of(sql.value, workspace)
    surely = site.word not in {"query", "text"} or site.target.startswith(_DATABASES)
    changes = _WRITING_SQL.search(statements) or (surely and _BEGINS_WRITING.search(statements))
    if changes and not _in_memory(site):
        yield Finding("database", f"writes to a database: {site.source}")


def _statements(sql: str) -> str:
    """Leave out comments and what is quoted, unless it cannot be told where a quote ends."""
    if "\\'" in sql:
        return sql
    return _ASIDE.sub(lambda found: "''" if found[0][0] == "'" else " ", sql)


def _builds_change(site: CallSite, statement: Known | None) -> bool:
    """Say whether a call executes a statement built by calls that changes something."""
    if site.word != "execute":
        return False
    node: ast.expr = site.node.args[0] if site.node.args else site.node.func
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
        if getattr(node, "attr", getattr(node, "id", "")) in _CHANGING:
            return True
    dotted = statement.dotted if isinstance(statement, Reference) else ""
    return any(f".{word}()" in dotted for word in _CHANGING)


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
    """Say whether the argument is no text: built by calls, such as `select(table)`, or classes."""
    entities = site.word == "query" and site.target.startswith("sqlalchemy.")
    return entities or isinstance(site.node.args[0], ast.Call)


def _in_memory(site: CallSite) -> bool:
    dotted = [site.target]
    dotted += [known.dotted for known in map(site.resolve, site.arguments())
               if isinstance(known, Reference)]  # fmt: skip
    return any("(memory)" in each for each in dotted)
