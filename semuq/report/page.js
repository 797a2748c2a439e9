"use strict";
// Draws the list of questions from the data in this file. Texts are only ever set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("questions");
  if (!list) return;
  const PAGE = 50;
  const COLOURS = 8;
  const SVG = "http://www.w3.org/2000/svg";
  const control = (id) => document.getElementById(id);
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

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

  function bar(share) {
    const fill = make("span", { className: "fill" });
    fill.style.width = `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(1)}%`;
    return make("span", { className: "track" }, fill);
  }

  const letter = (index) => (index < 26 ? String.fromCharCode(65 + index) : String(index + 1));
  const cutNote = (cut) => (cut ? make("small", {}, `cut here, ${counted(cut, "more character")}`) : null);

  // One cluster: its mass, and each wording with the numbers of the answers that used it.
  function cluster(item, index, byCount) {
    const items = item.wordings.map(([text, cut, numbers]) =>
      make("li", {},
        make("div", { className: "answer" },
          make("div", { className: "text", dir: "auto" }, text === "" ? make("small", {}, "(empty answer)") : text),
          cutNote(cut)),
        make("div", { className: "numbers", title: "numbers of the answers" },
          numbers.slice(0, 30).map((number) => `#${number}`).join(" ") + (numbers.length > 30 ? " …" : ""))));
    if (item.wordingsCut) items.push(make("li", {}, make("small", {}, `and ${counted(item.wordingsCut, "more wording")}`)));
    const label = byCount ? counted(item.count, "answer") : `mass, ${counted(item.count, "answer")}`;
    const element = make("section", { className: "cluster" },
      make("h4", {}, `${letter(index)}`, bar(item.mass), `${Math.round(100 * item.mass)}%`, make("small", {}, label)),
      make("ul", {}, ...items));
    element.style.setProperty("--c", `var(--c${index % COLOURS})`);
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

  function numbers(question) {
    const rows = data.estimators.map((estimator, index) => {
      const score = question.scores[index];
      return make("tr", {}, make("th", { scope: "row" }, estimator.short),
        make("td", {}, score === null ? "–" : `${score.toFixed(4)} ${estimator.units}`));
    });
    rows.push(make("tr", {}, make("th", { scope: "row" }, "Answers"), make("td", {}, String(question.n))));
    if (question.id) rows.push(make("tr", {}, make("th", { scope: "row" }, "Id"), make("td", { dir: "auto" }, question.id)));
    return make("table", {}, make("tbody", {}, ...rows));
  }

  function detail(question) {
    const clusters = question.clusters.map((item, index) => cluster(item, index, question.counted));
    if (question.clustersCut) clusters.push(make("p", { className: "quiet" }, `and ${counted(question.clustersCut, "more meaning")}`));
    const references = question.references.length
      ? make("section", {}, make("h4", {}, "Reference answers"),
        make("ul", {}, ...question.references.map((text) => make("li", { dir: "auto", className: "text" }, text))))
      : null;
    return make("div", { className: "detail" },
      cutNote(question.prompt[1]),
      make("div", {}, make("h4", {}, counted(question.clusters.length + question.clustersCut, "meaning")), ...clusters),
      make("div", { className: "side" },
        make("section", {}, make("h4", {}, "Answer against answer"), relationPart(question.relation)),
        make("section", {}, make("h4", {}, "Numbers"), numbers(question)),
        references));
  }

  function row(question) {
    const estimator = data.estimators[current()];
    const score = question.scores[current()];
    const share = score === null ? 0 : (score - estimator.low) / (estimator.high - estimator.low);
    const mark = question.correct === null ? null
      : make("span", { className: `mark ${question.correct ? "right" : "wrong"}` }, question.correct ? "✓ right" : "✗ wrong");
    const prompt = question.prompt[0];
    const element = make("details", { className: "q" },
      make("summary", {},
        make("h3", { dir: "auto" }, prompt.trim() || "(empty question)"),
        make("p", { className: "verdict", dir: "auto" }, question.verdict,
          ...question.actions.map((action) => make("span", { className: "action" }, ` ↻ ${action}`))),
        make("div", { className: "gauge" },
          make("b", {}, make("span", {}, score === null ? "–" : score.toFixed(2)), mark), bar(share))));
    element.addEventListener("toggle", () => {
      if (element.open && element.children.length === 1) element.append(detail(question));
    });
    return element;
  }

  const current = () => (control("estimator") ? Number(control("estimator").value) : 0);

  function haystack(question) {
    question.text ??= [question.id, question.prompt[0], question.verdict,
      ...question.clusters.flatMap((item) => item.wordings.map((wording) => wording[0]))].join("\n").toLowerCase();
    return question.text;
  }

  // Equal scores keep the order of the file; questions without this score come last.
  function chosen() {
    const words = control("find").value.trim().toLowerCase();
    const graded = control("graded") ? control("graded").value : "all";
    const order = control("order").value;
    const found = data.questions.filter((question) =>
      (graded === "all" || question.correct === (graded === "right")) && (!words || haystack(question).includes(words)));
    if (order === "file") return found;
    const sign = order === "down" ? -1 : 1;
    const index = current();
    return found.sort((a, b) => {
      const [left, right] = [a.scores[index], b.scores[index]];
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * (left - right);
    });
  }

  let rest = [];
  function more() {
    list.append(...rest.splice(0, PAGE).map(row));
    control("more").hidden = rest.length === 0;
    control("more").textContent = `Show ${Math.min(PAGE, rest.length)} of ${rest.length.toLocaleString("en")} more`;
  }

  function refresh() {
    for (const figure of document.querySelectorAll("figure.distribution")) {
      figure.hidden = Number(figure.dataset.estimator) !== current();
    }
    rest = chosen();
    control("count").textContent = rest.length === data.questions.length
      ? "Open a question to see its answers, grouped by meaning."
      : `${rest.length.toLocaleString("en")} of ${counted(data.questions.length, "question")}`;
    list.replaceChildren();
    more();
  }

  let timer = 0;
  for (const id of ["estimator", "order", "graded"]) control(id)?.addEventListener("change", refresh);
  control("find").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 120);
  });
  control("more").addEventListener("click", more);
  refresh();
})();
