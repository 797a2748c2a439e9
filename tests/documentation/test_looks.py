"""The site in a browser: formulas are set, nothing is cut off, wide tables can be read on a phone."""

import functools
import http.server
import re
import threading
from html import unescape

import pytest

from benchmarks.rl.page import learning_curves
from semuq_rl.runs.curves import write_curves
from tests.browser import NEEDED, look, opened, visit

pytest.importorskip("selenium", reason="selenium is not installed")

pytestmark = [*NEEDED, pytest.mark.slow]

CLIPPED = """
const found = [];
for (const svg of document.querySelectorAll(arguments[0])) {
  const frame = svg.getBoundingClientRect();
  for (const part of svg.querySelectorAll("text, polyline, line, rect, circle")) {
    const box = part.getBoundingClientRect();
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
        box.bottom > frame.bottom + 1) found.push(part.outerHTML.slice(0, 200));
  }
}
return found;
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def visit_set(driver, page):
    """Open a page of the site and wait until its formulas and letters stand: before that it has other widths."""
    visit(driver, page)
    driver.execute_async_script(
        """const done = arguments[arguments.length - 1];
        const ready = () => !document.querySelector("[data-tex]") || document.documentElement.dataset.typeset;
        const drawn = () => document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done)));
        const wait = () => (ready() ? drawn() : setTimeout(wait, 20));
        wait();"""
    )


def test_katex_reads_every_formula_of_the_site(driver, address, site):
    visit_set(driver, f"{address}/estimators/KernelLanguageEntropy/")
    written = {tex for path in site.rglob("index.html") for tex in re.findall(r'data-tex="([^"]*)"', path.read_text())}
    wrong = driver.execute_script(
        """return arguments[0].filter(tex => {
            try { katex.renderToString(tex, {throwOnError: true, strict: "error"}); } catch { return true; }
        });""",
        sorted(map(unescape, written)),
    )
    assert wrong == []
    assert len(written) > 200
    shown = "return [document.querySelectorAll('.katex').length, document.querySelectorAll('[data-tex]').length]"
    set_, marked = driver.execute_script(shown)
    assert set_ == marked > 10
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["rl/modulators", "estimators", "estimators/SpectralUncertainty", "metrics"])
def test_no_page_is_wider_than_the_window(driver, address, page, width):
    look(driver, width, 900)
    visit_set(driver, f"{address}/{page}/")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_hundred_columns_of_code_fit_the_page(driver, address):
    cut = """return [...document.querySelectorAll("article pre > code")].filter(
        own => own.scrollWidth > own.clientWidth).length"""
    look(driver, 1280, 900)
    for page in ("index.html", "notebook/"):
        visit_set(driver, f"{address}/{page}")
        assert driver.execute_script(cut) == 0, page


@pytest.mark.parametrize("page", ["rl/modulators", "estimators"])
def test_a_wide_table_fits_the_page_and_is_read_row_by_row_on_a_phone(driver, address, page):
    wide = """return [...document.querySelectorAll(".cards table")].map(
        table => [table.scrollWidth, table.closest(".cards").clientWidth])"""
    for width in (1280, 390):
        look(driver, width, 900)
        visit_set(driver, f"{address}/{page}/")
        sizes = driver.execute_script(wide)
        assert sizes
        assert [own for own in sizes if own[0] > own[1]] == []
    heading = "return getComputedStyle(document.querySelector('.cards tbody td:nth-child(2)'), '::before').content"
    assert driver.execute_script(heading) in ('attr(data-heading) ": "', '"level" ": "', '"level: "', '"in one line: "')


@pytest.mark.parametrize("width", [390, 1280])
def test_the_curves_of_the_experiment_are_not_cut_off(driver, address, width):
    look(driver, width, 900)
    visit_set(driver, f"{address}/rl/experiment/")
    assert driver.execute_script(CLIPPED, "article svg[role=img]") == []
    assert driver.execute_script("return document.querySelectorAll('article svg[role=img]').length") > 0


def test_no_curve_is_cut_off_however_long_its_numbers_and_names(driver, tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text(
        "".join(f'{{"step": {step}, "loss": {-1.234e-05 / (1 + step)}}}\n' for step in range(0, 100_000, 10_000))
    )
    write_curves(log, tmp_path / "curves.html", title="t", facts={}, summary={})
    arms = {
        key: {"0": 0.1, "300": 0.9} for key in ("seed-1", "shuffled-accuracy", "anti-seed", "dr-grpo", "seed-paper")
    }
    (tmp_path / "arms.html").write_text(learning_curves("addition", arms))
    look(driver, 390, 900)
    for name in ("curves.html", "arms.html"):
        visit(driver, (tmp_path / name).as_uri())
        assert driver.execute_script(CLIPPED, "svg") == []
