// Focus and keyboard shortcuts of the translators' desk.
const form = document.querySelector("#translation");
const field = form?.querySelector("#id_text");
const report = form?.querySelector(".errorlist, .warnings");
let editor;

// Does not scroll, because on a phone the source is above the field.
function focusField() {
  if (editor) editor.view.focus();
  else field?.focus({ preventScroll: true });
}

document.addEventListener("prose-editor:ready", ({ detail }) => {
  editor = detail.editor;
  if (!report) focusField();
});

if (report) {
  report.tabIndex = -1;
  report.focus();
} else focusField();

document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key === "PageDown") document.querySelector("[rel=next]")?.click();
  else if (event.altKey && event.key === "PageUp") document.querySelector("[rel=prev]")?.click();
  else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") form?.querySelector("[name=_next]").click();
  else if (event.key === "F2") {
    focusField();
    document.activeElement.scrollIntoView({ block: "nearest" });
  } else return;
  event.preventDefault();
});
