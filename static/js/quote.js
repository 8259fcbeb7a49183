// Choosing a quote on the review page: a selection becomes code-point offsets of the article's text, snapped to words.
// The server wrote every block with the offset of its first character and cuts the quote from its own copy; this module
// sends offsets alone. Without it the sentences' own checkboxes do the same.

const PENDING = "pending-quote";

const codePoints = (text) => {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
};

// UTF-16 index in `text` of the code point with this number
const unitIndex = (text, point) => {
  let units = 0;
  for (const character of text) {
    if (point <= 0) break;
    units += character.length;
    point -= 1;
  }
  return units;
};

// ------------------------------------------------------------------ offsets

const blocksOf = (root) => [...root.querySelectorAll("[data-start]")];

// the text nodes of a block that hold the article's own characters, each with its offset
function* textsOf(block) {
  let start = Number(block.dataset.start);
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("[data-skip]")) continue;
    yield { node, start };
    start += codePoints(node.data);
  }
}

const textOf = (block) => [...textsOf(block)].map(({ node }) => node.data).join("");

// the offset of a point of the page: between characters, the next one where a quote begins, the last one where it ends
function offsetOf(root, container, offset, begins) {
  const point = document.createRange();
  point.setStart(container, offset);
  let before = null;
  for (const block of blocksOf(root)) {
    for (const { node, start } of textsOf(block)) {
      if (node === container) return start + codePoints(node.data.slice(0, offset));
      if (point.comparePoint(node, 0) >= 0) return begins || before === null ? start : before;
      before = start + codePoints(node.data);
    }
  }
  return before;
}

/** Offsets of a Range within the article, or null where it is empty or does not begin in it. */
export function offsetsOf(root, range) {
  if (range.collapsed || !root.contains(range.startContainer)) return null;
  const start = offsetOf(root, range.startContainer, range.startOffset, true);
  const end = offsetOf(root, range.endContainer, range.endOffset, false);
  return start === null || end === null || start >= end ? null : { start, end };
}

/** One Range for every block that the offsets touch. */
export function rangesOf(root, { start, end }) {
  const ranges = [];
  for (const block of blocksOf(root)) {
    const range = document.createRange();
    let found = false;
    for (const { node, start: from } of textsOf(block)) {
      const to = from + codePoints(node.data);
      if (to <= start || from >= end) continue;
      if (!found) range.setStart(node, unitIndex(node.data, start - from));
      range.setEnd(node, unitIndex(node.data, end - from));
      found = true;
    }
    if (found) ranges.push(range);
  }
  return ranges;
}

/** The words at these offsets, as the article has them; paragraphs on lines of their own. */
export function wordsOf(root, { start, end }) {
  const parts = [];
  for (const block of blocksOf(root)) {
    const from = Number(block.dataset.start);
    const part = [...textOf(block)].slice(Math.max(0, start - from), Math.max(0, end - from)).join("");
    if (part) parts.push(part);
  }
  return parts.join("\n");
}

// the word around a place in a block, or the place itself: [start, end]
function wordAt(block, place) {
  const from = Number(block.dataset.start);
  const text = textOf(block);
  let at = from;
  for (const part of new Intl.Segmenter(block.lang || undefined, { granularity: "word" }).segment(text)) {
    const next = at + codePoints(part.segment);
    if (place > at && place < next) return part.isWordLike ? [at, next] : [place, place];
    at = next;
  }
  return [place, place];
}

/** The offsets without white space at their ends, moved outward to the edges of words; null where no word is left. */
export function snap(root, { start, end }) {
  const blocks = blocksOf(root);
  const characterAt = new Map();
  for (const block of blocks) {
    const from = Number(block.dataset.start);
    [...textOf(block)].forEach((character, index) => characterAt.set(from + index, character));
  }
  const blank = (place) => !characterAt.has(place) || /\s/u.test(characterAt.get(place));
  while (start < end && blank(start)) start += 1;
  while (end > start && blank(end - 1)) end -= 1;
  if (start >= end) return null;
  if (typeof Intl === "undefined" || !Intl.Segmenter) return { start, end };
  const blockAt = (place) => blocks.findLast((block) => Number(block.dataset.start) <= place);
  return { start: wordAt(blockAt(start), start)[0], end: wordAt(blockAt(end - 1), end)[1] };
}

// ------------------------------------------------------------------ the quote being chosen

let pending = null;
let article = "";

const root = () => document.querySelector("[data-quotable]");
const form = () => document.getElementById("annotate");
const sentences = () => [...document.querySelectorAll("input[name=sentence]")];

function paint(offsets) {
  if (!("highlights" in CSS) || typeof Highlight === "undefined") return;
  if (offsets && root()) CSS.highlights.set(PENDING, new Highlight(...rangesOf(root(), offsets)));
  else CSS.highlights.delete(PENDING);
}

// the panel beside the text scrolls by itself: what a key changes there must be seen
function reveal(part) {
  const panel = part?.closest(".panel");
  if (!panel || panel.scrollHeight <= panel.clientHeight) return;
  const [outer, inner] = [panel.getBoundingClientRect(), part.getBoundingClientRect()];
  const end = Math.min(outer.bottom, window.innerHeight); // the panel may reach below the window
  if (inner.top < outer.top || inner.bottom > end) panel.scrollTop += inner.top - outer.top;
}

function choose(offsets) {
  pending = offsets;
  paint(offsets);
  const target = form();
  if (!target || !target.elements.start) return;
  target.elements.start.value = offsets ? offsets.start : "";
  target.elements.end.value = offsets ? offsets.end : "";
  const shown = document.getElementById("pending");
  shown.querySelector("mark").textContent = offsets ? wordsOf(root(), offsets) : "";
  const isNew = offsets && shown.hidden;
  shown.hidden = !offsets;
  document.getElementById("pending-hint").hidden = Boolean(offsets);
  if (isNew) reveal(target);
}

