"""Chromium for the tests that look at a page, and how wide it is opened."""

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on the PATH"),
]

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


@contextmanager
def opened(profile):
    """A browser with a profile of its own, which logs what pages say and ask for."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS.split(), f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


def look(driver, width, height, scheme="light"):
    """Open the window this wide, as a phone where it is narrow."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def visit(driver, address):
    """Open a page and wait until all of it is there: `get` now and then returns while the page before still stands."""
    driver.execute_script("window.before = true")
    driver.get(address)
    until(driver, "!window.before && document.readyState === 'complete'")


def until(driver, expression, *arguments):
    """Wait until this is true of the page, for at most half a minute: pages are read and drawn when the machine can."""
    from selenium.common.exceptions import JavascriptException
    from selenium.webdriver.support.ui import WebDriverWait

    # A page that is being left, or read, answers with an error now and then.
    wait = WebDriverWait(driver, 30, poll_frequency=0.05, ignored_exceptions=[JavascriptException])
    wait.until(lambda d: d.execute_script(f"return {expression}", *arguments), expression)
