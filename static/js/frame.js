// What the frame of every page does. Light or dark, for a visitor who uses the switch at the foot of the page; nothing is kept for anybody else.
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

// The confirmation of a choice does not come again with a reload, nor for somebody who is sent the address.
addEventListener("load", () => {
  if (location.hash === "#consent-saved") history.replaceState(null, "", location.pathname + location.search);
});

// Offers this page in the first language of the browser that it is there in, unless that is the one it is in.
document.addEventListener("DOMContentLoaded", () => {
  // RFC 4647, lookup: de-AT, then de.
  const lookup = (tag) => {
    const link = document.querySelector(`#languages [hreflang="${CSS.escape(tag)}"]:is([data-offer], [aria-current])`);
    const end = tag.lastIndexOf("-");
    return link || end < 0 ? link : lookup(tag.slice(0, end));
  };
  const preferred = navigator.languages.map((tag) => lookup(tag.toLowerCase())).find(Boolean);
  if (!preferred?.dataset.offer) return;
  const offer = document.getElementById("language-offer");
  const link = document.createElement("a");
  link.href = preferred.href;
  link.lang = link.hreflang = preferred.hreflang;
  link.textContent = preferred.dataset.offer;
  offer.prepend(link);
  offer.lastElementChild.onclick = () => (offer.hidden = true);
  offer.hidden = false;
});
