"""What may be said where, and what is held until somebody has looked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from blocs.errors import InputError, Problem
from blocs.language.case import Case
from blocs.library import list_cases
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import clean_name, clean_text
from blocs.web.rooms.shelf import Shelf
from blocs.web.store.replies import HELD, SHOWN, Replies, Reply

MOST_TEXT = 4_000
# a thread that goes deeper than this is read by nobody on a phone
DEEPEST = 4
MOST_REPLIES = 5_000
# addresses of the web and of mail are what unwanted replies are written for
_LINK = re.compile(r"https?:|www\.|\S+@\S+\.\w", re.IGNORECASE)


class Forum:
    """Replies to cases.

    Parameters
    ----------
    replies : Replies
    shelf : Shelf
        Which cases there are.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, replies: Replies, shelf: Shelf, clock: Callable[[], float] = time.time) -> None:
        self.replies, self.shelf, self.clock = replies, shelf, clock
        # every case that has a page
        self._cases = frozenset([*list_cases(), *shelf.own])
        self._entries: dict[str, dict[str, str]] = {}

    def reply(self, case: str, anchor: str, name: str, text: str, parent: int | None = None) -> Reply:
        """Store a reply; one with an address of the web or of mail in it is held.

        Raises
        ------
        Refusal
            (404) There is no such case, or no such reply to answer.
        InputError
            With everything that is wrong.
        """
        self.known(case)
        name, text = clean_name(name), clean_text(text, MOST_TEXT)
        problems = []
        if anchor not in self.entries(case):
            problems.append(Problem("a reply stands under an event of the case, such as `move-3`", path="anchor"))
        if not name:
            problems.append(Problem("a name has at least one letter", path="name"))
        if not text:
            problems.append(Problem("a reply has at least one letter", path="text"))
        if problems:
            raise InputError(problems)
        if parent is not None:
            self._answerable(case, anchor, parent)
        if self.replies.count(case) >= MOST_REPLIES:
            raise Refusal(409, "This case has as many replies as it can hold.")
        standing = HELD if _LINK.search(f"{name} {text}") else SHOWN
        return self.replies.add(case, anchor, parent, name, text, standing, self.clock())

    def known(self, case: str) -> None:
        """Refuse a case that there is not."""
        if case not in self._cases:
            raise Refusal(404, "There is no such case.")

    def entries(self, case: str) -> dict[str, str]:
        """Return the anchors of a case, read once; see `entries`."""
        if case not in self._entries:
            self._entries[case] = entries(self.shelf.load(case))
        return self._entries[case]

    def told(self) -> list[dict[str, Any]]:
        """Return all replies in plain values, whatever their standing, each with what it stands under."""
        return [
            {
                **one.to_json(),
                "under": self.entries(one.case_name).get(one.anchor, "") if one.case_name in self._cases else "",
            }
            for one in self.replies.everything()
        ]

    def _answerable(self, case: str, anchor: str, parent: int) -> None:
        above, depth = self.replies.one(parent), 1
        if above is None or above.case_name != case or above.anchor != anchor or above.standing != SHOWN:
            raise Refusal(404, "There is no such reply to answer.")
        while above is not None and above.parent is not None:
            above, depth = self.replies.one(above.parent), depth + 1
        if depth >= DEEPEST:
            raise Refusal(409, "This thread goes no deeper.", "reply to the one above")


def entries(case: Case) -> dict[str, str]:
    """Return what replies may stand under: the anchors of a case's page, each with its date and what happened.

    Moves are numbered as in the history, remarks by their place among all entries in the order of their dates.
    """
    moves = [(one.date, True, f"move-{number}", one.event) for number, one in enumerate(case.history)]
    remarks = [(one.date or "", False, "", one.event) for one in case.context]
    told = sorted([*moves, *remarks], key=lambda one: one[:2])
    return {
        anchor or f"remark-{place}": f"{date or 'undated'}: {event}"
        for place, (date, _, anchor, event) in enumerate(told)
    }
