"""Why policies go through a strict reader: what PyCasbin itself makes of a broken file."""

from pathlib import Path

import casbin
import pytest

from pdp.core.errors import InvalidPolicyError
from tests.unit.policy_set.small_folder import OPERATOR, build, family_tree, the_files, the_model, with_text

_ALLOW = "p, everybody-may, allow, any, any, personal_data, any, always, KIDS-1.7, nothing"
_DENY = "p, no-sale, deny, any, sell, personal_data, any, always, KIDS-1.13, nothing"
_INTACT = f"{_DENY}\n{_ALLOW}\n"

# Each is the intact file with one slip of the hand; the row that forbids the sale is no more what it was.
_SLIPS = {
    "effect in capitals": _INTACT.replace("deny", "Deny"),
    "effect in other letters": _INTACT.replace("deny", "DENY"),
    "effect half written": _INTACT.replace("deny", "den"),
    "effect left out": _INTACT.replace("deny", ""),
    "effect in quotes": _INTACT.replace("deny", '"deny"'),
    "effect with an invisible character": _INTACT.replace("deny", "de\u00adny"),
    "row type in capitals": _INTACT.replace("p, no-sale", "P, no-sale"),
    "row type that does not exist": _INTACT.replace("p, no-sale", "p3, no-sale"),
    "row type with a blank": _INTACT.replace("p, no-sale", "p no-sale,"),
    "byte order mark": f"\ufeff{_INTACT}",
    "comment behind a word": _INTACT.replace("any, sell", "any, sell # and rent"),
    "word in quotes": _INTACT.replace("any, sell", 'any, "sell"'),
    "word with a letter too few": _INTACT.replace("any, sell", "any, sel"),
    "word in capitals": _INTACT.replace("any, sell", "any, Sell"),
    "two words in one column": _INTACT.replace("any, sell", "any, sell share"),
    "comment that runs on": f"# Nobody sells.\r{_INTACT}",
}


def _casbin_allows_the_sale(folder: Path, policy: str) -> bool:
    (folder / "model.conf").write_text(the_model(), "utf-8")
    (folder / "policy.csv").write_bytes(policy.encode())
    enforcer = casbin.Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
    enforcer.add_function("satisfied", lambda asked, rule, effect: True)
    return bool(enforcer.enforce("operator", "sell", "personal_data", "marketing", None))


def test_the_intact_policy_denies_the_sale(tmp_path: Path) -> None:
    """PyCasbin and the strict reader agree on a file without a slip."""
    served = build(with_text(f"{OPERATOR}/policy.csv", _with_all_that_it_needs(_INTACT)))

    assert not _casbin_allows_the_sale(tmp_path, _INTACT)
    assert served.rules["no-sale"].effect == "deny"


@pytest.mark.parametrize("slip", _SLIPS)
def test_one_slip_makes_casbin_allow_what_the_policy_denies(slip: str, tmp_path: Path) -> None:
    """PyCasbin loads the broken file without a word and allows; the strict reader refuses it."""
    policy = _SLIPS[slip]

    assert _casbin_allows_the_sale(tmp_path, policy)
    if slip == "comment that runs on":  # a line break of an old Mac: read as one, so that the row counts again
        served = build(with_text(f"{OPERATOR}/policy.csv", _with_all_that_it_needs(policy)))
        assert served.rules["no-sale"].effect == "deny"
        return
    with pytest.raises(InvalidPolicyError):
        build(with_text(f"{OPERATOR}/policy.csv", _with_all_that_it_needs(policy)))


def _with_all_that_it_needs(policy: str) -> str:
    """Return *policy* with the grouping rows of the small folder, so that the slip is all that is wrong with it."""
    groups = [line for line in the_files()[f"{OPERATOR}/policy.csv"].decode().splitlines() if "hands_out" in line]
    purposes = [f"g4, {word}, following" for word in ("education", "family_follow_up")]
    groupings = "\n".join(line for line in [*groups, *purposes] if line.startswith("g"))
    return f"{policy}{groupings}\n{family_tree()}"
