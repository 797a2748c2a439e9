"""The built site: every name leads to its page, the search finds what people ask for, nothing comes from elsewhere."""

import json
import re
from html import unescape

import pytest

from docs.links import linked, unlinked
from semuq.estimators import ESTIMATORS

pytestmark = pytest.mark.slow  # the build takes some seconds, and as many again on a busy machine

ASKED_FOR = ("langchain", "async", "significance", "pandas", "vllm", "ray")


def pages(site):
    return {
        path.parent.relative_to(site).as_posix() + "/": path.read_text() for path in sorted(site.rglob("index.html"))
    }


def test_every_estimator_that_a_page_names_is_a_link_to_its_page(site):
    found = pages(site)
    assert len(found) > len(ESTIMATORS)
    assert {url: names for url, html in found.items() if (names := unlinked(html, url))} == {}
    for url, html in found.items():
        for target in re.findall(r'href="([^"]+)" class="estimator"', html):
            assert (site / url / target / "index.html").exists(), (url, target)


def test_names_in_links_headings_of_their_own_page_and_longer_words_are_left_alone():
    page = "<p>CoCoA</p><article><a>CoCoA</a> <svg>CoCoA</svg> MyCoCoA SNNE.py <p>CoCoA &amp; SNNE</p></article>"
    assert linked(page, "../", "estimators/SNNE/") == (
        "<p>CoCoA</p><article><a>CoCoA</a> <svg>CoCoA</svg> MyCoCoA SNNE.py "
        '<p><a href="../estimators/CoCoA/" class="estimator">CoCoA</a> &amp; SNNE</p></article>'
    )


@pytest.mark.parametrize("word", ASKED_FOR)
def test_the_search_finds_what_people_ask_for(site, word):
    documents = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    found = [
        entry["location"]
        for entry in documents
        if re.search(rf"\b{word}\b", re.sub("<[^>]+>", " ", entry["title"] + " " + entry["text"]), re.IGNORECASE)
    ]
    assert found


def test_no_page_asks_another_host_for_anything(site):
    for url, html in pages(site).items():
        loaded = re.findall(r'<(?:script|img|iframe|source)[^>]*\ssrc="([^"]+)"', html)
        loaded += re.findall(r'<link[^>]*rel="(?:stylesheet|icon|preload|preconnect)"[^>]*href="([^"]+)"', html)
        assert [own for own in loaded if re.match(r"(?:https?:)?//", own)] == [], url
    for style in site.rglob("*.css"):
        assert not re.findall(r"url\(['\"]?(?:https?:)?//", style.read_text()), style


def test_examples_of_docstrings_are_shown_as_code(site):
    for url, html in pages(site).items():
        assert "<blockquote>\n<blockquote>\n<blockquote>" not in html, url  # what Markdown makes of >>>
    assert '<span class="gp">&gt;&gt;&gt; </span>' in pages(site)["plot/"]


def test_each_of_several_parameters_that_an_entry_describes_has_its_type_and_its_default(site):
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", pages(site)["plot/"], re.DOTALL)
    words = [re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", row))).strip() for row in rows]
    assert any(row.startswith("bins int") and row.endswith("10") for row in words)
    for url, html in pages(site).items():
        assert not re.search(r"<code>\w+(?:, \w+)+</code>\s*</td>\s*<td>\s*</td>", html), url


def test_only_pages_and_what_they_show_are_published(site):
    assert list(site.glob("*.py")) == []
    assert not (site / "notation").exists()
    assert (site / "katex" / "fonts" / "KaTeX_Main-Regular.woff2").exists()
