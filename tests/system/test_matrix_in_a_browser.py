"""The page of a matrix in a real browser, where there is one."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

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
_LOOKING: Final = """
<script>
const shown = each => each.getClientRects().length > 0;
const all = selector => [...document.querySelectorAll(selector)];
const seen = () => ({
  vi: all('main [lang=vi]').filter(shown).length,
  en: all('main [lang=en]').filter(shown).length,
  open: all('.role > .body').filter(shown).length,
  sections: all('.role').length,
  choices: all('body > input').filter(shown).length,
  rights: all('.rights').filter(shown).length,
  running: all('.running').filter(shown).length,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cut: all('.rights td, .rights th, dd').filter(each => each.scrollWidth > each.clientWidth + 1).length,
});
const pick = id => document.getElementById(id).click();
const style = document.querySelector('style');
const look = text => {
  style.textContent = text;
  all('input').forEach(each => { each.checked = each.defaultChecked; });
  location.hash = '';
  const told = {first: seen()};
  pick(document.getElementById('in-vi').checked ? 'in-en' : 'in-vi'); told.other = seen();
  pick('open-all'); told.all = seen(); pick('open-all');
  location.hash = document.querySelector('.index a').getAttribute('href'); told.followed = seen();
  location.hash = ''; document.querySelector('.open').click(); told.opened = seen();
  for (const rule of style.sheet.cssRules)
    if (rule instanceof CSSMediaRule && rule.media.mediaText === 'print') rule.media.mediaText = 'all';
  told.printed = seen();
  pick('print-open'); told.printed_open = all('.role').filter(shown).length;
  return told;
};
const right = style.textContent;
const found = [right, ...TWINS.map(([rule, by]) => right.replace(rule, by))].map(look);
look(right);
document.documentElement.dataset.told = JSON.stringify(found);
</script>
"""
"""Does what a reader does, and notes what is seen. The page itself holds no script: this stands in a copy."""

_TWINS: Final = {
    "not one language": ("#in-vi:checked ~ * [lang=en], ", ""),
    "first: open": (".body { display: none; }", ""),
    "followed: open 0": (".fold:target > .body, ", ""),
    "printed: open": (".body { display: block; } section.fold", "section.fold"),
    "wider than the screen": (".rights, ", ".rights { width: 3000px; } .wide { overflow: visible; } "),
    "more is printed": ("body:has(#print-open:checked)", "body:has(#nothing)"),
    "choices are printed": ("body > input, ", ""),
    "a table goes on without its name": (".running { display: table-row; }", ""),
    "named twice on the screen": (".running { display: none; }", ""),
}
"""What is complained of when a rule that the page lives by has something else in its place."""


class _Seen(HTMLParser):
    """Notes the language, the headings of tables, scripts, names and links, and what would be loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lang = self.told = ""
        self.tables = self.heads = self.scripts = 0
        self.scopes: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "html":
            self.lang, self.told = named.get("lang") or "", named.get("data-told") or ""
        self.tables += tag == "table"
        self.heads += tag == "thead"
        self.scripts += tag == "script"
        if tag == "th":
            self.scopes.append(named.get("scope") or "")
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.links += [value[1:] for key, value in attrs if key == "href" and value and value.startswith("#")]
        self.links += [value for key, value in attrs if key in {"for", "aria-labelledby"} and value]
        self.loaded += [value for key, value in attrs if key == "src" and value]
        self.loaded += [value for key, value in attrs if key == "href" and value and not value.startswith("#")]


@cache
def _page(lang: str) -> str:
    folder = str(POLICIES / "kidsonline")
    words = ["--role", "teacher", "--role", "third_party", "--category", "child_data"]
    result = CliRunner().invoke(main, ["matrix", folder, *words, "--format", "html", "--lang", lang])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module", params=["vi", "en"])
