"""Elements of a page that say the same in both languages; the reader picks the one that is shown."""

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Tree

from pdp.core.text import LOCALES, Text


def element(inside: Tree.Element, tag: str, text: str = "", **attributes: str) -> Tree.Element:
    """Return a new *tag* inside, holding *text* which is the same in every language; `class_` stands for class."""
    found = Tree.SubElement(inside, tag, {name.rstrip("_"): value for name, value in attributes.items()})
    found.text = text
    return found


def say(inside: Tree.Element, text: Text) -> None:
    """Write *text* at the end, once where both languages say the same; what stands in backticks becomes code."""
    if text.vi == text.en:
        _write(inside, text.vi)
        return
    for locale in LOCALES:
        _write(Tree.SubElement(inside, "span", lang=locale), text.in_locale(locale))


def saying(inside: Tree.Element, tag: str, text: Text, **attributes: str) -> Tree.Element:
    """Return a new *tag* inside that says *text*."""
    found = element(inside, tag, **attributes)
    say(found, text)
    return found


def write(inside: Tree.Element, text: str) -> None:
    """Write *text* at the end, as it is."""
    if len(inside):
        inside[-1].tail = (inside[-1].tail or "") + text
    else:
        inside.text = (inside.text or "") + text


def link(inside: Tree.Element, to: str, text: str) -> None:
    """Write *text* as a link to what is called *to* on this page."""
    element(inside, "a", text, href=f"#{to}")


def links(inside: Tree.Element, named: Iterable[tuple[str, str]]) -> None:
    """Write links with commas between them; each is what it leads to, and its text."""
    for at, (to, text) in enumerate(named):
        write(inside, ", " if at else "")
        link(inside, to, text)


def table(
    inside: Tree.Element, kind: str, columns: Sequence[tuple[str, Text]], label: str, running: Text | None = None
) -> Tree.Element:
    """Return a table with a heading; each of *columns* has a class and a name. *label* is the id of what names it.

    *running* stands above it on each printed page that it goes on on, and nowhere else. It is moved sideways by itself,
    with the keyboard too, where it is wider than the screen.
    """
    wide = element(inside, "div", class_="wide", tabindex="0", role="region")
    wide.set("aria-labelledby", label)
    found = element(wide, "table", class_=kind)
    widths = element(found, "colgroup")
    heading = element(found, "thead")
    if running is not None:
        above = element(heading, "tr", class_="running")
        above.set("aria-hidden", "true")
        saying(above, "td", running, colspan=str(len(columns)))
    row = element(heading, "tr")
    for width, name in columns:
        element(widths, "col", class_=width)
        saying(row, "th", name, scope="col")
    return found


def _write(inside: Tree.Element, text: str) -> None:
    for at, part in enumerate(text.split("`")):
        if at % 2:
            element(inside, "code", part)
        elif part:
            write(inside, part)
