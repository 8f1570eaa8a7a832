"""Shows people what an edit changes."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text as Line

from pdp.analysis.groups import Group
from pdp.analysis.kinds import Kind
from pdp.analysis.telling import TITLES, tell
from pdp.cli.rendering import new_console
from pdp.core.text import Text
from pdp.policy_set import PolicySet

_COLOURS: Final = {
    Kind.NEWLY_ALLOWED: "bold red",
    Kind.NEWLY_DENIED: "bold yellow",
    Kind.OBLIGATIONS: "bold",
    Kind.REASONS: "bold",
}
_NOTHING: Final = Text("Không quyết định nào thay đổi.", "No decision changes.")
_BESIDE: Final = Text("Ngoài các quyết định, còn thay đổi:", "Beside the decisions, these change:")


def render_differences(
    groups: Sequence[Group], beside: Sequence[Text], old: PolicySet, new: PolicySet, lang: str
) -> None:
    """Print every group, what is newly allowed first."""
    console = new_console()
    if not groups:
        console.print(Line(_NOTHING.in_locale(lang)))
    for at, group in enumerate(groups, start=1):
        counted = "quyết định" if lang == "vi" else "decisions"
        number = f"{group.decisions:,}".replace(",", ".") if lang == "vi" else f"{group.decisions:,}"
        title = f"{at}. {TITLES[group.kind].in_locale(lang)}"
        console.print(Line.assemble((title, _COLOURS[group.kind]), f"  {number} {counted}"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for about, said in tell(group, old, new):
            table.add_row(Line(f"   {about.in_locale(lang)}"), Line(said.in_locale(lang)))
        console.print(table)
    if beside:
        console.print(Line(_BESIDE.in_locale(lang), style="bold"))
        for text in beside:
            console.print(Line(f"   {text.in_locale(lang)}"))
