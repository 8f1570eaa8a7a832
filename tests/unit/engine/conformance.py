"""Casbin's own test tables and probes of its edges (tests/data/casbin), as cases for an engine."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casbin.rbac.default_role_manager import RoleManager
from casbin.util import builtin_operators

from pdp.engine import Engine
from tests.comparison.oracle import Answer

DATA: Final = Path(__file__).parents[2] / "data" / "casbin"

_NAMED: Final[Mapping[str, Callable[..., Any]]] = {
    "keyMatch": builtin_operators.key_match_func,
    "keyMatch2": builtin_operators.key_match2_func,
    "keyMatch3": builtin_operators.key_match3_func,
    "regexMatch": builtin_operators.regex_match_func,
    "globMatch": builtin_operators.glob_match_func,
    "timeMatch": builtin_operators.time_match_func,
    "test:fullRegex": lambda value, pattern: re.match(f"^{pattern}$", value) is not None,
    "test:TrueFunc": lambda *given: not given or given[0] in ("_", "true"),
    "test:FalseFunc": lambda *given: bool(given) and given[0] in ("_", "false"),
    "test:keyMatchCustom": lambda value, pattern: (
        value == "/alice_data2/myid/using/res_id"
        and pattern in ("/alice_data/:resource", "/alice_data2/:id/using/:resId")
    ),
}
_NOT_IN_PYCASBIN: Final = "enable_accept_json_request"


@dataclass(frozen=True)
class Group:
    """A model with rows and calls that set an enforcer up, and the requests asked of it."""

    name: str
    model: str
    policy: str | None
    rows: Mapping[str, Sequence[Sequence[str]]]
    setup: Sequence[Sequence[Any]]
    cases: Sequence[Mapping[str, Any]]

    def engine(self, *, lenient: bool = True) -> Engine | None:
        """Return the engine for this group, None when it does not load."""
        calls = [call for call in self.setup if call[0] != _NOT_IN_PYCASBIN]
        functions = {call[1]: _NAMED[call[2]] for call in calls if call[0] == "add_function"}
        others = [call for call in calls if call[0] != "add_function"]
        configure = (lambda enforcer: _configure(enforcer, others)) if others else None
        try:
            if self.policy is not None:
                return Engine.from_text(
                    self.model, self.policy, functions=functions, configure=configure, lenient=lenient
                )
            rows = [(type_, *row) for type_, rows in self.rows.items() for row in rows]
            return Engine.from_rows(self.model, rows, functions=functions, configure=configure, lenient=lenient)
        except ValueError:
            return None


def _configure(enforcer: Any, calls: Sequence[Sequence[Any]]) -> None:
    for name, *arguments in calls:
        if name == "set_role_manager":
            enforcer.set_role_manager(RoleManager(10))
            enforcer.build_role_links()
        else:
            # Only the last argument can be a function; the parameters of a link stay texts.
            is_function = name.startswith("add_")
            given = [*arguments[:-1], _NAMED[arguments[-1]]] if is_function else arguments
            getattr(enforcer, name)(*given)


def groups(file: str) -> list[Group]:
    """Return the groups of *file*, those whose rows are the authority without their text."""
    found = []
    for group in json.loads((DATA / file).read_text("utf-8")):
        from_text = group["policy_text_from"] == "file"
        rows = group["policy_rows"] or {}
        policy = group["policy_text"] if from_text else None
        found.append(Group(group["name"], group["model_text"], policy, rows, group["setup"], group["cases"]))
    return found


def expected(case: Mapping[str, Any]) -> Answer:
    """Return what PyCasbin answers to *case*, in the form in which answers are compared."""
    replayed = "pycasbin_result" in case
    error = case.get("pycasbin_error") if replayed else case.get("expected_error")
    if error:
        return Answer(None, None, "load" if error.startswith("load: ") else error.split(":")[0])
    decision = case["pycasbin_result"] if replayed else case["expected"]
    rule = case["pycasbin_explain"] if replayed else case["explain"]
    return Answer(decision, tuple(rule), None)
