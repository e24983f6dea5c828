"use strict";
// Filters, the switch of the heat map, and opening what a link leads into. All is legible without.
for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;

// A night that is never published leaves the page of the night before: it must not pass for new.
const stale = document.querySelector(".stale");
const hours = (Date.now() - Date.parse(stale.dataset.written)) / 3.6e6;
if (hours > 36) {
  stale.querySelector("b").textContent = hours < 96 ? `${Math.round(hours)} hours` : `${Math.round(hours / 24)} days`;
  stale.hidden = false;
}

const folds = new Map();
for (const table of document.querySelectorAll("table[data-fold]")) {
  const rows = [...table.tBodies[0].rows];
  const most = Number(table.dataset.fold);
  if (rows.length <= most + 2) continue;
  const button = document.createElement("button");
  button.className = "fold";
  button.type = "button";
  button.textContent = `Show all ${rows.length}`;
  table.parentElement.after(button);
  const fold = (isFolded) => {
    rows.forEach((row, index) => { row.hidden = isFolded && index >= most; });
    button.hidden = !isFolded;
  };
  button.addEventListener("click", () => { fold(false); folds.delete(table); rows[most].cells[0].setAttribute("tabindex", "-1"); rows[most].cells[0].focus(); });
  folds.set(table, fold);
  fold(true);
}

for (const tools of document.querySelectorAll(".tools[data-for]")) {
  const table = document.getElementById(tools.dataset.for);
  const rows = [...table.tBodies[0].rows];
  const status = tools.querySelector("[role=status]");
  tools.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    folds.get(table)?.(!wanted);
    let shown = 0;
    for (const row of rows) {
      if (wanted) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      else if (!folds.has(table)) row.hidden = false;
      shown += !row.hidden;
    }
    status.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
}

const lens = document.getElementById("lens");
if (lens) {
  const cells = JSON.parse(document.getElementById("cells").textContent);
  const strips = [...document.querySelectorAll(".strip")].map((svg) => {
    const watch = svg.querySelector(".watch");
    const fault = svg.querySelector(".fault");
    return { svg, watch, fault, all: [watch.getAttribute("d"), fault.getAttribute("d"), svg.getAttribute("aria-label")] };
  });
  lens.addEventListener("change", () => {
    const chosen = Number(lens.value);
    strips.forEach((strip, site) => {
      let [watch, fault, label] = strip.all;
      if (chosen >= 0) {
        const paths = ["", "", ""];
        let nights = 0;
        for (const [what, level, first, count] of cells[site]) {
          if (what !== chosen) continue;
          paths[level] += `M${first} .5h${count}`;
          nights += count;
        }
        [, watch, fault] = paths;
        label = `${nights} nights out of the ordinary by ${lens.selectedOptions[0].text}`;
      }
      strip.watch.setAttribute("d", watch);
      strip.fault.setAttribute("d", fault);
      strip.svg.setAttribute("aria-label", label);
    });
  });
}

const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.closest("details")?.setAttribute("open", "");
};
addEventListener("hashchange", open);
open();
