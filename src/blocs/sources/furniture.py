"""What on a page is not the document: menus, buttons, forms, notices. Each rule gives the reason for dropping a line.

Rules match whole lines, not words inside them, so that running text is never cut; and every line dropped is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# A line of furniture is short; longer lines are text unless an element of the page says otherwise.
_LONGEST_LINE = 240

_NETWORKS = (
    r"(?:twitter|x|facebook|reddit|tumblr|pinterest|linkedin|whatsapp|telegram|google\+?|google plus|email|e-mail|"
    r"print|pocket|skype|instagram|youtube|mastodon|bluesky|threads|rss|flipboard|mix|vk|tiktok|messenger|wordpress(?:\.com)?)"
)
_COUNT = r"(?:\d{1,6}|no|one|two|three|four|five|six|seven|eight|nine|ten)"

_RULES: dict[str, tuple[str, ...]] = {
    "reply form": (
        r"leave a (?:reply|comment).*", r"(?:post|write|add|submit) (?:a|your)? ?comment",
        r"fill in your details below.*", r"you are commenting using your .*",
        r"(?:twitter|facebook|google|wordpress\.com|gravatar) (?:picture|photo|logo)", r"connecting to %?s.*",
        r"notify me of new (?:comments|posts).*", r"your email address will not be published.*",
        r"(?:required fields are marked.*)", r"(?:name|email|e-mail|website|comment) ?(?:\*|\(required\).*)",
        r"cancel reply", r"email \(address never made public\)", r"enter your comment here.*",
        r"save my name, email.*",
    ),
    "comments": (
        rf"{_COUNT} (?:thoughts?|comments?|responses?|replies|reply) (?:on|to|for) .*", r"comments are closed.*",
        rf"(?:{_COUNT} )?comments?:?(?: \(\d+\))?", r"(?:older|newer) comments.*", r"reply", r"loading comments.*",
    ),
    "log in": (
        r"log ?[io]n", r"log ?out", r"log out ?/ ?change.*", r"sign ?(?:in|up|out)", r"register",
        r"create (?:an )?account", r"my account", r"forgot(?:ten)? (?:your )?password.*",
        r"already have (?:an|a .{1,30}) account\?.*", r"log in (?:to|with) .*", r".*click an icon to log in.*",
    ),
    "share buttons": (
        r"share(?: this)?(?: (?:post|article|page|story))?:?", r"share (?:on|via|to|with) .{1,40}", r"tweet",
        r"pin it", r"click to (?:share|email|print).*", r"(?:follow|like|find|join) (?:us|me) on .{1,60}",
        r"like this:?", r"(?:like )?loading\.{0,3}…?", rf"{_NETWORKS}", rf"{_NETWORKS}(?:[ ,|·•/]+{_NETWORKS})+",
        r"%?d? ?bloggers? likes? this:?.*", r"be the first to like this.*", r"copy link",
        r"send (?:to|by) e-?mail", r"embed", r"report this ad", r"more",
    ),
    "cookie notice": (
        r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies.*",
        r"(?:accept|reject|allow)(?: all)?(?: cookies)?", r"privacy (?:&|and) cookies:.*",
        r"cookie (?:policy|settings|preferences|notice)", r"manage (?:cookies|consent).*",
        r"by continuing to use this (?:web)?site.*", r"close and accept",
        r"to find out more, including how to control cookies.*", r"i agree", r"got it!?",
    ),
    "navigation": (
        r"skip to (?:main )?(?:content|navigation)", r"(?:main |primary )?menu", r"navigation", r"home",
        r"about(?: us)?", r"contact(?: us)?", r"search(?: for)?:?(?: …)?", r"site map", r"sitemap", r"archives?",
        r"categories", r"blogroll", r"(?:post|page) navigation", r"← ?.{0,160}", r".{0,160} ?→",
        r"[«‹<]? ?(?:previous|next|older|newer)(?: (?:posts?|page|article|entr(?:y|ies)|chapter))?(?: ?[»›>])?",
        r"(?:previous|next|older|newer)(?: (?:post|page|article|entry|chapter))?:.{0,160}",
        r"(?:previous|next) (?:post|article|entry) .{0,160}", r"back to (?:top|the top|contents|index).*",
        r"top of (?:the )?page", r"toggle (?:navigation|menu)", r"read (?:more|next).*", r"continue reading.*",
        r"view all.*", r"see also:?", r"table of contents", r"page \d+(?: of \d+)?",
        r"(?:home|start) ?[>»/›|].{0,160}", r"edit(?: this)?", r"jump to .{1,40}", r"expand", r"collapse",
        r"close", r"show more",
    ),
    "related posts": (
        r"related(?: (?:posts?|articles?|stories|content|reading))?:?", r"you (?:may|might) also (?:like|enjoy).*",
        r"recommended(?: for you)?:?", r"more from .{1,60}", r"popular posts?", r"recent (?:posts?|comments?)",
        r"top posts.*", r"trending.*", r'in \".{1,60}\"', r"in “.{1,60}”",
    ),
    "subscription": (
        r"subscribe.*", r"newsletter", r"(?:sign up|register) (?:for|to) .*", r"enter your email.*",
        r"join \d[\d,.]* other .*", r"follow(?:ing)?", r"follow .{1,60} via email", r"get (?:new|every) posts?.*",
        r"unsubscribe.*", r"donate(?: now)?",
    ),
    "advertisement": (
        r"advertise?ments?:?", r"sponsored(?: content| by .{1,60})?", r"ads by .*", r"promoted",
    ),
    "notice": (
        r"(?:copyright )?(?:©|\(c\)).{0,160}", r"copyright (?:\d{4}|by) .{0,160}", r"all rights reserved.*",
        r"(?:proudly )?powered by .{1,80}", r"(?:blog|website|create a .{1,40}) at wordpress\.com.*",
        r"theme: .{1,80}", r"terms (?:of (?:use|service)|and conditions)", r"privacy(?: policy| notice)?",
        r"permalink.*", r"bookmark the permalink.*", r"shortlink", r"disclaimer", r"printer-friendly.*",
        r"print this (?:page|article)", r"design(?:ed)? by .{1,60}", r"javascript (?:is|must be) .*",
        r"please enable javascript.*",
    ),
    "labels of the page": (
        r"(?:tags?|categor(?:y|ies)|topics?|labels|keywords):\s.{1,220}",
        r"(?:tagged(?: as| with)?|filed under|posted in):?\s.{1,220}",
        r"(?:posted|published|updated|last (?:updated|modified)|first published)(?: on| at)?:? .{0,20}\d{1,4}.{0,40}",
        r"\d+ (?:min(?:ute)?s?|m) read", r"\d[\d,.]* (?:views|shares|likes|reads)", r"leave a comment",
        r"uncategorized",
    ),
}  # fmt: skip

# After these lines, once the document has begun, only comments and forms follow.
_TAIL = re.compile(
    rf"leave a (?:reply|comment).*|{_COUNT} (?:thoughts?|comments?|responses?|replies) (?:on|to|for) .*|"
    r"(?:\d+ )?comments|comments are closed.*",
)
# Rules that may drop a whole sentence; the others leave alone what reads like one.
_SENTENCES_TOO = frozenset(("reply form", "log in", "cookie notice", "subscription", "notice"))
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_BULLETS = "•·*|-–>»\u25cf\u25aa "

_CLASSES: dict[str, tuple[str, ...]] = {
    "navigation": (
        r"nav", r"navbar", r"navigation", r"menu", r".*-(?:nav|navigation|menu)", r"nav-(?:menu|links|bar)",
        r"menu-.*", r"breadcrumbs?", r"pagination", r"pager", r"skip-link", r"toc", r"post-navigation",
        r"meta-nav", r"page-links",
    ),
    "share buttons": (
        r"share", r"sharing", r"share-.*", r".*-share", r"sharedaddy", r"sd-.*", r"social", r"social-.*",
        r".*-social", r"addtoany.*", r"a2a.*", r"likes-.*", r"jp-likes.*", r"sharethis.*", r"wpl-.*",
    ),
    "comments": (
        r"comments", r"comments?-(?:area|list|form|respond|section|wrap.*)", r"commentlist", r"respond",
        r"disqus.*", r"reply-form",
    ),
    "related posts": (
        r"related", r"related-.*", r".*-related", r"relatedposts", r"jp-relatedposts.*", r"yarpp.*",
        r"recommended.*", r"more-stories",
    ),
    "cookie notice": (
        r"cookies?", r"cookie-.*", r"cookies-.*", r".*-cookies?", r"gdpr.*", r"consent", r".*-consent",
        r"consent-.*", r"eu_cookie.*",
    ),
    "log in": (
        r"log-?in", r"log-?in-.*", r"sign-?in", r"sign-?in-.*", r"sign-?up.*",
    ),
    "subscription": (
        r"newsletter.*", r"subscribe.*", r"subscription.*", r"follow-.*", r".*-subscribe",
        r"jetpack_subscription.*", r"paywall.*",
    ),
    "advertisement": (
        r"ads?", r"ad-.*", r"advert.*", r"wordads.*", r"wpcnt", r"sponsor.*", r"promo", r"promo-.*", r".*-ad",
    ),
    "page furniture": (
        r"sidebar", r"widget", r"widget-.*", r"widgets", r"popup", r"popup-.*", r"modal", r"modal-.*", r"toolbar",
        r"screen-reader-text", r"visually-hidden", r"sr-only", r"edit-link", r"mw-editsection", r"noprint",
        r"site-footer", r"page-footer", r"footer", r"colophon", r"masthead", r"site-header",
    ),
}  # fmt: skip


def _together(rules: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """Make one pattern for lower-case lines, much faster than one for each reason; its group tells which matched."""
    groups = (f"(?P<{reason.replace(' ', '_')}>(?:{'|'.join(patterns)})\\s*)" for reason, patterns in rules.items())
    return re.compile("|".join(groups))


_LINES = _together(_RULES)
_LINES_THAT_ARE_SENTENCES = _together({reason: _RULES[reason] for reason in sorted(_SENTENCES_TOO)})
_CLASS_NAMES = _together(_CLASSES)


def reason_to_drop(line: str) -> str:
    """Return why a line of text is furniture (``share buttons``, ``navigation`` ...), or an empty string."""
    line = line.strip(_BULLETS) or line
    if len(line) > _LONGEST_LINE:
        return ""
    if _LETTER_OR_DIGIT.search(line) is None:
        return "rule or ornament"
    rules = _LINES_THAT_ARE_SENTENCES if _reads_like_a_sentence(line) else _LINES
    return _reason(rules.fullmatch(line.lower()))


def begins_comments(line: str) -> bool:
    """Tell whether only comments and forms follow this line."""
    if len(line) > _LONGEST_LINE or _reads_like_a_sentence(line):
        return False
    return _TAIL.fullmatch(line.strip(_BULLETS).lower()) is not None


def reason_to_drop_class(names: str) -> str:
    """Return why an element with these classes or this id is furniture, or an empty string."""
    for name in names[:_LONGEST_LINE].lower().split():
        reason = _reason(_CLASS_NAMES.fullmatch(name))
        if reason:
            return reason
    return ""


def _reason(found: re.Match[str] | None) -> str:
    return found.lastgroup.replace("_", " ") if found is not None and found.lastgroup else ""


def _reads_like_a_sentence(line: str) -> bool:
    """Six words and a full stop: shorter ones are mostly notices, such as "Read more ..." or "Accept all."."""
    return line.endswith((".", "!", "?")) and len(line.split()) >= 6
