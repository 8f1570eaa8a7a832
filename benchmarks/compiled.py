"""How much faster a check is when the modules on its way are compiled by mypyc: `python -m benchmarks.compiled`.

Copies both packages to `.bench/compiled`, compiles MODULES there, and measures checks in process by turns: from the
copy that is compiled and from the source, each in processes of its own. Before that it says how many cases of the
operators come out of the compiled copy as they should: while one fails, the copy is fit for nothing but this. It needs
a C compiler and Python's headers, and some minutes to build; the copy is made anew each time. Nothing else of this
project needs any of it.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.rounds import ratios

_ROOT: Final = Path(__file__).resolve().parents[1]
_BUILT: Final = _ROOT / ".bench" / "compiled"
_ROUNDS: Final = 5
_CHECKS: Final = 2_000

MODULES: Final = (
    "pdp/core/by_identity.py",
    "pdp/core/circumstances.py",
    "pdp/core/role_holding.py",
    "pdp/deciding/decision_ids.py",
    "pdp/deciding/judgement.py",
    "pdp/deciding/judging.py",
    "pdp/deciding/obligations.py",
    "pdp/deciding/reasons.py",
    "pdp/deciding/role_path.py",
    "pdp/deciding/sharing.py",
    "pdp/policy_set/residuals.py",
    "pdp/server/load.py",
    "pdp/wire/outline.py",
    "pdp/wire/plain_requests.py",
    "pdp/wire/response_bytes.py",
    "pdp_adapters/json_decision_log.py",
    "pdp_adapters/record_lines.py",
)
"""What a check runs through most, but for the decision point and its service, which are copied and subclassed."""

_SETTINGS: Final = """[mypy]
strict = True
namespace_packages = True
explicit_package_bases = True
untyped_calls_exclude = pdp.api
[mypy-pdp.api.v1.*]
ignore_errors = True
[mypy-casbin.*,google.rpc.*,jsonschema,re2,simpleeval.*,z3]
ignore_missing_imports = True
"""


def main() -> None:
    """Build, look at every case, measure, and print the ratio."""
    _build()
    cases = _run(_BUILT, "-m", "pdp", "test", str(_ROOT / "policies"), may_fail=True)
    print("cases, compiled:", cases.strip().splitlines()[-1])
    for kind in (0, 1):
        taken: dict[Path, list[float]] = {_ROOT: [], _BUILT: []}
        for _ in range(_ROUNDS):
            for root, found in taken.items():
                found.append(float(_run(root, "-m", "benchmarks.compiled", str(kind)).split()[-1]))
        ratio = ratios(taken[_ROOT], taken[_BUILT])
        plain, compiled = (statistics.median(found) for found in taken.values())
        print(
            f"{('no facts', 'three facts')[kind]}: {ratio.median:.2f} times as fast ({ratio.low:.2f}-{ratio.high:.2f}),"
            f" {compiled:.1f} µs where the source takes {plain:.1f}"
        )


def _build() -> None:
    shutil.rmtree(_BUILT, ignore_errors=True)
    passed_over = shutil.ignore_patterns("__pycache__")
    for package in ("pdp", "adapters/pdp_adapters", "benchmarks"):
        shutil.copytree(_ROOT / package, _BUILT / Path(package).name, ignore=passed_over)
    (_BUILT / "policies").symlink_to(_ROOT / "policies")
    (_BUILT / "mypy.ini").write_text(_SETTINGS, "utf-8")
    _run(_BUILT, "-m", "benchmarks.compiled", "build")


def _run(root: Path, *arguments: str, may_fail: bool = False) -> str:
    """Run Python on *arguments* with the packages under *root*, and return what it printed."""
    paths = [str(root), *([str(root / "adapters")] if root == _ROOT else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run([sys.executable, "-P", *arguments], cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode and not may_fail:
        raise RuntimeError(f"{arguments} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def _compile() -> None:
    """Compile MODULES of the folder that this stands in, in place."""
    from mypyc.build import mypycify  # of a process of its own, as is the next
    from setuptools import Distribution  # type: ignore[import-untyped]
    from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]

    extensions = mypycify(["--config-file", "mypy.ini", *MODULES], opt_level="3", debug_level="0")
    command = build_ext(Distribution({"name": "compiled", "ext_modules": extensions, "packages": []}))
    command.inplace = True
    command.ensure_finalized()
    command.run()


def _check(kind: int) -> None:
    """Print how many microseconds of the processor a check of *kind* takes."""
    import tempfile

    from benchmarks.budget import KINDS, Corridor  # what is imported here is what is measured
    from benchmarks.measuring import undisturbed

    with tempfile.TemporaryDirectory() as folder, undisturbed():
        answer = Corridor(Path(folder) / "records").whole
        bodies = [KINDS[kind].body(number) for number in range(_CHECKS)]
        for _ in range(2):  # the first turn warms up
            start = time.process_time()
            for body in bodies:
                answer(body)
            taken = time.process_time() - start
    print(taken / _CHECKS * 1e6)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "build":
        _compile()
    else:
        _check(int(sys.argv[1]))
