"""Codes and keys: what is read out in a class, and what only its holder knows."""

from __future__ import annotations

import hashlib
import re
import secrets

# no letter or digit that is taken for another (0 O, 1 I L, 2 Z, 5 S, 8 B, U V)
LETTERS = "ACDEFGHJKMNPQRTWXY34679"
# 23 letters in 9 places are 1.8e12 codes: with a thousand rooms open and twenty guesses a minute, which is what one
# address may try, a hit is to be expected after 170 years
LENGTH = 9
GROUP = 3
MOST_NAME = 40


def new_code() -> str:
    """Return a new code of a room, as it is stored: without the dashes."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def shown_code(code: str) -> str:
    """Return a code as people read it: ``ACD-EFG-HJK``."""
    return "-".join(code[i : i + GROUP] for i in range(0, len(code), GROUP))


def read_code(text: str) -> str | None:
    """Return a code as stored, from what somebody typed; None where it cannot be one."""
    code = re.sub(r"[\s-]", "", text[:40]).upper()
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None


def new_key() -> str:
    """Return a new key: 128 bits that cannot be guessed."""
    return secrets.token_urlsafe(16)


def digest(key: str) -> str:
    """Return what is stored of a key. Keys are random, so that a plain digest gives nothing away."""
    return hashlib.sha256(key[:200].encode("utf-8")).hexdigest()


def same(key: str, stored: str) -> bool:
    """Compare a key with a digest in a time that tells nothing."""
    return secrets.compare_digest(digest(key), stored)


def clean_name(text: str) -> str:
    """Return a name as it is shown: one line, no control characters, at most forty letters."""
    return clean_text(text, MOST_NAME).replace("\n", " ").strip()


def clean_text(text: str, most: int) -> str:
    """Return plain text without control characters and without marks that turn the direction of writing."""
    kept = "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or letter.isprintable())
    return kept[:most].strip()
