"""The page in a browser: no errors, no requests, nothing hostile runs, sorting and filtering work, phones too."""

import base64
import re
from pathlib import Path

import pytest

from semuq.report import write_report
from tests.browser import NEEDED, look, opened, until, visit
from tests.report.hostile import MARK, graded_questions, hostile_question

selenium = pytest.importorskip("selenium", reason="selenium is not installed")

pytestmark = NEEDED


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report([hostile_question(), *graded_questions(120)], path, title="In a browser")
    return path


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(driver, page):
    look(driver, 1200, 900)
    driver.get_log("browser")
    driver.get_log("performance")
    visit(driver, page.as_uri())
    return driver


def open_all(driver):
    """Open every question and wait until each has drawn its relation, however slow the machine."""
    driver.execute_script('for (const question of document.querySelectorAll("details.q")) question.open = true;')
    until(driver, "[...document.querySelectorAll('details.q .relation')].every(place => place.children.length > 1)")


def shown_scores(driver):
    return driver.execute_script(
        "return [...document.querySelectorAll('details.q:not([hidden]) .gauge b span:first-child')]"
        ".map(e => e.textContent)"
    )


def choose(driver, identifier, value):
    driver.execute_script(
        """const select = document.getElementById(arguments[0]);
        select.value = arguments[1];
        select.dispatchEvent(new Event("change"));""",
        identifier,
        value,
    )


def test_nothing_hostile_runs_nothing_is_requested_and_the_console_is_silent(browser, page):
    open_all(browser)
    assert browser.execute_script("return document.querySelectorAll('.relation .map').length") == 121
    assert browser.execute_script(f"return window.{MARK}") is None
    assert browser.title == "In a browser"
    assert browser.get_log("browser") == []
    requested = re.findall(
        r'"Network.requestWillBeSent".*?"documentURL":"([^"]+)".*?"request":\{.*?"url":"([^"]+)"',
        "\n".join(entry["message"] for entry in browser.get_log("performance")),
    )
    # The log also holds what the browser's own empty tab asked for before, if it was slow to start.
    by_the_page = [url for document, url in requested if not document.startswith("chrome://")]
    assert set(by_the_page) == {page.as_uri()}


def test_hostile_answers_are_shown_as_the_text_they_are(browser):
    choose(browser, "order", "file")
    open_all(browser)
    shown = browser.execute_script(
        "return [...document.querySelector('details.q').querySelectorAll('.text')].map(e => e.textContent)"
    )
    assert f"<script>window.{MARK} = 1</script>" in shown
    assert f'<img src="http://{MARK}.invalid/x.png" onerror="window.{MARK} = 1">' in shown
    assert "null␀byte ␛[31mred \ufffd" in shown
    assert "(empty answer)" in shown
    assert "98,000 more characters" in browser.execute_script("return document.querySelector('details.q').textContent")
    inside = browser.execute_script("return document.querySelectorAll('details.q script, details.q img').length")
    assert inside == 0


def test_questions_are_sorted_by_the_chosen_score_in_the_chosen_direction(browser):
    def scores():
        open_all(browser)
        return [float(text) for text in shown_scores(browser) if text != "–"]

    first = scores()
    assert len(first) == 121
    assert first == sorted(first, reverse=True)
    choose(browser, "order", "up")
    assert scores() == sorted(first)
    choose(browser, "estimator", "2")
    other = scores()
    assert other == sorted(other)
    assert other != sorted(first)
    assert shown_scores(browser)[-1] == "–", "a question without this score comes last"
    visible = browser.execute_script("return [...document.querySelectorAll('figure.distribution')].map(e => e.hidden)")
    assert visible == [True, True, False]


