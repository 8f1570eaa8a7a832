"""Shows answers and explanations to people: the decision first, then why, then the rest."""

import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text as Line
from rich.tree import Tree

from pdp.cli.phrases import PHRASES, say_fact
from pdp.core.decision import Cause, ConditionTrace, Decision, Effect, Obligation, Outcome, Reason, RuleTrace
from pdp.core.explanation import Explanation, FactUse, SearchOutcome
from pdp.core.local_time import say_instant
from pdp.core.lookup import Found
from pdp.core.request import Request
from pdp.core.text import LOCALES, Text
from pdp.core.vocabulary import Vocabulary

WIDTH_WITHOUT_TERMINAL: Final = 110

_MARKS: Final = {Outcome.TRUE: ("✓", "green"), Outcome.FALSE: ("✗", "red"), Outcome.UNKNOWN: ("?", "yellow")}


def render_decision(decision: Decision, request: Request, lang: str) -> None:
    """Print an answer: one line that says it, its sentences in both languages, what the caller owes."""
    tree = Tree(_headline(decision, request, lang))
    _add_reasons(tree, decision, lang)
    _add_obligations(tree, decision.obligations, lang)
    new_console().print(tree)


def render_explanation(explanation: Explanation, request: Request | None, vocabulary: Vocabulary, lang: str) -> None:
    """Print an answer with everything that led to it; without *request* its decision is named instead."""
    new_console().print(_explanation_tree(explanation, request, lang))


