"""A game at the terminal: what a player reads at a turn, and the debrief; everything comes in plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from blocs.report.numbers import percent
from blocs.report.terminal import new_table, words

if TYPE_CHECKING:
    from rich.console import Console

Plain = Mapping[str, Any]

# decisions in the table of a debrief, the weightiest first: a long game has a hundred
MOST_DECISIONS = 12
HELP = (
    ("3, or the option's name", "choose it"),
    ("wait", "hold until somebody else does something that you can see"),
    ("?", "advice: where each option leads, and how often a solved player takes it"),
    ("state, record", "how everything stands; everything that has happened"),
    ("quit", "leave the game; it is kept and can be gone on with"),
)


def print_beginning(
    console: Console, title: str, summary: str, actor: str, role: str, background: Sequence[Plain]
) -> None:
    """Print what a player is told before the first turn."""
    console.print(title, style="bold")
    if summary:
        console.print(summary)
    if background:
        console.print("\nHow it came to this", style="bold")
        for one in background:
            _item(console, f"{one['date']}  {one['event']}")
    console.print(f"\nYou are {actor} ({role}). Solved players take the other roles; they choose as the theory says.")
    print_help(console)


def print_help(console: Console) -> None:
    """Print what can be typed."""
    console.print("At your turn type:")
    for what, does in HELP:
        _item(console, f"{what}: {does}")


def print_turn(console: Console, view: Plain, whole: bool) -> None:
    """Print a turn: what happened, what is new in the state of affairs (or `whole` of it), and the options."""
    turn = view["turn"]
    console.print(f"\n{view['date']}, step {view['step']} of {view['steps']}: {turn['stage']}", style="bold")
    if turn["help"]:
        console.print(turn["help"])
    news = [one for one in view["news"] if one["role"] != view["role"]]
    if news:
        console.print("What happened", style="bold")
        print_record(console, news)
    new = [one for one in view["situation"] if one["new"]]
    if whole or new:
        print_state(console, view["situation"] if whole else new, "State of affairs" if whole else "What is new")
    console.print("Your options", style="bold")
    for number, one in enumerate(view["options"], 1):
        secret = " (secret: the others see that you held)" if one["secret"] else ""
        _item(console, f"{number}  {one['title']}{secret}", style="bold")
        for sentence in (one["help"], *one["changes"], *one["costs"], *one["risks"]):
            if sentence:
                _item(console, sentence, indent=5)


def print_state(console: Console, situation: Sequence[Plain], head: str) -> None:
    """Print variables of the state with their values, what is new marked."""
    console.print(head, style="bold")
    for one in situation:
        _item(console, f"{one['title'].capitalize()}: {one['value']}{' (new)' if one['new'] else ''}")


def print_record(console: Console, record: Sequence[Plain]) -> None:
    """Print what has happened, in order."""
    for one in record:
        marks = [
            mark for mark, there in (("secret", one["secret"]), ("time was over", one["by"] == "deadline")) if there
        ]
        _item(console, f"{one['date']}  {one['sentence']}{''.join(f' ({mark})' for mark in marks)}")
    if not record:
        _item(console, "Nothing yet.")


def print_advice(console: Console, options: Sequence[Plain]) -> None:
    """Print the forecast after each option, against holding."""
    if not any(one["advice"] for one in options):
        console.print("There is no forecast here: others have chosen at the same time, and it would tell what.")
        return
    table = new_table()
    table.add_column("option", no_wrap=True)
    table.add_column("solved player", justify="right", no_wrap=True)
    table.add_column("where it leads (against holding)")
    for one in options:
        advice = one["advice"]
        if advice is None:
            table.add_row(one["title"], "", "no forecast")
            continue
        if advice["shifts"]:
            leads = "; ".join(advice["shifts"])
        elif one["option"] == "hold":
            likeliest = sorted(advice["odds"].items(), key=lambda two: -two[1])[:3]
            leads = "; ".join(f"{name} {percent(p)}" for name, p in likeliest)
        else:
            leads = "hardly differs from holding"
        table.add_row(one["title"], percent(advice["solved"]), leads)
    console.print(table)


def print_debrief(console: Console, told: Plain) -> None:
    """Print the debrief of a game that is over; `told` is what `blocs.web.play.debrief.debrief` returns."""
    console.print("\nThe end", style="bold")
    really = f" It really ended with: {told['history_outcome']}." if told["history_outcome"] else ""
    console.print(f"It ended with: {told['outcome']}.{really}")
    left = told["departure"]
    if left is not None:
        who = f" ({left['actor']}, {left['stage']})" if "actor" in left else ""
        console.print(
            f"Play left history in {left['date']}{who}: it was played {left['played'].lower()}, "
            f"and really {left['really'].lower()}."
        )
    elif told["real"]:
        console.print("Play never left history.")
    turning = told["turning"]
    if turning is not None and turning["shifts"]:
        what = f"{turning['title'].lower()} in {turning['date']}"
        console.print(f"What moved the odds most: {what}: {'; '.join(turning['shifts'])}.")
    if told["likeness"] is not None:
        console.print(
            f"The solved player would have chosen as you did {percent(told['likeness'])} of the time (geometric mean)."
        )
    weighty = sorted(told["decisions"], key=lambda one: -one["size"])[:MOST_DECISIONS]
    if weighty:
        _decisions(console, sorted(weighty, key=lambda one: one["place"]), len(told["decisions"]), told["held"])
    if told["secrets"]:
        console.print("What was secret", style="bold")
        for one in told["secrets"]:
            _item(console, f"{one['date']}  {one['sentence']}")
    if told["real"]:
        console.print("What was really done", style="bold")
        for one in told["real"]:
            source = f" [{', '.join(one['source'])}]" if one["source"] else " [assumed]"
            _item(console, f"{one['date']}  {one['event']}{source}")


def _decisions(console: Console, decisions: Sequence[Plain], count: int, held: int) -> None:
    table = new_table()
    for head in ("date", "you chose"):
        table.add_column(head, no_wrap=True)
    table.add_column("solved player", justify="right", no_wrap=True)
    table.add_column("likeliest for it", no_wrap=True)
    table.add_column("what it did to the odds")
    for one in decisions:
        result = f" ({words(one['result'])})" if one["result"] else ""
        likeliest = f"{one['likeliest_title']}, {percent(one['likeliest_share'])}"
        did = "; ".join(one["shifts"]) or "hardly anything"
        table.add_row(one["date"], one["title"] + result, percent(one["solved"]), likeliest, did)
    shown = f"the {len(decisions)} weightiest of {count}" if len(decisions) < count else f"{count}"
    waited = f"; you also waited {held} time{'s' if held != 1 else ''}" if held else ""
    console.print(f"Your decisions ({shown}{waited})", style="bold")
    console.print(table)


def _item(console: Console, text: str, indent: int = 2, style: str = "") -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))
