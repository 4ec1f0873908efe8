# SPDX-License-Identifier: Apache-2.0
"""Style and script of the page that compares two releases; both are part of the page."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --text: #1c2430; --faint: #5b6675; --line: #d9dee5;
  --link: #0b57c2; --row: #f0f3f7; --field: #fff;
  --red: #b3161b; --red-back: #fde8e8; --orange: #964400; --orange-back: #fdeedd;
  --yellow: #6f5600; --yellow-back: #faf1c8; --green: #14662f; --green-back: #def3e4;
  --blue: #0b4fae; --blue-back: #e1edfc; --grey: #4b5563; --grey-back: #e7eaee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12161c; --card: #1a2029; --text: #e4e8ee; --faint: #9aa6b5; --line: #303947;
    --link: #7fb2ff; --row: #212936; --field: #12161c;
    --red: #ffa3a3; --red-back: #4a1a1d; --orange: #ffb877; --orange-back: #482b10;
    --yellow: #f1d66b; --yellow-back: #3e3510; --green: #86dca0; --green-back: #163a22;
    --blue: #9cc4ff; --blue-back: #17325a; --grey: #b9c2ce; --grey-back: #2e3642;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
h1 { margin: 0 0 4px; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 19px; }
h2 small { color: var(--faint); font-weight: 400; font-size: 14px; margin-left: 6px; }
p { margin: 4px 0; overflow-wrap: anywhere; }
a { color: var(--link); }
.faint, footer { color: var(--faint); }
code, .version { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code, .version, td { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(145px, 1fr)); gap: 12px; margin: 20px 0; }
.tile {
  display: block; padding: 12px 14px; background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; color: inherit; text-decoration: none;
}
a.tile:hover { border-color: var(--link); }
.tile b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { display: block; font-weight: 600; }
.tile small { display: block; color: var(--faint); line-height: 1.45; }
.bar {
  position: sticky; top: 0; z-index: 1; background: var(--back); padding: 10px 0;
  border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 8px; align-items: center;
}
.bar input { flex: 1 1 240px; min-width: 0; }
.bar input, .bar select, .bar button {
  font: inherit; color: inherit; background: var(--field); border: 1px solid var(--line);
  border-radius: 8px; padding: 7px 10px; max-width: 100%;
}
.bar button { cursor: pointer; background: var(--card); }
.bar button:hover { border-color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
#status { color: var(--faint); flex: 1 0 100%; font-size: 13px; }
section { margin: 26px 0; scroll-margin-top: 110px; }
details, .card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: 10px;
}
details > p, .card > p { padding: 4px 14px 10px; }
summary { padding: 10px 14px; cursor: pointer; border-radius: 10px; overflow-wrap: anywhere; }
summary:hover { background: var(--row); }
summary b { margin-right: 8px; }
summary .faint { font-size: 13px; display: block; padding-left: 17px; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px; }
th { color: var(--faint); font-size: 13px; font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr + tr td { border-top: 1px solid var(--line); }
tbody tr:hover { background: var(--row); }
th.change { width: 136px; }
th.versions { width: 27%; }
.advisory-name { width: 26%; }
td a { white-space: nowrap; font-size: 13.5px; text-decoration-color: var(--line); }
td small { color: var(--faint); display: block; }
.badge {
  display: inline-block; padding: 0 8px; border-radius: 999px; font-size: 12.5px; line-height: 20px;
  font-weight: 600; white-space: nowrap; margin-right: 4px;
}
.critical, .removed, .failed { color: var(--red); background: var(--red-back); }
.important, .downgraded { color: var(--orange); background: var(--orange-back); }
.moderate, .changed, .moved { color: var(--yellow); background: var(--yellow-back); }
.low, .upgraded { color: var(--blue); background: var(--blue-back); }
.added { color: var(--green); background: var(--green-back); }
.unspecified, .other { color: var(--grey); background: var(--grey-back); }
footer { padding-top: 10px; padding-bottom: 40px; font-size: 13px; }
@media (max-width: 720px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  h1 { font-size: 21px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tile b { font-size: 22px; }
  .bar { position: static; }
  section { scroll-margin-top: 8px; }
  .stacked thead { display: none; }
  .stacked, .stacked tbody, .stacked tr, .stacked td { display: block; width: 100%; }
  .stacked tr { padding: 8px 0; }
  .stacked tbody tr + tr { border-top: 1px solid var(--line); }
  .stacked tbody tr + tr td { border-top: 0; }
  .stacked td { padding: 1px 14px; }
  .stacked td:empty { display: none; }
  .stacked td[data-label]::before { content: attr(data-label) ": "; color: var(--faint); font-size: 13px; }
}
@media print {
  .bar { display: none; }
  body { background: #fff; }
}
"""