function letGo() {
  for (const box of sentences()) box.checked = false;
  choose(null);
}

function chooseTicked() {
  const ticked = sentences().filter((box) => box.checked);
  if (!ticked.length) return choose(null);
  const spans = ticked.map((box) => box.value.split("-").map(Number));
  choose({ start: Math.min(...spans.map(([start]) => start)), end: Math.max(...spans.map(([, end]) => end)) });
}

function chooseSelected() {
  const selection = document.getSelection();
  if (!root() || !selection.rangeCount || selection.isCollapsed) return; // a click elsewhere keeps what was chosen
  const offsets = offsetsOf(root(), selection.getRangeAt(0));
  const snapped = offsets && snap(root(), offsets);
  if (!snapped) return;
  for (const box of sentences()) box.checked = false;
  choose(snapped);
}

// handles are dragged without a pointer ever being lifted: wait until the selection rests
let resting = 0;
document.addEventListener("selectionchange", () => {
  clearTimeout(resting);
  resting = setTimeout(chooseSelected, 150);
});

document.addEventListener("change", ({ target }) => {
  if (target.name === "sentence") {
    document.getSelection().removeAllRanges();
    chooseTicked();
  }
  // who speaks usually holds the view; whoever chose another side keeps it
  if (target.name === "speaker" && !form().dataset.sided) {
    const side = { a: "a", b: "b" }[target.value] ?? "assessor";
    const radio = [...form().querySelectorAll("input[name=side]")].find((one) => one.value === side);
    if (radio) radio.checked = true;
  }
  if (target.name === "side") form().dataset.sided = "yes";
});

document.addEventListener("reset", ({ target }) => {
  if (target === form()) setTimeout(letGo);
});

// ------------------------------------------------------------------ keys

const areOn = () => localStorage.getItem("mithaq-keys") !== "off";

function showKeys() {
  const line = document.getElementById("keys");
  if (!line) return;
  line.hidden = false;
  document.body.classList.toggle("keys-off", !areOn());
  const button = document.getElementById("keys-switch");
  button.textContent = areOn() ? button.dataset.off : button.dataset.on;
}

function goToSentence(step) {
  const all = sentences();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
  all[next].focus({ preventScroll: true });
  all[next].closest(".sentence").scrollIntoView({ block: "nearest" });
}

function record() {
  const here = document.activeElement;
  if (pending && form()) form().requestSubmit(document.getElementById("record"));
  else if (here.name === "sentence") {
    here.checked = true;
    chooseTicked();
  } else goToSentence(1);
}

const press = (selector) => document.querySelector(selector)?.click();

const radios = (name) => [...(form()?.querySelectorAll(`input[name=${name}]`) ?? [])];

function check(radio) {
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  reveal(radio.closest("fieldset"));
}

function nextSpeaker() {
  const all = radios("speaker");
  check(all[(all.findIndex((one) => one.checked) + 1) % all.length]);
}

const KEYS = {
  j: () => goToSentence(1),
  k: () => goToSentence(-1),
  a: () => press("[data-key=a]"),
  d: () => press("[data-key=d]"),
  n: () => press("[data-key=n]"),
  e: record,
  t: () => {
    document.dispatchEvent(new CustomEvent("target:next")); // target.js chooses
    reveal(form()?.elements.target?.closest(".field"));
  },
  c: () => document.dispatchEvent(new CustomEvent("target:find")),
  s: nextSpeaker,
  l: () => press("[data-key=l]"),
  p: () => history.back(),
  u: () => press(document.querySelector("#toasts form button") ? "#toasts form button" : "#undo-decision"),
  "?": () => document.getElementById("help").showModal(),
};

const TYPING = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") || event.target.closest?.(TYPING)) return;
  if (event.key === "Escape") return letGo();
  if (!areOn()) return;
  // a digit is a kind, with Shift a level, whatever the keyboard writes on that key
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  if (digit && form()) {
    const radio = event.shiftKey ? radios("level")[digit] : radios("kind")[digit - 1];
    if (radio) {
      event.preventDefault();
      check(radio);
    }
    return;
  }
  // with an Arabic or Russian keyboard the key in the same place counts
  const key = /^[ -~]$/.test(event.key) ? event.key : event.code.replace(/^Key/, "").toLowerCase();
  const deed = KEYS[key];
  if (!deed) return;
  event.preventDefault();
  deed();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("#keys-help")) document.getElementById("help").showModal();
  if (target.closest("#keys-switch")) {
    localStorage.setItem("mithaq-keys", areOn() ? "off" : "on");
    showKeys();
  }
});

// ------------------------------------------------------------------ beginnings

// a form that came back with an error, or a page reloaded by the browser, still holds its quote
function resume() {
  const target = form();
  const { start, end } = target?.elements ?? {};
  if (start && start.value && end.value) choose({ start: Number(start.value), end: Number(end.value) });
  else chooseTicked();
}

const address = () => form()?.getAttribute("action") ?? "";

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "review") return; // where the target stands, or who else is here: the quote stays
  const isAnother = address() !== article;
  const kept = event.detail.requestConfig?.elt?.id === "decide" && !isAnother ? pending : null;
  article = address();
  if (kept) choose(kept);
  else resume();
  // what had the focus is gone, and htmx gives it to its namesake: in another article reading begins at the title
  const wrong = document.querySelector("#annotate .errors");
  const isLost = isAnother || document.activeElement === document.body;
  if (wrong) wrong.focus();
  else if (isLost) document.getElementById("h-article")?.focus({ preventScroll: true });
});

article = address();
showKeys();
if (root()) resume();
