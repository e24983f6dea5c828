"use strict";
// Filters, the switch of the heat map, and opening what a link leads into. All is legible without.
for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;

for (const tools of document.querySelectorAll(".tools[data-for]")) {
  const rows = [...document.getElementById(tools.dataset.for).tBodies[0].rows];
  const status = tools.querySelector("[role=status]");
  tools.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
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
