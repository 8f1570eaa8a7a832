"""The tables of a run: what they say is what was measured, and a goal that was missed says so."""

from typing import Any

from benchmarks.report import tables
from benchmarks.rounds import over_rounds, ratios


def _figure(*figures: float) -> dict[str, Any]:
    return over_rounds(figures).as_json()


def _engine(microseconds: float, times: float) -> dict[str, Any]:
    answer = {"us": _figure(microseconds), "again_us": _figure(0.5), "questions": 7, "times_ours": _figure(times)}
    return {"load_seconds": 0.1, "allow": answer, "deny": answer}


def _scene(of_echo: float) -> dict[str, Any]:
    server = {
        "request_bytes": 138,
        "answer_bytes": 562,
        "rate": _figure(9000.0, 9100.0, 9200.0),
        "median_us": _figure(80.0),
        "p99_us": _figure(200.0),
        "processor_us": _figure(90.0),
    }
    names = ("echo", "ours", "cerbos", "cerbos with its audit log")
    compared = ("rate_of_cerbos", "rate_of_cerbos_with_audit", "median_of_echo", "median_of_cerbos")
    return {
        "decisions_a_call": 1,
        "ratios": {"rate_of_echo": _figure(of_echo), **{name: _figure(1.4) for name in compared}},
        "servers": dict.fromkeys(names, server),
    }


def _run(of_echo: float = 0.7, slow: float = 1.0) -> dict[str, Any]:
    return {
        "machine": {
            "at": "2026-11-27T20:00:00+00:00",
            "revision": "abc",
            "processor": "some processor",
            "cores": 2,
            "memory_gib": 23.5,
            "system": "Linux",
            "python": "3.11",
            "versions": {"cedarpy": "4"},
        },
        "busy": {"before": 0.1, "after": 1.0},
        "minutes": 8.0,
        "served": {
            "one core": {"no facts": _scene(of_echo), "batch of 50, no facts": _scene(of_echo)},
            "workers": {"no facts": {"more_than_one": _figure(1.7), "rates": {"1": _figure(100), "2": _figure(170)}}},
        },
        "in_process": {
            "rules": {
                "100": {"ours": _engine(1.0, 1.0), "pycasbin": _engine(700.0, 700.0)},
                "10000": {"ours": _engine(slow, 1.0), "pycasbin": _engine(14_000.0, 14_000.0)},
            }
        },
    }


def _verdicts(run: dict[str, Any]) -> dict[str, str]:
    rows = [line.strip("| ").split(" | ") for line in tables(run).splitlines() if line.endswith((" yes |", " no |"))]
    return {row[0]: row[3] for row in rows}


def test_a_goal_that_is_met_says_yes_and_one_that_is_missed_says_no() -> None:
    """The same figures on either side of a bound come to different verdicts."""
    assert _verdicts(_run(of_echo=0.65))["one core, no facts: rate, of the echo's"] == "yes"
    assert _verdicts(_run(of_echo=0.64))["one core, no facts: rate, of the echo's"] == "no"
    assert _verdicts(_run())["batch of 50, no facts: decisions a second, of Cerbos'"] == "no"
    flat = "in process, 100 to 100,000 rules: slowest size, of the fastest"
    assert _verdicts(_run(slow=1.4))[flat] == "yes"
    assert _verdicts(_run(slow=1.6))[flat] == "no"


def test_figures_stand_in_the_tables_with_their_spread() -> None:
    """Median, and the lowest and highest round."""
    content = tables(_run())
    assert "9,100 (9,000–9,200)" in content
    assert "14,000 (14,000–14,000) × (14,000 µs, 7 questions)" in content


def test_what_neither_serving_nor_deciding_explains_is_told() -> None:
    """The processor's time of a server, less the echo's, less the budget of a check."""
    run = _run()
    run["served"]["one core"]["no facts"]["servers"]["ours"] = {
        **run["served"]["one core"]["no facts"]["servers"]["ours"],
        "processor_us": _figure(115.0),
    }
    run["budget"] = {"kinds": {"no facts": {"decision": _figure(8.0), "the whole": _figure(20.0)}}}
    assert "| no facts | 115.0 | 90.0 | 20.0 | 5.0 |" in tables(run)


def test_what_was_not_measured_is_left_out() -> None:
    """A part that did not run has no table, and no goal is called met by it."""
    run = _run()
    del run["in_process"]
    assert "In process" not in tables(run)
    assert "Goals" not in tables(run)


def test_ratios_are_of_rounds_and_not_of_medians() -> None:
    """A round in which the machine was slow for both does not count against either."""
    assert ratios([10.0, 1.0, 10.0], [20.0, 2.0, 20.0]).high == 0.5
