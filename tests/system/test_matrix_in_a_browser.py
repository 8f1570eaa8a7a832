"""The page of a matrix in a real browser, where there is one."""

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from pdp.cli import main
from tests.builders import POLICIES

CHROMIUM: Final = shutil.which("chromium")
_QUIET: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class _Seen(HTMLParser):
    """Notes the language, the headings of tables, scripts and what would be loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lang = ""
        self.tables = self.heads = self.scripts = 0
        self.scopes: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.lang = named.get("lang") or self.lang
        self.tables += tag == "table"
        self.heads += tag == "thead"
        self.scripts += tag == "script"
        if tag == "th":
            self.scopes.append(named.get("scope") or "")
        self.loaded += [value for key, value in attrs if key == "src" and value]
        self.loaded += [value for key, value in attrs if key == "href" and value and not value.startswith("#")]


def _page(lang: str) -> str:
    folder = str(POLICIES / "kidsonline")
    words = ["--role", "teacher", "--category", "child_data"]
    result = CliRunner().invoke(main, ["matrix", folder, *words, "--format", "html", "--lang", lang])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module", params=["vi", "en"])
def page(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a language and the page in it."""
    return request.param, _page(request.param)


def test_the_page_is_accessible_and_holds_no_script(page: tuple[str, str]) -> None:
    """It says its language, every heading of a table says of what, and nothing is loaded or run."""
    lang, text = page
    seen = _Seen(text)

    assert (seen.lang, seen.scripts, seen.loaded) == (lang, 0, [])
    assert seen.tables == seen.heads > 1
    assert set(seen.scopes) == {"col", "row"}
    assert text.count('class="wide" tabindex="0" role="region" aria-label=') == seen.tables
    assert not any(reaching in text for reaching in ("url(", "@import", "http://", "https://"))


def test_the_page_is_the_same_for_the_same_policy(page: tuple[str, str]) -> None:
    """Nothing in it depends on when or where it is made."""
    assert _page(page[0]) == page[1]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_shows_and_prints_the_page(page: tuple[str, str], tmp_path: Path) -> None:
    """What a browser makes of it holds the answers in that language, and it can be printed and seen."""
    lang, text = page
    file, printed, shot = tmp_path / "page.html", tmp_path / "page.pdf", tmp_path / "page.png"
    file.write_text(text, "utf-8")
    browser = [str(CHROMIUM), *_QUIET, f"--user-data-dir={tmp_path / 'empty'}"]

    shown = subprocess.run(
        [*browser, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    for output in (f"--print-to-pdf={printed}", f"--screenshot={shot}"):
        subprocess.run([*browser, output, file.as_uri()], capture_output=True, timeout=60, check=True)

    assert ("được phép nếu" if lang == "vi" else "allowed if") in shown.stdout
    assert _Seen(shown.stdout).scopes == _Seen(text).scopes
    assert printed.read_bytes().startswith(b"%PDF-")
    assert shot.read_bytes().startswith(b"\x89PNG")
