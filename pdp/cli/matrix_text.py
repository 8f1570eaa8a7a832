"""Shows a matrix in the terminal: the overview, and every answer where it is asked for."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from pdp.analysis.boxes import Box
from pdp.analysis.matrix import Permission
from pdp.analysis.sections import Section
from pdp.cli import matrix_words as said
from pdp.cli.rendering import new_console
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

_COLOURS: Final = {Permission.ALLOWED: "bold green", Permission.CONDITIONAL: "bold yellow", Permission.DENIED: "dim"}
_MORE: Final = Text(
    "Điều kiện và câu đã công bố: thêm --role, --category, --action hoặc --purpose; trang để in: --format html",
    "Conditions and sentences: add --role, --category, --action or --purpose; a page to print: --format html",
)
_NOTHING: Final = Text("Không quy tắc nào nói về những điều này: bị từ chối.", "No rule speaks of these: denied.")


def render_matrix(policy: PolicySet, sections: Sequence[Section], lang: str, *, in_detail: bool) -> None:
    """Print the overview of *sections*, and *in_detail* what each says."""
    console = new_console()
    if not sections:
        console.print(Line(_NOTHING.in_locale(lang)))
        return
    _overview(console, policy, sections, lang)
    if not in_detail:
        console.print(Line(_MORE.in_locale(lang), style="dim"))
        return
    for at, section in enumerate(sections):
        roles = said.say_roles(policy, section).in_locale(lang)
        console.print(Line(f"\n{said.letter(at)}. {roles}", style="bold"))
        for part in section.parts:
            _part_table(console, policy, part.regions, said.say_answer(policy, part.entry), part.entry.permission, lang)


def _overview(console: Console, policy: PolicySet, sections: Sequence[Section], lang: str) -> None:
    letters = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    letters.add_column(justify="right", no_wrap=True)
    letters.add_column(overflow="fold")
    for at, section in enumerate(sections):
        letters.add_row(Line(f"{said.letter(at):>2}"), Line(", ".join(section.roles)))
    console.print(letters)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(said.DATA.in_locale(lang), no_wrap=True)
    for at in range(len(sections)):
        table.add_column(said.letter(at), justify="center", no_wrap=True)
    for word in policy.vocabulary.words(WordKind.CATEGORY):
        found = [section.best.get(word, Permission.DENIED) for section in sections]
        if any(word in section.best for section in sections):
            table.add_row(Line(word), *[Line(said.MARKS[each], style=_COLOURS[each]) for each in found])
    console.print(table)
    legend = "   ".join(f"{said.MARKS[each]} {said.MOST[each].in_locale(lang)}" for each in Permission)
    console.print(Line(legend))


def _part_table(
    console: Console,
    policy: PolicySet,
    regions: Sequence[Box],
    answer: Sequence[tuple[Text, tuple[str, ...]]],
    permission: Permission,
    lang: str,
) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for box in regions:
        for label, text in zip((said.DATA, said.DOES, said.PURPOSE), said.say_region(policy, box), strict=True):
            table.add_row(Line(f"   {label.in_locale(lang)}"), Line(text.in_locale(lang)))
    for text, clauses in answer:
        shown = f" [{', '.join(clauses)}]" if clauses else ""
        line = Line(f"{text.in_locale(lang)}{shown}", style=_COLOURS[permission])
        table.add_row(Line(f"   {said.MARKS[permission]}"), line)
    for clause in dict.fromkeys(clause for _, of in answer for clause in of):
        table.add_row(Line(""), Line(f"{clause}: {said.sentence(policy, clause).in_locale(lang)}", style="dim"))
    console.print(table)
