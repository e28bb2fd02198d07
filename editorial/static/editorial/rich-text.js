// The rich text editor adds an inline style element, unless one exists. The content security policy would block it.
// Therefore admin.css contains the styles, and this empty element prevents the inline one.
const style = document.createElement("style");
style.nonce = document.currentScript.nonce;
style.dataset.tiptapStyle = "";
document.head.append(style);

// The editor replaces a text area and uses its label and help text.
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