def page(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a language and the page that is opened in it."""
    return request.param, _page(request.param)


def test_the_page_is_accessible_and_holds_no_script(page: tuple[str, str]) -> None:
    """It says its language, every heading of a table says of what, and nothing is loaded or run."""
    lang, text = page
    seen = _Seen(text)

    assert (seen.lang, seen.scripts, seen.loaded) == (lang, 0, [])
    assert seen.tables == seen.heads > 1
    assert set(seen.scopes) == {"col", "row", "rowgroup"}
    assert text.count('class="wide" tabindex="0" role="region" aria-labelledby=') == seen.tables
    assert not any(reaching in text for reaching in ("url(", "@import", "http://", "https://"))


def test_every_link_leads_somewhere_and_every_name_is_of_one_thing(page: tuple[str, str]) -> None:
    """Deny rules, sentences and sections are written once and referred to."""
    seen = _Seen(page[1])
    assert len(seen.ids) == len(set(seen.ids))
    assert {"D1", "KIDS-1.1", "overview"} <= set(seen.links) <= set(seen.ids)


def test_both_languages_are_on_one_page(page: tuple[str, str]) -> None:
    """Also the conditions and the sentences; it differs from that of the other language in what is opened first."""
    lang, text = page
    assert text.count('<span lang="vi">') == text.count('<span lang="en">') > 100
    other = _page("en" if lang == "vi" else "vi")
    assert text.partition("<main>")[2] == other.partition("<main>")[2]


def test_the_page_is_the_same_for_the_same_policy() -> None:
    """Nothing in it depends on when or where it is made."""
    assert _page.__wrapped__("en") == _page("en")


# --- In a browser -----------------------------------------------------------------------------------------------------


def _complaints(told: Mapping[str, Any], lang: str) -> list[str]:
    """Return what is wrong with what is seen of a page that is opened in *lang*."""
    other = "en" if lang == "vi" else "vi"
    everything = told["first"]["sections"]
    looked = {name: seen for name, seen in told.items() if isinstance(seen, dict)}
    wrong = [f"{name}: the page is wider than the screen" for name, seen in looked.items() if seen["overflow"] > 0]
    wrong += [f"{name}: a cell is cut" for name, seen in looked.items() if seen["cut"]]
    wrong += [
        f"{name}: not one language"
        for name, seen in looked.items()
        if bool(seen[lang]) is not (name == "first") or bool(seen[other]) is (name == "first")
    ]
    wanted = {"first": 0, "other": 0, "all": everything, "followed": 1, "opened": 1, "printed": everything}
    opened = {name: looked[name]["open"] for name in wanted}
    wrong += [f"{name}: open {opened[name]}" for name, number in wanted.items() if opened[name] != number]
    wrong += ["choices are printed"] if looked["printed"]["choices"] or not looked["first"]["choices"] else []
    running = {name: seen["running"] for name, seen in looked.items() if name != "printed"}
    wrong += ["named twice on the screen"] if any(running.values()) else []
    printed = looked["printed"]
    wrong += ["a table goes on without its name"] if not printed["running"] == printed["rights"] > 0 else []
    return wrong + (["more is printed than is open"] if told["printed_open"] != 1 else [])


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("lang", "width"), [("vi", 1400), ("en", 500)])
def test_a_reader_picks_a_language_opens_sections_and_prints(lang: str, width: int, tmp_path: Path) -> None:
    """One language is seen, on the screen and in print; a link opens its section; print holds all, or what is open.

    A twin of each rule that the page lives by is caught by the same look.
    """
    file, printed, shot = tmp_path / "page.html", tmp_path / "page.pdf", tmp_path / "page.png"
    looking = _LOOKING.replace("TWINS", json.dumps(list(_TWINS.values())))
    file.write_text(_page(lang).replace("</main>", f"</main>{looking}"), "utf-8")
    outputs = ["--dump-dom", f"--print-to-pdf={printed}", f"--screenshot={shot}"]
    profile = f"--user-data-dir={tmp_path / 'empty'}"
    browser = [str(CHROMIUM), *_QUIET, profile, f"--window-size={width},900", *outputs, file.as_uri()]
    shown = subprocess.run(browser, capture_output=True, text=True, timeout=60, check=True).stdout

    right, *twins = json.loads(_Seen(shown).told)
    assert right["first"]["sections"] > 1
    assert _complaints(right, lang) == []
    for complaint, told in zip(_TWINS, twins, strict=True):
        assert any(complaint in each for each in _complaints(told, lang))
    assert printed.read_bytes().startswith(b"%PDF-")
    assert shot.read_bytes().startswith(b"\x89PNG")
