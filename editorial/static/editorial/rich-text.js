// The rich text editor adds an inline style element unless there is one already. The Content-Security-Policy blocks
// inline styles, so this element is empty and the styles are in admin.css.
const styleElement = document.createElement("style");
styleElement.nonce = document.currentScript.nonce;
styleElement.dataset.tiptapStyle = "";
document.head.append(styleElement);

// The editor replaces a text area, so it gets the label and the help text.
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
