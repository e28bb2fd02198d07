// Light or dark, for a visitor who uses the switch at the foot of the page; nothing is kept for anybody else.
const root = document.documentElement;
const store = (() => {
  try {
    return localStorage;
  } catch {
    return undefined; // A browser that keeps nothing for this site.
  }
})();
const kept = store?.getItem("theme");
if (kept === "light" || kept === "dark") root.dataset.theme = kept;

document.addEventListener("DOMContentLoaded", () => {
  const themes = document.querySelector(".themes");
  const buttons = themes.querySelectorAll("button");
  const show = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === (root.dataset.theme ?? "auto"));
  };
  themes.hidden = false;
  show();
  themes.addEventListener("click", ({ target }) => {
    if (!target.value) return;
    if (target.value === "auto") {
      delete root.dataset.theme;
      store?.removeItem("theme");
    } else {
      root.dataset.theme = target.value;
      store?.setItem("theme", target.value);
    }
    show();
  });
});
