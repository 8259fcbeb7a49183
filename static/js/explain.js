// Pointing at a quote or at its number says what was recorded of it and shows its whole extent. The same words stand in
// the list beside the text, where the number leads; this brings them to the place.

const POINTED = "pointed-quote";

const numbersOf = (element) => {
  const mark = element.closest?.("#text mark[data-a]");
  if (mark) return mark.dataset.a.split(" ");
  const link = element.closest?.("#text sup.ref a");
  return link ? [link.hash.slice(2)] : [];
};

function tip() {
  let box = document.getElementById("tip");
  if (!box) {
    box = document.createElement("div");
    box.id = "tip";
    box.role = "tooltip";
    box.hidden = true;
    document.body.append(box);
  }
  return box;
}

function hide() {
  tip().hidden = true;
  if ("highlights" in CSS) CSS.highlights.delete(POINTED);
}

function show(element, numbers) {
  const box = tip();
  const lines = numbers.map((number) => {
    const line = document.createElement("p");
    line.textContent = document.querySelector(`#e${number} > p`)?.textContent.trim() ?? "";
    return line;
  });
  box.replaceChildren(...lines.filter((line) => line.textContent));
  if (!box.childElementCount) return hide();
  box.hidden = false;
  const pieces = numbers.flatMap((number) => [...document.querySelectorAll(`#text mark[data-a~="${number}"]`)]);
  if ("highlights" in CSS && typeof Highlight !== "undefined") {
    const ranges = pieces.map((piece) => {
      const range = document.createRange();
      range.selectNodeContents(piece);
      return range;
    });
    CSS.highlights.set(POINTED, new Highlight(...ranges));
  }
  // beneath the line pointed at, and within the window
  const line = [...element.getClientRects()].at(-1);
  const left = Math.min(Math.max(line.left, 8), innerWidth - box.offsetWidth - 8);
  const below = line.bottom + 6 + box.offsetHeight < innerHeight;
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("top", `${below ? line.bottom + 6 : line.top - box.offsetHeight - 6}px`);
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const numbers = numbersOf(target);
    if (numbers.length) show(target, numbers);
    else if (!target.closest?.("#tip")) hide();
  });
}

// dismissible without moving the pointer (WCAG 1.4.13)
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") hide();
});
document.addEventListener("scroll", hide, { passive: true });
document.addEventListener("htmx:beforeSwap", hide);