def explanation_text(explanation: Explanation, request: Request, lang: str) -> str:
    """Return an answer with everything that led to it, as plain text."""
    console = Console(file=io.StringIO(), width=WIDTH_WITHOUT_TERMINAL, highlight=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(_explanation_tree(explanation, request, lang))
    return capture.get()


def _explanation_tree(explanation: Explanation, request: Request | None, lang: str) -> Tree:
    decision = explanation.decision
    tree = Tree(_headline(decision, request, lang))
    if decision.cause is not Cause.RULE:
        _add_rules(tree, PHRASES["nearest"], explanation.nearest, lang)
    _add_reasons(tree, decision, lang)
    deciding = {reason.rule for reason in decision.reasons}
    if decision.cause is Cause.RULE:
        title = PHRASES["matched" if decision.allowed else "denying"]
        _add_rules(tree, title, (trace for trace in explanation.matched if trace.rule in deciding), lang)
        _add_rules(tree, PHRASES["nearest"], explanation.nearest, lang)
    _add_changes(tree, explanation, lang)
    _add_facts(tree, explanation.facts, lang)
    _add_obligations(tree, decision.obligations, lang)
    tree.add(_footer(decision, lang))
    return tree


def render_comparison(answers: Sequence[tuple[str, Explanation | None, tuple[str, ...]]], lang: str) -> None:
    """Print the answers of several operators to one question, one beneath the other."""
    for operator, explanation, problems in answers:
        if explanation is None:
            tree = Tree(Line(f"{operator}: {PHRASES['not_askable'].in_locale(lang)}", style="bold yellow"))
            for problem in problems:
                tree.add(Line(problem))
        else:
            decision = explanation.decision
            label = Line(f"{operator}: ", style="bold")
            label.append(PHRASES["allow" if decision.allowed else "deny"].in_locale(lang))
            tree = Tree(label)
            _add_reasons(tree, decision, lang)
            _add_obligations(tree, decision.obligations, lang)
        new_console().print(tree)


def render_found(found: Found, lang: str) -> None:
    """Print what a look-up found, each match with what it depends on and the sentences that it rests on."""
    for match in found.matches:
        name = PHRASES["everyone"].in_locale(lang) if match.entity is None else str(match.entity)
        label = Line(name, style="bold")
        label.append(f"  {PHRASES[match.certainty.value].in_locale(lang)}", style="not bold default")
        tree = Tree(label)
        _add_conditions(tree, match.conditions, lang, holds_always=False)
        _add_sentences(tree, match.reasons, lang)
        new_console().print(tree)
    closing = PHRASES["complete" if found.matches else "nobody"].in_locale(lang)
    new_console().print(Line(f"{closing}  {PHRASES['revision'].in_locale(lang)} {found.revision[:19]}…", style="dim"))


def render_actions(answers: Sequence[tuple[str, Decision]], lang: str) -> None:
    """Print what may be done, each action with the sentences that allow it, and then what may not."""
    for action, decision in answers:
        if decision.allowed:
            tree = Tree(Line(f"{PHRASES['allow'].in_locale(lang)}  {action}", style="bold"))
            _add_sentences(tree, decision.reasons, lang)
            _add_obligations(tree, decision.obligations, lang)
            new_console().print(tree)
    denied = ", ".join(action for action, decision in answers if not decision.allowed)
    if denied:
        new_console().print(Line(f"{PHRASES['deny'].in_locale(lang)}  {denied}"))


def _add_sentences(tree: Tree, reasons: tuple[Reason, ...], lang: str) -> None:
    for reason in _each_sentence_once(reasons):
        tree.add(Line(reason.clause, style="bold cyan")).add(Line(reason.message.in_locale(lang)))


def new_console() -> Console:
    """Return a console that writes plain text of a fixed width where it does not face a person."""
    on_terminal = sys.stdout.isatty()
    width = (
        shutil.get_terminal_size().columns if on_terminal else int(os.environ.get("COLUMNS", WIDTH_WITHOUT_TERMINAL))
    )
    return Console(file=sys.stdout, width=max(width, 40), highlight=False, emoji=False, markup=False)


def _headline(decision: Decision, request: Request | None, lang: str) -> Line:
    line = Line()
    line.append(
        PHRASES["allow" if decision.allowed else "deny"].in_locale(lang),
        style="bold green" if decision.allowed else "bold red",
    )
    if request is None:
        line.append(f"  `{decision.decision_id}`")
        return line
    resource = request.resource
    about = PHRASES["about"].in_locale(lang)
    whose = f" {about} {resource.data_subject}" if resource.data_subject else ""
    line.append(
        f"  {request.subject} {PHRASES['may' if decision.allowed else 'may_not'].in_locale(lang)} {request.action} "
        f"{resource.type} `{resource.id}`{whose}, {PHRASES['for'].in_locale(lang)} {request.purpose}"
    )
    return line


def _add_reasons(tree: Tree, decision: Decision, lang: str) -> None:
    branch = tree.add(
        Line(PHRASES[decision.cause.value if not decision.allowed else "allowed"].in_locale(lang), style="bold")
    )
    for reason in _each_sentence_once(decision.reasons):
        label = Line(reason.clause or "–", style="bold cyan")
        if reason.rule:
            label.append(
                f"  {PHRASES[_kind_of(reason, decision)].in_locale(lang)} `{reason.rule}`", style="not bold default"
            )
        sentence = branch.add(label)
        for locale in sorted(LOCALES, key=lambda locale: locale != lang):
            sentence.add(Line(reason.message.in_locale(locale), style="default" if locale == lang else "dim"))


def _kind_of(reason: Reason, decision: Decision) -> str:
    """Return the phrase that says what the row of *reason* is to *decision*."""
    if reason.effect is Effect.LINE:
        return "line"
    return "row" if decision.cause is not Cause.UNMET else "lacking"


def _each_sentence_once(reasons: Iterable[Reason]) -> Iterable[Reason]:
    seen: set[tuple[str, Text]] = set()
    for reason in reasons:
        if (reason.clause, reason.message) not in seen:
            seen.add((reason.clause, reason.message))
            yield reason


def _add_rules(tree: Tree, title: Text, traces: Iterable[RuleTrace], lang: str) -> None:
    found = tuple(traces)
    if not found:
        return
    branch = tree.add(Line(title.in_locale(lang), style="bold"))
    for trace in found:
        label = Line(f"{trace.rule}", style="bold")
        place = f"  {trace.file}:{trace.line}" if trace.file else ""
        label.append(f"  {trace.clause}{place}", style="not bold dim")
        rule = branch.add(label)
        _add_conditions(rule, trace.conditions, lang)


def _add_conditions(
    rule: Tree, conditions: tuple[ConditionTrace, ...], lang: str, *, holds_always: bool = True
) -> None:
    """Show what is missing, each thing on a line of its own, and what holds on one line together."""
    for condition in conditions:
        if condition.outcome is not Outcome.TRUE:
            mark, style = _MARKS[condition.outcome]
            line = Line(f"{mark} ", style=style)
            line.append(condition.message.in_locale(lang), style="default")
            rule.add(line)
    held = [condition.message.in_locale(lang) for condition in conditions if condition.outcome is Outcome.TRUE]
    if held:
        mark, style = _MARKS[Outcome.TRUE]
        rule.add(Line.assemble((f"{mark} ", style), ("; ".join(held), "dim")))
    if not conditions and holds_always:
        rule.add(Line(PHRASES["always"].in_locale(lang)))


def _add_changes(tree: Tree, explanation: Explanation, lang: str) -> None:
    """Show what would make a denial an allow, each change with who could bring it about, or that nothing would."""
    if explanation.search is SearchOutcome.NOT_SEARCHED:
        return
    if explanation.search is not SearchOutcome.FOUND:
        branch = tree.add(Line(PHRASES[explanation.search.value].in_locale(lang), style="bold"))
        branch.add(Line(explanation.search_message.in_locale(lang)))
        return
    branch = tree.add(Line(PHRASES["would_allow"].in_locale(lang), style="bold"))
    for number, change in enumerate(explanation.would_allow, start=1):
        line = Line(f"{number}. ", style="bold")
        line.append(change.message.in_locale(lang), style="not bold default")
        if change.by_whom:
            line.append(f"  ({PHRASES['by_whom'].in_locale(lang)}: {change.by_whom})", style="not bold dim")
        branch.add(line)


def _add_facts(tree: Tree, uses: tuple[FactUse, ...], lang: str) -> None:
    if not uses:
        return
    branch = tree.add(Line(PHRASES["facts"].in_locale(lang), style="bold"))
    for use in sorted(uses, key=lambda use: use.counted):
        mark, style = _MARKS[Outcome.TRUE if use.counted else Outcome.FALSE]
        line = Line(f"{mark} ", style=style)
        line.append(say_fact(use.fact).in_locale(lang), style="default" if not use.counted else "dim")
        if use.why_not is not None:
            line.append(f": {use.why_not.in_locale(lang)}", style="default")
        branch.add(line)


def _add_obligations(tree: Tree, obligations: tuple[Obligation, ...], lang: str) -> None:
    if not obligations:
        return
    branch = tree.add(Line(PHRASES["owed"].in_locale(lang), style="bold"))
    for owed in obligations:
        line = Line(owed.id, style="bold yellow")
        when = PHRASES["before" if owed.before else "with"].in_locale(lang)
        parameters = ", ".join(f"{key}={value}" for key, value in owed.parameters.items())
        line.append(f"  {owed.clause}  {when}" + (f"  {parameters}" if parameters else ""), style="not bold dim")
        branch.add(line).add(Line(owed.message.in_locale(lang), style="default"))


def _footer(decision: Decision, lang: str) -> Line:
    until = say_instant(decision.valid_until) if decision.valid_until else PHRASES["no_term"].in_locale(lang)
    return Line(
        f"{PHRASES['revision'].in_locale(lang)} {decision.revision[:19]}…  {PHRASES['until'].in_locale(lang)} {until}",
        style="dim",
    )