def test_questions_are_found_by_words_and_by_grade(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    browser.find_element(By.ID, "find").send_keys("QUESTION 17?")
    shown = "details.q:not([hidden])"
    WebDriverWait(browser, 10).until(lambda d: len(d.find_elements(By.CSS_SELECTOR, shown)) == 1)
    assert browser.find_element(By.CSS_SELECTOR, f"{shown} h3").text == "Question 17?"
    assert browser.find_element(By.ID, "count").text == "1 of 121 questions"
    browser.find_element(By.ID, "find").clear()
    browser.find_element(By.ID, "find").send_keys(" ")
    WebDriverWait(browser, 10).until(lambda d: len(d.find_elements(By.CSS_SELECTOR, shown)) == 121)
    choose(browser, "graded", "wrong")
    open_all(browser)
    marks = browser.execute_script(f"return [...document.querySelectorAll('{shown} .mark')].map(e => e.textContent)")
    assert marks
    assert set(marks) == {"✗ wrong"}


def test_the_keyboard_opens_a_question_and_reads_its_heat_map(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    summary = browser.find_elements(By.CSS_SELECTOR, "details.q summary")[1]
    summary.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda d: d.find_elements(By.CSS_SELECTOR, ".map svg"))
    svg = browser.find_element(By.CSS_SELECTOR, ".map svg")
    browser.execute_script("arguments[0].focus()", svg)
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    order = browser.execute_script("return [...document.querySelectorAll('.map text')].map(e => Number(e.textContent))")
    readout = browser.find_element(By.CSS_SELECTOR, ".readout").text
    assert readout.startswith(f"Answer {order[0]} → {order[2]}: entails ")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".map .cell")) == 36


def test_a_link_to_a_question_opens_it_whatever_was_filtered(browser, page):
    choose(browser, "graded", "wrong")
    (right,) = browser.execute_script(
        "return [[...document.querySelectorAll('details.q[hidden]')].find(e => e.id === 'q-q7') ? 'q-q7' : "
        "[...document.querySelectorAll('details.q[hidden]')][0].id]"
    )
    browser.get(f"{page.as_uri()}#{right}")
    until(
        browser,
        "(e => e.open && !e.hidden && Math.abs(e.getBoundingClientRect().top) < innerHeight)"
        "(document.getElementById(arguments[0]))",
        right,
    )


def test_on_paper_every_listed_question_is_open_and_afterwards_as_it_was(browser):
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    open_on_paper = browser.execute_script("return document.querySelectorAll('details.q[open]').length")
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert (open_on_paper, browser.execute_script("return document.querySelectorAll('details.q[open]').length")) == (
        121,
        0,
    )


def test_a_printed_report_holds_no_pictures(driver, tmp_path):
    """Shadows and the like become pictures of the size of a page in a PDF: megabytes and minutes for long reports."""
    write_report(graded_questions(3), tmp_path / "few.html")
    visit(driver, (tmp_path / "few.html").as_uri())
    printed = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert printed.startswith(b"%PDF")
    assert not re.search(rb"/Subtype\s*/Image", printed)


def test_without_a_script_every_question_can_be_read(driver, page, tmp_path):
    plain = tmp_path / "plain.html"
    plain.write_text(re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.DOTALL))
    visit(driver, plain.as_uri())
    shown = driver.execute_script(
        "const all = [...document.querySelectorAll('details.q')]; all[3].open = true;"
        "return [all.length, all[3].innerText]"
    )
    assert shown[0] == 121
    assert "answer" in shown[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 800, 1400])
def test_no_width_scrolls_sideways(browser, page, width, scheme):
    look(browser, width, 800, scheme)
    visit(browser, page.as_uri())
    open_all(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser, page, scheme):
    """WCAG AA: a contrast of at least 4.5 for text; computed from the colours the browser reports."""
    look(browser, 1200, 900, scheme)
    visit(browser, page.as_uri())
    open_all(browser)
    selectors = ["h1", ".lead", "#count", "summary h3", ".verdict", ".mark.right", ".mark.wrong", ".text", ".numbers"]
    for selector in [*selectors, "figcaption", ".readout", "footer dt", "select", "td"]:
        ink, ground = browser.execute_script(
            """const element = document.querySelector(arguments[0]);
            const ink = getComputedStyle(element).color;
            let parent = element;
            const clear = "rgba(0, 0, 0, 0)";
            while (getComputedStyle(parent).backgroundColor === clear) parent = parent.parentElement;
            return [ink, getComputedStyle(parent).backgroundColor];""",
            selector,
        )
        assert contrast(ink, ground) >= 4.5, (selector, ink, ground)


def contrast(one, other):
    def luminance(colour):
        channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_an_empty_report_is_a_page_without_errors(driver, tmp_path):
    write_report([], tmp_path / "empty.html")
    driver.get_log("browser")
    visit(driver, Path(tmp_path / "empty.html").as_uri())
    assert "Nothing to show" in driver.execute_script("return document.body.innerText")
    assert driver.get_log("browser") == []
