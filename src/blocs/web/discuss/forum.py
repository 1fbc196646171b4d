"""What may be said where, and what is held until somebody has looked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from blocs.errors import InputError, Problem
from blocs.language.load import load_case
from blocs.library import list_cases
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import clean_name, clean_text
from blocs.web.store.replies import HELD, SHOWN, Replies, Reply

MOST_TEXT = 4_000
# a thread that goes deeper than this is read by nobody on a phone
DEEPEST = 4
MOST_REPLIES = 5_000
# addresses of the web and of mail are what unwanted replies are written for
_LINK = re.compile(r"https?:|www\.|\S+@\S+\.\w", re.IGNORECASE)
_ANCHOR = re.compile(r"(move|remark)-(\d{1,4})")


class Forum:
    """Replies to cases.

    Parameters
    ----------
    replies : Replies
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, replies: Replies, clock: Callable[[], float] = time.time) -> None:
        self.replies, self.clock = replies, clock

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
        if not _is_anchor(case, anchor):
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
        if case not in list_cases():
            raise Refusal(404, "There is no such case.")

    def _answerable(self, case: str, anchor: str, parent: int) -> None:
        above, depth = self.replies.one(parent), 1
        if above is None or above.case_name != case or above.anchor != anchor or above.standing != SHOWN:
            raise Refusal(404, "There is no such reply to answer.")
        while above is not None and above.parent is not None:
            above, depth = self.replies.one(above.parent), depth + 1
        if depth >= DEEPEST:
            raise Refusal(409, "This thread goes no deeper.", "reply to the one above")


def _is_anchor(case: str, anchor: str) -> bool:
    found = _ANCHOR.fullmatch(anchor)
    if found is None:
        return False
    read = load_case(case)
    number = int(found.group(2))
    # remarks are numbered among all entries of the story
    return number < (len(read.history) if found.group(1) == "move" else len(read.history) + len(read.context))
