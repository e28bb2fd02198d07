// Keyboard shortcuts for the links and buttons of the translators' desk.
const form = document.querySelector("#translation");

document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key === "PageDown") document.querySelector("[rel=next]")?.click();
  else if (event.altKey && event.key === "PageUp") document.querySelector("[rel=prev]")?.click();
  else if (event.ctrlKey && event.key === "Enter") form?.querySelector("[name=_next]").click();
  else return;
  event.preventDefault();
});
