// Data entry: an autocomplete field is named by its label, which Select2 leaves out.

function nameFields() {
  for (const field of document.querySelectorAll("select.admin-autocomplete[id]")) {
    const label = document.querySelector(`label[for="${field.id}"]`);
    if (!label) continue;
    label.id ||= `${field.id}-label`;
    for (const part of field.nextElementSibling?.querySelectorAll('[role="combobox"], [role="textbox"]') ?? []) {
      const own = part.getAttribute("role") === "combobox" ? (part.querySelector("[id]")?.id ?? "") : part.id;
      part.setAttribute("aria-labelledby", `${label.id} ${own}`);
    }
  }
}

window.django?.jQuery?.(nameFields); // after Select2, which waits in the same queue
document.addEventListener("formset:added", () => setTimeout(nameFields)); // once Select2 has made the new row's fields
