"""References in the style of the American Psychological Association, 7th edition, as plain text.

Titles are printed with the capitals they have in the bibliography: which words of a title are names, a program cannot
know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from blocs.sources.items import Date, Item, Name
from blocs.sources.wordlists import words

_MONTHS = ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December")  # fmt: skip
# From the 21st author on, the first 19 and the last are named.
_MOST_AUTHORS, _NAMED_OF_MORE = 20, 19

_YEAR_ONLY = words(
    "article article-journal book chapter classic collection dataset entry entry-dictionary entry-encyclopedia "
    "paper-conference software thesis"
)
_KINDS = {
    "broadcast": "Broadcast",
    "dataset": "Data set",
    "graphic": "Graphic",
    "hearing": "Hearing",
    "interview": "Interview",
    "map": "Map",
    "motion_picture": "Film",
    "pamphlet": "Pamphlet",
    "performance": "Performance",
    "software": "Computer software",
    "song": "Song",
    "speech": "Speech",
}


def reference_list(items: Iterable[Item]) -> list[str]:
    """Return references in the order of a list of references: by author, then date, then title.

    Works of the same authors and year get letters after the year, as citations in the text need them.
    """
    ordered = sorted(items, key=_sorting_key)
    alike: dict[tuple[str, str], list[Item]] = {}
    for item in ordered:
        alike.setdefault((_head(item), _year(item)), []).append(item)
    references = []
    for item in ordered:
        group = alike[_head(item), _year(item)]
        # the letters follow the place in the list; beyond z nobody has gone
        letter = chr(ord("a") + group.index(item)) if 1 < len(group) <= 26 and _people_in_front(item) else ""
        references.append(reference(item, letter))
    return references


def reference(item: Item, letter: str = "") -> str:
    """Return one reference.

    Parameters
    ----------
    item : Item
    letter : str
        What follows the year to tell works of the same authors and year apart.
    """
    date = f"({_date(item, letter)})"
    source = _PARTS.get(item.type, _other)(item)
    people = _people_in_front(item)
    parts = [people, date, _work(item), *source] if people else [_work(item), date, *source]
    return " ".join([*(_stopped(part) for part in parts if part), *_address(item)])


def _people_in_front(item: Item) -> str:
    authors = item.names("author")
    if authors:
        return _inverted(authors)
    if item.type in ("chapter", "entry", "entry-encyclopedia", "entry-dictionary"):
        return ""
    editors = item.names("editor")
    return f"{_inverted(editors)} ({_editors(editors)})" if editors else ""


def _head(item: Item) -> str:
    return _people_in_front(item) or item.title


def _sorting_key(item: Item) -> tuple[str, str, str]:
    def plain(text: str) -> str:
        decomposed = unicodedata.normalize("NFD", text.casefold())
        kept = "".join(sign for sign in decomposed if sign.isalnum() or sign.isspace())
        return re.sub(r"^(?:the|an?)\s+", "", kept)

    issued = item.date()
    # works without a date stand before those with one
    when = "".join(f"{part:04d}" for part in issued.start) if issued else ""
    return plain(_head(item)), when, plain(item.title)


# --- people -----------------------------------------------------------------------------------------------------


def _inverted(names: Sequence[Name]) -> str:
    written = [_family_first(name) for name in names]
    if len(written) == 1:
        return written[0]
    if len(written) > _MOST_AUTHORS:
        return ", ".join(written[:_NAMED_OF_MORE]) + f", . . . {written[-1]}"
    return ", ".join(written[:-1]) + f", & {written[-1]}"


def _family_first(name: Name) -> str:
    if name.literal:
        return name.literal
    family = " ".join(part for part in (name.particle, name.family) if part)
    return ", ".join(part for part in (family, _initials(name.given), name.suffix) if part)


def _given_first(name: Name) -> str:
    if name.literal:
        return name.literal
    text = " ".join(part for part in (_initials(name.given), name.particle, name.family) if part)
    return f"{text}, {name.suffix}" if name.suffix else text


def _listed(names: Sequence[Name]) -> str:
    written = [_given_first(name) for name in names]
    if len(written) <= 2:
        return " & ".join(written)
    return ", ".join(written[:-1]) + f", & {written[-1]}"


def _initials(given: str) -> str:
    initials = []
    for word in re.sub(r"\.(?=\S)", ". ", given).split():
        parts = [part for part in re.split("[-‐‑]", word) if part]
        if parts and parts[0][0].islower():
            initials.append(word)  # a particle such as "de" written with the given name
        else:
            initials.append("-".join(f"{part[0]}." for part in parts))
    return " ".join(initials)


def _editors(names: Sequence[Name]) -> str:
    return "Eds." if len(names) > 1 else "Ed."


# --- dates ------------------------------------------------------------------------------------------------------


def _date(item: Item, letter: str) -> str:
    issued = item.date()
    if issued is None or (not issued.start and not issued.literal):
        return f"n.d.-{letter}" if letter else "n.d."
    year = _year(item) + letter
    if issued.literal or item.type in _YEAR_ONLY or len(issued.start) == 1:
        return year
    return f"{year}, {_days(issued)}"


def _year(item: Item) -> str:
    issued = item.date()
    if issued is None or not (issued.start or issued.literal):
        return "n.d."
    if issued.literal:
        season = re.fullmatch(r"([^\W\d]+)[ ,]+(\d{4})", issued.literal)
        return f"{season[2]}, {season[1]}" if season else issued.literal
    years = dict.fromkeys(str(part[0]) for part in (issued.start, issued.end) if part)
    return ("ca. " if issued.circa else "") + "–".join(years)


def _days(date: Date) -> str:
    first = _day(date.start)
    if not date.end or date.end[0] != date.start[0]:
        return first
    last = _day(date.end)
    if len(date.start) > 2 and len(date.end) > 2 and date.start[1] == date.end[1]:
        last = str(date.end[2])
    return f"{first}–{last}" if last != first else first


def _day(parts: tuple[int, ...]) -> str:
    return " ".join([_MONTHS[parts[1] - 1], *(str(day) for day in parts[2:])]) if len(parts) > 1 else ""


# --- the work ---------------------------------------------------------------------------------------------------


def _work(item: Item) -> str:
    """Title, with what stands in brackets after it."""
    title, genre = item.text("title"), item.text("genre")
    if not title:
        return f"[{genre}]"
    if item.type == "thesis":
        school = item.text("publisher")
        return f"{title} [{', '.join(part for part in (genre or 'Doctoral dissertation', school) if part)}]"
    if item.type == "report":
        return title + _report_number(item)
    if item.type in ("review", "review-book") and item.text("reviewed-title"):
        authors = item.names("reviewed-author")
        by = f", by {_listed(authors)}" if authors else ""
        return f"{title} [Review of {item.text('reviewed-title')}{by}]"
    details = [] if item.type in _IN_A_BOOK else _edition_and_volume(item)
    if item.type in ("software", "dataset") and item.text("version"):
        details.append(f"Version {item.text('version')}")
    people = []
    if item.names("author") and item.names("editor") and item.type not in _IN_A_BOOK:
        editors = item.names("editor")
        people.append(f"{_listed(editors)}, {_editors(editors)}")
    if item.names("translator") and item.type not in _IN_A_BOOK:
        people.append(f"{_listed(item.names('translator'))}, Trans.")
    brackets = genre if item.type not in ("article-journal", "book", "chapter", "treaty") else ""
    brackets = brackets or _KINDS.get(item.type, "")
    pieces = [title]
    pieces += [f"({'; '.join(people)})"] if people else []
    pieces += [f"({', '.join(details)})"] if details else []
    pieces += [f"[{brackets}]"] if brackets else []
    return " ".join(pieces)


_IN_A_BOOK = words(
    "chapter entry entry-encyclopedia entry-dictionary paper-conference article-journal article-magazine "
    "article-newspaper"
)


def _report_number(item: Item) -> str:
    number, genre = item.text("number", "collection-number"), item.text("genre")
    if not number:
        return f" [{genre}]" if genre else ""
    if re.match(r"[A-Za-z].*\s", number):
        return f" ({number})"  # a number with its own name: "SNIE 12-61"
    return f" ({genre or 'Report'} No. {number})"


def _edition_and_volume(item: Item) -> list[str]:
    details = []
    edition, volume = item.text("edition"), item.text("volume")
    if edition.isdigit():
        details.append(f"{_ordinal(int(edition))} ed.")
    elif edition:
        details.append(edition if re.search(r"\bed\b", edition) else f"{edition} ed.")
    if volume:
        details.append(f"Vol{'s' if re.search('[-–,]', volume) else ''}. {_dashed(volume)}")
    return details


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _dashed(numbers: str) -> str:
    """Write ranges of numbers with an en dash; other hyphens stay."""
    return re.sub(r"(?<=\d)\s*-+\s*(?=\d)|(?<=[ivxlc])\s*-+\s*(?=[ivxlc])", "–", numbers)


# --- where it appeared ------------------------------------------------------------------------------------------


def _other(item: Item) -> list[str]:
    return [_unless_author(item, item.text("publisher", "container-title")), *_original(item)]


def _book(item: Item) -> list[str]:
    return [_unless_author(item, item.text("publisher")), *_original(item)]


def _chapter(item: Item) -> list[str]:
    book = item.text("container-title", "volume-title")
    if not book:
        place = [item.text("event-title", "event"), item.text("event-place", "publisher-place")]
        return [", ".join(part for part in place if part) or item.text("publisher")]
    details = _edition_and_volume(item)
    pages = item.text("page")
    if pages:
        details.append(f"{'pp.' if re.search('[-–,]', pages) else 'p.'} {_dashed(pages)}")
    editors = item.names("editor") or item.names("container-author")
    people = f"{_listed(editors)}{f' ({_editors(editors)})' if item.names('editor') else ''}, " if editors else ""
    return [f"In {people}{book}" + (f" ({', '.join(details)})" if details else ""), item.text("publisher")]


def _article(item: Item) -> list[str]:
    volume, issue = item.text("volume"), item.text("issue")
    where = _dashed(volume) + (f"({_dashed(issue)})" if issue else "")
    pages = _dashed(item.text("page"))
    number = item.text("number")
    parts = [item.text("container-title"), where, pages or (f"Article {number}" if number else "")]
    return [", ".join(part for part in parts if part)]


def _web_page(item: Item) -> list[str]:
    return [_unless_author(item, item.text("container-title", "publisher"))]


def _thesis(item: Item) -> list[str]:
    return [item.text("archive", "container-title")]


def _archival(item: Item) -> list[str]:
    place = item.text("archive_location", "call-number")
    collection, archive = item.text("archive_collection"), item.text("archive")
    head = collection or archive
    if place:
        head = f"{head} ({place})" if head else place
    rest = [archive if collection else "", item.text("archive-place")]
    where = ", ".join(part for part in (head, *rest) if part)
    printed = item.text("container-title", "publisher")
    return [where, _unless_author(item, printed)]


def _speech(item: Item) -> list[str]:
    place = [item.text("event-title", "event"), item.text("event-place", "publisher-place")]
    return [", ".join(part for part in place if part), item.text("container-title", "publisher")]


def _original(item: Item) -> list[str]:
    original = item.date("original-date")
    return [f"(Original work published {original.year})"] if original and original.year else []


_PARTS: dict[str, Callable[[Item], list[str]]] = {
    "article-journal": _article,
    "article-magazine": _article,
    "article-newspaper": _article,
    "review": _article,
    "review-book": _article,
    "book": _book,
    "classic": _book,
    "collection": _book,
    "chapter": _chapter,
    "entry": _chapter,
    "entry-dictionary": _chapter,
    "entry-encyclopedia": _chapter,
    "paper-conference": _chapter,
    "webpage": _web_page,
    "post": _web_page,
    "post-weblog": _web_page,
    "thesis": _thesis,
    "manuscript": _archival,
    "document": _archival,
    "personal_communication": _archival,
    "interview": _archival,
    "speech": _speech,
    "hearing": _speech,
    "broadcast": _speech,
}


def _unless_author(item: Item, publisher: str) -> str:
    """Return the publisher, or nothing where the author of the same name stands before."""
    return "" if any(publisher == name.literal for name in item.names("author")) else publisher


def _address(item: Item) -> list[str]:
    doi, url = item.text("DOI"), item.text("URL")
    if doi:
        return [f"https://doi.org/{doi}"]
    if not url:
        return []
    accessed = item.date("accessed")
    if _year(item) == "n.d." and accessed and len(accessed.start) == 3:
        return [f"Retrieved {_day(accessed.start)}, {accessed.start[0]}, from {url}"]
    return [url]


def _stopped(part: str) -> str:
    """End a part with a full stop unless it ends with a mark of its own."""
    if re.search(r"[.?!][”’\"')]?$", part) and not part.endswith(".)"):
        return part
    return part if part.startswith("(Original work") else f"{part}."
