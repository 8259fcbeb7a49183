// Choosing what a quote speaks of: a search among the plan's commitments beside the select, which works without it.

const select = () => document.querySelector("#annotate select[name=target]");
const field = () => document.getElementById("find-target");
const list = () => document.getElementById("found-targets");
const SHOWN = 8;

const plainly = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\p{M}ـ]/gu, "")
    .replace(/[أإآٱ]/g, "ا")
    .replace(/ى/g, "ي")
    .replace(/ة/g, "ه")
    .toLowerCase();

function take(value) {
  const target = select();
  if (!target || ![...target.options].some((one) => one.value === value)) return;
  target.value = value;
  target.dispatchEvent(new Event("change", { bubbles: true }));
}

// the next of the recent and likely commitments
function takeNext() {
  const quick = (select()?.dataset.quick ?? "").split(" ").filter(Boolean);
  if (quick.length) take(quick[(quick.indexOf(select().value) + 1) % quick.length]);
}

function close() {
  list().hidden = true;
  field().setAttribute("aria-expanded", "false");
  field().removeAttribute("aria-activedescendant");
}

function mark(option) {
  for (const one of list().children) one.setAttribute("aria-selected", String(one === option));
  if (!option) return;
  field().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function show() {
  const words = plainly(field().value).split(/\s+/).filter(Boolean);
  const seen = new Set();
  const found = [];
  for (const option of words.length ? select().options : []) {
    if (seen.has(option.value)) continue;
    seen.add(option.value);
    const text = plainly(option.textContent);
    if (words.every((word) => text.includes(word))) found.push(option);
    if (found.length === SHOWN) break;
  }
  list().replaceChildren(
    ...found.map((option, at) => {
      const line = document.createElement("li");
      line.id = `found-${at}`;
      line.role = "option";
      line.dataset.value = option.value;
      line.textContent = option.textContent;
      return line;
    }),
  );
  if (!found.length) return close();
  list().hidden = false;
  field().setAttribute("aria-expanded", "true");
  mark(list().firstElementChild);
}

function choose(line) {
  take(line.dataset.value);
  field().value = "";
  close();
  field().blur();
  select().focus();
}

document.addEventListener("input", ({ target }) => {
  if (target === field()) show();
});

document.addEventListener("keydown", (event) => {
  if (event.target !== field() || event.isComposing) return;
  const lines = [...list().children];
  const here = lines.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && lines.length) {
    event.preventDefault();
    mark(lines[(here + step + lines.length) % lines.length]);
  } else if (event.key === "Enter") {
    event.preventDefault(); // a search begun must not record the form
    if (lines[here] && !list().hidden) choose(lines[here]);
  } else if (event.key === "Escape") {
    field().value = "";
    close();
    field().blur();
  }
});

document.addEventListener("click", ({ target }) => {
  const line = target.closest?.("#found-targets li");
  if (line) choose(line);
  else if (field() && target !== field()) close();
});

function begin() {
  const box = document.querySelector(".target .find");
  if (box) box.hidden = false;
}

document.addEventListener("target:next", takeNext);
document.addEventListener("target:find", () => field()?.focus());

document.addEventListener("htmx:afterSwap", () => {
  begin();
  // what may be contradicted came with where the target stands
  const fresh = document.getElementById("contradictable");
  const old = document.getElementById("a-contradicts");
  if (fresh && old) old.replaceChildren(...fresh.content.cloneNode(true).childNodes);
});
begin();
