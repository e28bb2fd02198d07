// Keys for what the links and buttons of the desk do, and a word before something typed is left behind.
const form = document.querySelector("#translation");
let isTyped = false;

document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key === "PageDown") document.querySelector("[rel=next]")?.click();
  else if (event.altKey && event.key === "PageUp") document.querySelector("[rel=prev]")?.click();
  else if (event.ctrlKey && event.key === "Enter") form?.querySelector("[name=_next]").click();
  else return;
  event.preventDefault();
});

form?.addEventListener("input", () => (isTyped = true));
form?.addEventListener("submit", () => (isTyped = false));
window.addEventListener("beforeunload", (event) => {
  if (isTyped) event.preventDefault();
});
