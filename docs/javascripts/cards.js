/* On a phone a wide table inside .cards is read row by row: each cell is told the heading of its column. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".cards table")) {
    const headings = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, column) => (cell.dataset.heading = headings[column]));
    }
    table.dataset.cards = "";
  }
});
