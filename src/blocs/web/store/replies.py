"""Replies of readers under the sentences of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from blocs.web.store import schema
from blocs.web.store.opening import Database

SHOWN, HELD, HIDDEN = "shown", "held", "hidden"
STANDINGS = (SHOWN, HELD, HIDDEN)


@dataclass(frozen=True)
class Reply:
    """One reply; `standing` is shown, held (nobody but the moderator sees it yet) or hidden."""

    reply: int
    case_name: str
    anchor: str
    parent: int | None
    name: str
    text: str
    standing: str
    at: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "reply": self.reply,
            "case": self.case_name,
            "anchor": self.anchor,
            "parent": self.parent,
            "name": self.name,
            "text": self.text,
            "standing": self.standing,
            "at": self.at,
        }


class Replies:
    """The store of replies."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, case: str, anchor: str, parent: int | None, name: str, text: str, standing: str, at: float) -> Reply:
        """Store a reply and return it."""
        values = {
            "case_name": case, "anchor": anchor, "parent": parent, "name": name, "text": text, "standing": standing,
            "at": at,
        }  # fmt: skip
        with self.database.write() as one:
            number = one.execute(insert(schema.replies), values).inserted_primary_key
        assert number is not None
        return Reply(number[0], case, anchor, parent, name, text, standing, at)

    def one(self, reply: int) -> Reply | None:
        """Return a reply by its number, or None."""
        found = self._chosen(schema.replies.c.reply == reply)
        return found[0] if found else None

    def of_case(self, case: str) -> list[Reply]:
        """Return the replies to a case that everybody sees, the oldest first."""
        return self._chosen((schema.replies.c.case_name == case) & (schema.replies.c.standing == SHOWN))

    def everything(self, case: str | None = None) -> list[Reply]:
        """Return all replies, of a case or of all, whatever their standing."""
        return self._chosen(schema.replies.c.case_name == case if case is not None else schema.replies.c.reply > 0)

    def count(self, case: str) -> int:
        """Return how many replies a case has, whatever their standing."""
        chosen = select(func.count()).select_from(schema.replies).where(schema.replies.c.case_name == case)
        with self.database.read() as one:
            return one.execute(chosen).scalar_one()

    def judge(self, reply: int, standing: str) -> bool:
        """Give a reply another standing; return whether there was such a reply."""
        with self.database.write() as one:
            where = schema.replies.c.reply == reply
            return one.execute(update(schema.replies).where(where).values(standing=standing)).rowcount == 1

    def _chosen(self, where: Any) -> list[Reply]:
        with self.database.read() as one:
            found = one.execute(select(schema.replies).where(where).order_by(schema.replies.c.reply)).mappings()
            return [Reply(**row) for row in found]
