"""Formulas of docstrings: what is surely one becomes LaTeX, all else stays the text that it is."""

import doctest
import importlib
import re

import pytest

from docs import formulas
from docs.notation import declared, spans
from semuq.estimators import ESTIMATORS
from tests.test_documentation import load

CASES = {
    "W_ij = w(i -> j) + w(j -> i)": r"W_{ij} = w(i \to j) + w(j \to i)",
    "H = -sum_c p_c log p_c": r"H = -\sum_{c} p_{c} \log p_{c}",
    "p_c = sum_{i in c} exp(l_i) / sum_j exp(l_j)": (
        r"p_{c} = \frac{\sum_{i \in c} \exp(l_{i})}{\sum_{j} \exp(l_{j})}"
    ),
    "U = 1 - 2 / (n (n - 1)) sum_{i<j} cos(e_i, e_j)": (r"U = 1 - \frac{2}{n (n - 1)} \sum_{i < j} \cos(e_{i}, e_{j})"),
    "K_SE = (p_c / |c|) 1 1^T": r"K_{\mathrm{SE}} = \frac{p_{c}}{\lvert c\rvert} \mathbf{1} \mathbf{1}^{T}",
    "L = I - D^(-1/2) W D^(-1/2)": r"L = I - D^{-1 / 2} W D^{-1 / 2}",
    "p_(1) - p_(2)": r"p_{(1)} - p_{(2)}",
    "c_(t-1)": r"c_{t - 1}",
    "A'_i = A_i (1 + alpha u)": r"A'_{i} = A_{i} (1 + \alpha u)",
    "S+ <- max(0, S+ + z - k)": r"S^{+} \leftarrow \max(0, S^{+} + z - k)",
    "C_k(h) = {y : f(h)_y <= q_k}": r"C_{k}(h) = \{y : f(h)_{y} \le q_{k}\}",
    "risk(t) = E[1 - a | u <= t]": r"\operatorname{risk}(t) = E[1 - a \mid u \le t]",
    "w_d = c_d / 2 / (1 + e_d)": r"w_{d} = \frac{c_{d}}{2 (1 + e_{d})}",
    "|x_i - y|^2": r"\lvert x_{i} - y\rvert^{2}",
}


@pytest.mark.parametrize(("text", "tex"), CASES.items())
def test_a_formula_is_read(text, tex):
    assert [(span.text, span.tex) for span in spans(text)] == [(text, tex)]


# A fraction under a sum whose index is in the denominator would say something else.
@pytest.mark.parametrize("text", ["sum_m w_m s_m / h_m", "max_i x_i / y_i"])
def test_what_is_not_surely_a_fraction_stays_on_its_line(text):
    (span,) = spans(text)
    assert "frac" not in span.tex
    assert " / " in span.tex


@pytest.mark.parametrize(
    "text",
    [
        "as printed by Kuhn et al.",
        "a policy, I think, of a kind",
        "with 0/1 rewards",
        "the mean of both directions",
        "`token_logprobs` holds it",
        "rouge-l and token-f1",
        "(s - mean) / deviation",
        "factor - 1",
        "question(s)",
    ],
)
def test_words_stay_words(text):
    assert [span for span in spans(text) if span.relates or "frac" in (span.tex or "")] == []
    assert "".join(span.text for span in spans(text)) == text


def test_a_sentence_keeps_its_words_and_gets_its_formulas():
    found = list(spans("U = 1 - max_c p_c, with p_c = |c| / n for n answers, not a share"))
    assert [span.text for span in found if span.tex] == ["U = 1 - max_c p_c", "p_c = |c| / n", "n"]


def test_words_on_the_left_of_an_equation_are_symbols():
    assert declared("total = AU + EU;  intra_m = s") == {"total", "intra"}


@pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_nothing_is_lost_and_every_equation_is_typeset(kind):
    generate = load("generate")
    text = generate.sections(kind)["Formula"]
    names = declared(text) | generate.numbers(kind)
    for line in text.splitlines():
        assert "".join(span.text for span in spans(line, names)) == line
        for cell in re.split(r"(?<![,=\s])\s{2,}(?!=|<-|\s)", line.strip()):
            # What is said in words on the right of a symbol is no formula: "V = the eigenvectors of L".
            if re.match(r"[\w']+(\(\w+\))? += [^a-z]", cell):
                first = next(spans(cell, names))
                assert first.relates, cell


def test_the_page_of_an_estimator_shows_equations_in_columns():
    from semuq import SemanticEntropy

    page = load("generate").page(SemanticEntropy)
    assert '<td class="label">shannon</td><td class="left"><span data-tex="\\displaystyle H">H</span></td>' in page
    assert '<td class="note">mass of cluster <span data-tex="c">c</span>, (clusters,)</td>' in page
    assert "<p>With <code>normalise=False</code> the masses are <span data-tex=" in page


def test_text_in_a_formula_is_escaped():
    assert formulas.inline("p, <script src> & `<i>`") == (
        '<span data-tex="p">p</span>, &lt;script src&gt; &amp; <code>&lt;i&gt;</code>'
    )


@pytest.mark.parametrize("name", ["docs.notation", "docs.docstrings", "docs.formulas", "docs.links"])
def test_examples_of_what_makes_the_pages_run(name):
    tried = doctest.testmod(importlib.import_module(name))
    assert tried.attempted
    assert not tried.failed
