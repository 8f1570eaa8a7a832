"""The queries of the dashboard and of the alerts, as Prometheus can run them."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
DASHBOARD: Final = ROOT / "deploy/grafana/promise-pdp.json"
RULES: Final = ROOT / "deploy/prometheus/promise-pdp.rules.yaml"

_WINDOW: Final = re.compile(r"\[(\d+[smhd])\]( offset \d+d)?")
_BOUND: Final = re.compile(r"^(?P<quantity>.+?)\s(?:<|>|<=|>=)\s-?[\d.]+$", re.DOTALL)


def dashboard() -> Any:
    """Return the dashboard."""
    return json.loads(DASHBOARD.read_text("utf-8"))


def queries_of(board: Any) -> dict[str, str]:
    """Return every query of *board* by its panel, with what Grafana would put in the place of its variables."""
    found = {}
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            said = target["expr"].replace("$__rate_interval", "4s").replace("$job", ".*").replace("$operator", ".*")
            assert "$" not in said, said
            found[f"{panel['title']} {target['refId']}"] = said
    return found


def alerts() -> dict[str, str]:
    """Return the quantity of every alert, without the bound that it is held against, over a window of seconds."""
    found = {}
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            bound = _BOUND.match(rule["expr"].strip())
            assert bound is not None, f"{rule['alert']} has no bound at its end"
            found[rule["alert"]] = _WINDOW.sub(r"[4s]\2", bound["quantity"])
    return found
