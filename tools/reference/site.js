// SPDX-License-Identifier: BSL-1.0
// The menu of small screens, and a search through the index that lies beside the pages: no server takes part.
"use strict";

const query = document.getElementById("query");
const found = document.getElementById("found");
const up = document.body.dataset.up;
const most = 24;
const asking = new Set("a an and are can do does for how i in is it of on or the to what when where which".split(" "));

document.getElementById("menu").addEventListener("click", (event) => {
  const open = document.getElementById("contents").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
});
const contents = document.getElementById("contents");
const here = contents.querySelector("[aria-current]");
if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;

// A page's own name counts most, then the beginning of a name, then a part of it, then words of the text. One word in
// three may be missing, as in a question.
function score([title, , kind, text], words) {
  const name = title.toLowerCase();
  const last = name.split("::").pop();
  const body = text.toLowerCase();
  let total = kind === "name" ? 1 : 0;
  let missing = 0;
  for (const word of words) {
    if (name === word || last === word) total += 100;
    else if (last.startsWith(word) || name.startsWith(word)) total += 40;
    else if (name.includes(word)) total += 20;
    else if (body.includes(word)) total += 4 + Math.min(4, body.split(word).length);
    else missing += 1;
  }
  if (missing > Math.floor(words.length / 3)) return 0;
  return total - Math.min(3, name.length / 40);
}

function search(text) {
  const words = text.toLowerCase().replace(/[?,;()]/g, " ").split(/\s+/).filter((word) => word && !asking.has(word))
    .map((word) => (/^\w{4,}s$/.test(word) ? word.slice(0, -1) : word));
  if (!words.length) return [];
  return searchIndex
    .map((entry) => [score(entry, words), entry])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .slice(0, most)
    .map(([, entry]) => [entry, words]);
}

function excerpt(text, words) {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
  const first = places.length ? Math.min(...places) : 0;
  const begin = first < 60 ? 0 : text.indexOf(" ", first - 60) + 1;
  const part = document.createElement("small");
  part.append((begin > 0 ? "… " : "") + text.slice(begin, begin + 160).replace(/\s\S*$/, " …"));
  return part;
}

function show(results) {
  found.replaceChildren(...results.map(([[title, address, , text], words]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const name = document.createElement("b");
    link.href = up + address;
    name.textContent = title;
    link.append(name, excerpt(text, words));
    item.append(link);
    return item;
  }));
  found.hidden = results.length === 0;
}

query.addEventListener("input", () => show(search(query.value)));
query.addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")];
  const at = links.findIndex((link) => link.classList.contains("chosen"));
  if (event.key === "Escape") show([]);
  if (event.key === "Enter" && links.length) links[Math.max(at, 0)].click();
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const next = Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), links.length - 1);
  links[at]?.classList.remove("chosen");
  links[next]?.classList.add("chosen");
  links[next]?.scrollIntoView({ block: "nearest" });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search, #menu")) found.hidden = true;
});
