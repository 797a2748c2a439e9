"""Scores of pairs that were computed before, in a SQLite file of the user's cache folder.

Keyed by what produced a score (weights, label order, precision, length limit) and by the pair itself.
Safe under a kill (transactions, write-ahead log) and under several processes at once; kept under a
size by dropping what was not used for longest. A cache that cannot be read or written costs a
warning and speed, never a result.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semuq.errors import InvalidParameter
from semuq.models.cachedir import cache_dir
from semuq.numerics import FloatArray

__all__ = ["CacheInfo", "PairCache", "cache_at", "clear", "default_path", "info", "text_key"]


SIZE_LIMIT = 2**30
"""Bytes; beyond it the least recently used tenth is dropped."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scorer (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS pair (
    scorer INTEGER NOT NULL, key BLOB NOT NULL, scores BLOB NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (scorer, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pair_used ON pair (used);
"""
_CHUNK = 500
_UNKNOWN = np.full(3, np.nan, dtype="<f4").tobytes()
_BUSY_SECONDS = 30
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class CacheInfo:
    """What a cache holds: `pairs` scored by `scorers` models, in `bytes` at `path`."""

    path: Path
    bytes: int
    pairs: int
    scorers: int


def default_path() -> Path:
    """Where the cache lies unless told otherwise."""
    return cache_dir() / "entailment.sqlite3"


def cache_at(place: bool | str | Path, identity: str) -> PairCache | None:
    """The cache that an option `cache=` asks for: True for the user's own, a path, or False for none.

    Raises:
        InvalidParameter: it is something else, such as None.
    """
    if not isinstance(place, bool | str | Path):
        raise InvalidParameter(f"cache: expected True, False or the path of a file, got {place!r}")
    if place is False:
        return None
    return PairCache(default_path() if place is True else Path(place), identity)


def text_key(text: str) -> bytes:
    """12 bytes that name one side of a pair. A pair's key is that of its sides together."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


class PairCache:
    """The scores one scorer gave to pairs.

    Args:
        path: the SQLite file; made if missing.
        identity: names everything about the scorer that can change a score.
        size_limit: bytes the file may grow to.
    """

    def __init__(self, path: Path, identity: str, *, size_limit: int = SIZE_LIMIT) -> None:
        self.path = path
        self.identity = identity
        self.size_limit = size_limit
        self._usable = True

    def look_up(self, keys: Sequence[bytes]) -> FloatArray:
        """(len(keys), 3) scores; NaN for keys that are not known."""
        found: dict[bytes, bytes] = {}
        today = int(time.time()) // _DAY
        with self._guarded("read"), self._connection() as connection:
            scorer = _scorer_id(connection, self.identity)
            stale: list[bytes] = []
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                rows = connection.execute(
                    f"SELECT key, scores, used FROM pair WHERE scorer = ? AND key IN ({marks})", (scorer, *chunk)
                ).fetchall()
                found.update([row[:2] for row in rows])
                stale += [key for key, _, used in rows if used < today]
            if stale:
                connection.executemany(
                    "UPDATE pair SET used = ? WHERE scorer = ? AND key = ?", ((today, scorer, key) for key in stale)
                )
        blob = b"".join([found.get(key, _UNKNOWN) for key in keys])
        return np.frombuffer(blob, dtype="<f4").reshape(-1, 3).astype(np.float64)

    def store(self, keys: Sequence[bytes], scores: FloatArray) -> None:
        """Keep the scores (len(keys), 3), in one transaction, as float32."""
        if not len(keys):
            return
        rows = np.ascontiguousarray(scores, dtype="<f4")
        with self._guarded("write"), self._connection() as connection:
            scorer, today = _scorer_id(connection, self.identity), int(time.time()) // _DAY
            connection.executemany(
                "INSERT OR REPLACE INTO pair VALUES (?, ?, ?, ?)",
                ((scorer, key, row.tobytes(), today) for key, row in zip(keys, rows, strict=True)),
            )
            _evict(connection, self.size_limit)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self._usable:
            raise sqlite3.OperationalError("given up earlier")
        with _open(self.path) as connection:
            yield connection

    @contextmanager
    def _guarded(self, doing: str) -> Iterator[None]:
        """A cache that fails is reported once and left alone; a damaged file is put aside for a new one."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not self._usable:
                return
            if not isinstance(error, sqlite3.OperationalError):
                aside = self.path.with_suffix(".damaged")
                self.path.replace(aside)
                warnings.warn(f"{self.path}: not a readable cache ({error}); put aside as {aside.name}", stacklevel=3)
                return
            self._give_up(doing, error)
        except OSError as error:
            self._give_up(doing, error)

    def _give_up(self, doing: str, error: Exception) -> None:
        self._usable = False
        warnings.warn(f"{self.path}: cannot {doing} the cache ({error}); going on without it", stacklevel=4)


def info(path: Path) -> CacheInfo:
    """What the cache at `path` holds; zeros if there is none.

    Raises:
        InvalidParameter: the file there is no cache.
    """
    if not path.exists():
        return CacheInfo(path=path, bytes=0, pairs=0, scorers=0)
    try:
        with _open(path) as connection:
            pairs = connection.execute("SELECT count(*) FROM pair").fetchone()[0]
            scorers = connection.execute("SELECT count(*) FROM scorer").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise InvalidParameter(f"{path}: not a readable cache ({error}); run `semuq cache clear`") from error
    return CacheInfo(path=path, bytes=path.stat().st_size, pairs=pairs, scorers=scorers)


def clear(path: Path) -> None:
    """Remove the cache at `path` and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
        with connection:
            yield connection


def _scorer_id(connection: sqlite3.Connection, identity: str) -> int:
    connection.execute("INSERT OR IGNORE INTO scorer (identity) VALUES (?)", (identity,))
    row: tuple[int] = connection.execute("SELECT id FROM scorer WHERE identity = ?", (identity,)).fetchone()
    return row[0]


def _evict(connection: sqlite3.Connection, limit: int) -> None:
    """Drop the least recently used tenth for as long as the pages in use exceed the limit."""
    while _bytes_in_use(connection) > limit:
        count: int = connection.execute("SELECT count(*) FROM pair").fetchone()[0]
        if count == 0:
            return
        connection.execute(
            "DELETE FROM pair WHERE (scorer, key) IN (SELECT scorer, key FROM pair ORDER BY used LIMIT ?)",
            (max(1, count // 10),),
        )


def _bytes_in_use(connection: sqlite3.Connection) -> int:
    size, pages, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return int(size * (pages - free))