# The address keeps the search, so that a link to it can be shared: #search=kernel&change=removed.
SCRIPT = """
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const search = find("search"), change = find("change"), status = find("status");
  const groups = all("details.group");
  const inside = new Map(groups.map((group) => [group, all("tr[data-change]", group)]));
  const before = new Map();
  const textOf = (node) => node.textContent.toLowerCase();
  const rows = all("[data-change]").map((node) => {
    const group = node.closest("details.group");
    const context = group && group !== node ? " " + textOf(group.querySelector("summary b")) : "";
    const own = group === node ? node.querySelector("summary") : node;
    return {node, changes: node.dataset.change.split(" "), text: textOf(own) + context};
  });
  const entries = rows.filter((row) => row.node.tagName === "TR").length;

  function apply() {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const wanted = change.value;
    const active = words.length > 0 || wanted !== "";
    if (active && !before.size) groups.forEach((group) => before.set(group, group.open));
    let shown = 0;
    for (const row of rows) {
      const visible = (!wanted || row.changes.includes(wanted))
        && words.every((word) => row.text.includes(word));
      row.node.hidden = !visible;
      if (visible && row.node.tagName === "TR") shown += 1;
    }
    for (const group of groups) {
      const inner = inside.get(group);
      const found = inner.some((row) => !row.hidden);
      if (inner.length) group.hidden = active && !found;
      if (active) group.open = found;
    }
    if (!active && before.size) {
      before.forEach((open, group) => { group.open = open; });
      before.clear();
    }
    let any = false;
    for (const section of all("main section[data-filtered]")) {
      const found = all("[data-change]", section).some((node) => !node.hidden);
      section.hidden = active && !found;
      any = any || found;
    }
    find("nothing").hidden = !active || any;
    status.textContent = active ? `${shown.toLocaleString("en")} of ` : "";
    status.textContent += `${entries.toLocaleString("en")} changes and advisories`;
  }

  function keep() {
    const wanted = new URLSearchParams();
    if (search.value) wanted.set("search", search.value);
    if (change.value) wanted.set("change", change.value);
    const address = location.href.split("#")[0];
    const fragment = wanted.toString();
    history.replaceState(null, "", fragment ? `${address}#${fragment}` : address);
  }

  function read() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (location.hash && !wanted.has("search") && !wanted.has("change")) return;
    search.value = wanted.get("search") || "";
    change.value = wanted.get("change") || "";
    if (change.selectedIndex < 0) change.value = "";
    apply();
  }

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { apply(); keep(); }, 120);
  });
  change.addEventListener("change", () => { apply(); keep(); });
  find("expand").addEventListener("click", () => groups.forEach((group) => { group.open = true; }));
  find("collapse").addEventListener("click", () => groups.forEach((group) => { group.open = false; }));
  addEventListener("hashchange", read);
  addEventListener("beforeprint", () => groups.forEach((group) => { group.open = true; }));
  addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) {
      search.value = ""; apply(); keep();
    }
  });
  find("bar").hidden = false;
  apply();
  read();
})();
"""
