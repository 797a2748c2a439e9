/* Typesets the formulas of a page with the KaTeX that lies beside this site. A page without formulas loads nothing;
   without JavaScript a formula reads as it does in the docstring. */
"use strict";
(function () {
  const folder = new URL("../katex/", document.currentScript.src);

  function typeset(formulas) {
    for (const formula of formulas) {
      try {
        katex.render(formula.dataset.tex, formula, { displayMode: false });
      } catch (error) {
        console.error(formula.dataset.tex, error); // the text stays as it was written
      }
    }
    document.documentElement.dataset.typeset = String(formulas.length);
  }

  function start() {
    const formulas = document.querySelectorAll("[data-tex]");
    if (!formulas.length) return;
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("katex.min.css", folder).href;
    const script = document.createElement("script");
    script.src = new URL("katex.min.js", folder).href;
    script.onload = () => typeset(formulas);
    document.head.append(style, script);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
