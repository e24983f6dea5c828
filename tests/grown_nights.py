"""Invented nights whose tables grow: what was published, what a night changes, and the candidate.

A world is a few articles with their documents, lines and repairs. Now and then a row is broken, as
no night should break it: what is judged of what is new must find the same as what is judged whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sql_case import table_of

from pipelines import publish, warehouse
from pipelines.settings import Settings

Row = dict[str, Any]
Tables = dict[str, list[Row]]

KEYS = {
    "documents": "document_id",
    "articles": "article_id",
    "removed_lines": "document_id",
    "repairs": "document_id",
    "duplicate_pairs": "document_id",
}
"""Tables that grow, and by what."""
AT = "2026-03-02T02:00:00+00:00"
LENGTH = 300


@dataclass
class World:
    """Tables that change from night to night; `breaks` is how often a row is broken."""

    rng: Random
    breaks: float = 0.0
    tables: Tables = field(default_factory=lambda: {name: [] for name in KEYS})
    touched: dict[str, set[str]] = field(default_factory=dict)
    new: Tables = field(default_factory=dict)
    born: int = 0

    def grow(self, *, changed: int, born: int, moved: int = 0, gone: int = 0) -> None:
        """One night: articles whose documents change, come, move to another, and leave."""
        members: dict[str, list[str]] = {}
        for row in self.tables["documents"]:
            members.setdefault(row["article_id"] or "a-none", []).append(row["document_id"])
        before = {name: list(documents) for name, documents in members.items()}
        names = self.rng.sample(sorted(members), min(changed + 2 * moved + gone, len(members)))
        for name in names[:gone]:
            members[name] = members[name][1:]
        for one, other in zip(names[gone:][:moved], names[gone:][moved:], strict=False):
            members[other].append(members[one].pop())
        for _ in range(born):
            self.born += 1
            size = self.rng.choice([1, 1, 2, 3])
            members[f"a{self.born}"] = [f"d{self.born}-{number}" for number in range(size)]
            names.append(f"a{self.born}")
        self._replace(set(names), before, members)

    def _replace(
        self, names: set[str], before: dict[str, list[str]], members: dict[str, list[str]]
    ) -> None:
        documents = {it for name in names for it in (*before.get(name, ()), *members[name])}
        self.touched = {"document_id": documents, "article_id": names}
        self.new = {table: [] for table in KEYS}
        for name in sorted(names):
            self._write(name, members[name])
        for table, key in KEYS.items():
            old = [row for row in self.tables[table] if row[key] not in self.touched[key]]
            self.tables[table] = old + self.new[table]

    def _write(self, article: str, documents: list[str]) -> None:
        for number, name in enumerate(documents):
            lines = [self._line(name, start) for start in self.rng.sample((0, 40, 80), 2)]
            self.new["removed_lines"] += lines
            self.new["repairs"].append(
                {"document_id": name, "repair_id": "spaces", "start_char": 200,
                 "before": "  ", "after": self._or(" ", "  ")}
            )  # fmt: skip
            if number:
                self.new["duplicate_pairs"].append(self._pair(*sorted((documents[0], name))))
            document = self._document(article, name, number, lines, documents[0])
            self.new["documents"] += self._or([document], [])
        if documents:
            self.new["articles"].append(
                {"article_id": article, "document_id": self._or(documents[0], "d1-0"),
                 "story_id": self._or(f"s{article}", None),
                 "copy_count": self._or(len(documents), 0)}
            )  # fmt: skip

    def _line(self, document: str, start: int) -> Row:
        return {
            "document_id": document, "start_char": self._or(start, 40),
            "end_char": start + self._or(10, 45),
            "line_text": "Share this", "line_break": "\n", "kind": self._or("share_prompt", "junk"),
            "score": self._or(0.9, 1.5),
        }  # fmt: skip

    def _pair(self, document: str, other: str) -> Row:
        return {
            "document_id": document, "other_document_id": self._or(other, document),
            "relation": self._or("near", "cousin"), "score": self._or(0.5, 1.5),
        }  # fmt: skip

    def _document(self, article: str, name: str, number: int, lines: list[Row], first: str) -> Row:
        removed = sum(row["end_char"] - row["start_char"] for row in lines)
        relation = "near" if number else "representative"
        return {
            "document_id": name, "article_id": self._or(article, None),
            "story_id": self._or(f"s{article}", "s-none"),
            "site": self.rng.choice(["north.example", "south.example", None]),
            "copy_relation": self._or(relation, "cousin"),
            "copy_score": self._or(0.5 if number else None, 1.5),
            "copy_of_document_id": self._or(first if number else None, "d2-0"),
            "word_count": self.rng.choice([0, 40, 40, 40, 20_001]), "raw_chars": LENGTH,
            "removed_chars": self._or(removed, removed + 1), "removed_line_count": len(lines),
            "in_language": "en",
            "date_published_precision": self._or(None, "day"),
            "run_id": "000001.2026-03-02", "cleaned_at": AT,
        }  # fmt: skip

    def _or(self, sound: Any, broken: Any) -> Any:
        return broken if self.rng.random() < self.breaks else sound

    def whole(self) -> Tables:
        """All public tables, those that are sums of the ones that grow among them."""
        documents, articles = self.tables["documents"], self.tables["articles"]
        stories, sites = (Counter(row[key] for row in documents) for key in ("story_id", "site"))
        of_articles = Counter(row["story_id"] for row in articles)
        return self.tables | {
            "stories": [
                {"story_id": name, "article_count": of_articles[name], "document_count": count}
                for name, count in stories.items()
            ],
            "sites": [
                {"site": name or "unknown", "document_count": count, "removed_share": 0.07}
                for name, count in sites.items()
            ],
            "rejected_documents": [],
        }  # fmt: skip


def write(path: Path, tables: Tables) -> Path:
    """A database file with these public tables."""
    path.unlink(missing_ok=True)
    with warehouse.closing(warehouse.connect(Settings(home=path.parent, workers=1))) as con:
        publish.attach(con, path, "written")
        for name, rows in tables.items():
            con.register("given", table_of(f"marts.{name}", rows))
            con.execute(f"create table written.{name} as from given").fetchall()
    return path


def write_delta(path: Path, world: World, run_id: str) -> Path:
    """What a night changes, as `building` leaves it."""
    tables = world.new | {"grown_from": [{"run_id": run_id}]}
    for key, names in world.touched.items():
        tables[f"touched_{key.removesuffix('_id')}s"] = [{key: name} for name in sorted(names)]
    return write(path, tables)
