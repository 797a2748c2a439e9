"use strict";
// Sorts, filters and links the questions that stand in this page, and draws their heat maps when they are opened.
// Without it the page can be read all the same. Texts are only ever set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("questions");
  if (!list) return;
  const SVG = "http://www.w3.org/2000/svg";
  const control = (id) => document.getElementById(id);
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const questions = [...list.querySelectorAll("details.q")].map((element, place) => ({
    element, ...data.questions[place],
    shown: element.querySelector(".gauge b span"), fill: element.querySelector(".gauge .fill"),
  }));

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) element[name] = value;
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function draw(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function describe(relation, row, column) {
    const [from, to] = [relation.order[row], relation.order[column]];
    const entailment = relation.entailment[row][column];
    const number = (percent) => (percent / 100).toFixed(2);
    if (row === column) return `Answer ${from} and itself.`;
    if (relation.kind === "equivalence") return `Answers ${from} and ${to}: ${entailment ? "same" : "different"} meaning.`;
    if (relation.kind === "similarity") return `Answers ${from} and ${to}: similarity ${number(entailment)}.`;
    const against = relation.contradiction[row][column];
    const neutral = Math.max(100 - entailment - against, 0);
    return `Answer ${from} → ${to}: entails ${number(entailment)}, neutral ${number(neutral)}, contradicts ${number(against)}.`;
  }

  // The relation as a grid: answers of one cluster are neighbours; arrow keys, mouse and touch read a cell.
  function heatMap(relation) {
    const n = relation.order.length;
    const size = 24;
    const margin = 26;
    const side = margin + n * size;
    const readout = make("p", { className: "readout quiet" }, "Point at a cell, or use the arrow keys.");
    readout.setAttribute("aria-live", "polite");
    const svg = draw("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", tabindex: 0,
      "aria-label": `Heat map of ${n} by ${n} answers, row by column; arrow keys read the cells.` });
    svg.style.maxWidth = `${1.5 * side}px`;
    const cursor = draw("rect", { class: "cursor", width: size, height: size, visibility: "hidden" });
    const at = { row: 0, column: 0 };
    const select = (row, column) => {
      [at.row, at.column] = [row, column];
      cursor.setAttribute("x", margin + column * size);
      cursor.setAttribute("y", margin + row * size);
      cursor.setAttribute("visibility", "visible");
      readout.textContent = describe(relation, row, column);
    };
    const label = (x, y, text, anchor) => {
      const element = draw("text", { x, y, "text-anchor": anchor });
      element.textContent = text;
      svg.append(element);
    };
    for (let row = 0; row < n; row += 1) {
      label(margin - 6, margin + (row + 0.66) * size, relation.order[row], "end");
      label(margin + (row + 0.5) * size, margin - 8, relation.order[row], "middle");
      for (let column = 0; column < n; column += 1) {
        const place = { x: margin + column * size, y: margin + row * size, width: size, height: size };
        const against = relation.kind === "entailment" ? relation.contradiction[row][column] : 0;
        const value = (relation.entailment[row][column] - against) / 100;
        const cell = draw("rect", { ...place, class: "cell" });
        const title = draw("title", {});
        title.textContent = describe(relation, row, column);
        cell.append(title);
        cell.addEventListener("pointerenter", () => select(row, column));
        cell.addEventListener("click", () => select(row, column));
        svg.append(cell);
        if (Math.abs(value) >= 0.01) {
          svg.append(draw("rect", { x: place.x + 0.5, y: place.y + 0.5, width: size - 1, height: size - 1,
            class: `tint ${value > 0 ? "for" : "against"}`, "fill-opacity": Math.abs(value).toFixed(2) }));
        }
      }
    }
    svg.append(cursor);
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    svg.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      select(Math.min(Math.max(at.row + step[0], 0), n - 1), Math.min(Math.max(at.column + step[1], 0), n - 1));
    });
    const meaning = { entailment: "Blue: the row entails the column. Orange: it contradicts it. Grey: neither.",
      equivalence: "Blue: same meaning.", similarity: "The bluer, the more alike." }[relation.kind];
    return make("div", { className: "map" }, svg, readout, make("p", { className: "quiet" }, meaning));
  }

  function relationPart(relation) {
    if (!relation) return make("p", { className: "quiet" }, "The scores were written without their matrices.");
    if (relation.tooLarge) return make("p", { className: "quiet" }, `Drawn for up to ${data.heatMapLimit} answers; this question has more.`);
    return heatMap(relation);
  }

  // A heat map is drawn when its question is first opened.
  function opened(question) {
    const place = question.element.querySelector(".relation");
    if (place.children.length === 1) place.append(relationPart(question.relation));
  }

  const current = () => (control("estimator") ? Number(control("estimator").value) : 0);

  function gauge(question) {
    const { low, high } = data.estimators[current()];
    const score = question.scores[current()];
    const share = score === null ? 0 : (score - low) / (high - low);
    question.shown.textContent = score === null ? "–" : score.toFixed(2);
    question.fill.setAttribute("width", (100 * Math.min(Math.max(share, 0), 1)).toFixed(1));
  }

  function haystack(question) {
    question.text ??= question.element.textContent.toLowerCase();
    return question.text;
  }

  // Equal scores keep the order of the file; questions without this score come last.
  function sorted() {
    const order = control("order").value;
    if (order === "file") return questions;
    const sign = order === "down" ? -1 : 1;
    const index = current();
    return [...questions].sort((a, b) => {
      const [left, right] = [a.scores[index], b.scores[index]];
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * (left - right);
    });
  }

  function arrange() {
    for (const figure of document.querySelectorAll("figure.distribution")) {
      figure.hidden = Number(figure.dataset.estimator) !== current();
    }
    questions.forEach(gauge);
    list.append(...sorted().map((question) => question.element));
  }

  function filter() {
    const words = control("find").value.trim().toLowerCase();
    const graded = control("graded") ? control("graded").value : "all";
    let found = 0;
    for (const question of questions) {
      const fits = (graded === "all" || question.correct === (graded === "right")) && (!words || haystack(question).includes(words));
      question.element.hidden = !fits;
      found += fits;
    }
    control("count").textContent = found === questions.length
      ? "Open a question to see its answers, grouped by meaning."
      : `${found.toLocaleString("en")} of ${counted(questions.length, "question")}`;
  }

  // A link to a question opens it, also where a filter had hidden it.
  function follow() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details.q")) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }

  // On paper every question that is listed is open; heat maps are printed where they were looked at.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = questions.filter((question) => !question.element.open);
    for (const question of closed) question.element.open = true;
  });
  addEventListener("afterprint", () => {
    for (const question of closed) question.element.open = false;
    closed = [];
  });

  for (const question of questions) {
    question.element.addEventListener("toggle", () => {
      if (question.element.open && !closed.includes(question)) opened(question);
    });
  }
  let timer = 0;
  for (const id of ["estimator", "order"]) control(id)?.addEventListener("change", arrange);
  control("graded")?.addEventListener("change", filter);
  control("find").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 120);
  });
  addEventListener("hashchange", follow);
  for (const id of ["toolbar", "choose"]) control(id)?.removeAttribute("hidden");
  arrange();
  filter();
  follow();
})();
