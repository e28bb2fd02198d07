// The rich text editor adds its styles inline unless an element for them is there. The security policy would block
// them, so they stand in admin.css, and this empty element holds their place.
const place = document.createElement("style");
place.nonce = document.currentScript.nonce;
place.dataset.tiptapStyle = "";
document.head.append(place);

// The editor stands in for a text area, and takes over its label and its help text.
document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const label = document.querySelector(`label[for="${CSS.escape(textarea.id)}"]`);
  if (label) {
    label.id ||= `${textarea.id}_label`;
    editor.view.dom.setAttribute("aria-labelledby", label.id);
    label.addEventListener("click", () => editor.commands.focus());
  }
  const help = textarea.getAttribute("aria-describedby");
  if (help) editor.view.dom.setAttribute("aria-describedby", help);
});
