// Script of the page layout.
// Colour scheme: stored only for visitors who use the switch in the footer.
const root = document.documentElement;
const store = (() => {
  try {
    return localStorage;
  } catch {
    return undefined; // The browser blocks storage for this site.
  }
})();
const storedTheme = store?.getItem("theme");
if (storedTheme === "light" || storedTheme === "dark") root.dataset.theme = storedTheme;

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

// Prefetches a page when its link is pressed, if the browser supports it. The Content-Security-Policy in settings.py contains the digest of these rules.
if (HTMLScriptElement.supports?.("speculationrules")) {
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.textContent =
    '{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/admin/*","/media/*","/static/*"]}}]},"eagerness":"conservative"}]}';
  document.head.append(rules);
}

// Removes the fragment, so that a reload or a shared URL does not show the confirmation again.
addEventListener("load", () => {
  if (location.hash === "#consent-saved") history.replaceState(null, "", location.pathname + location.search);
});

// Offers this page in the most preferred language of the browser that it is available in, unless that is the active one.
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

// Sends the choice without leaving the page, so that input in other forms is kept. Without JavaScript the form is submitted.
document.addEventListener("DOMContentLoaded", () => {
  const region = document.querySelector(".consent");
  if (!region) return;
  const form = region.querySelector("form");

  // Idempotency key, so that a repeated request is not recorded twice.
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key", value: hex.join("") }));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      // Not form.action, which returns the buttons named action.
      const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.status);
      region.remove();
      location.hash = "consent-saved";
      document.getElementById("consent-saved").focus();
      history.replaceState(null, "", location.pathname + location.search);
    } catch {
      // A normal submit shows the error page of the server.
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action" });
      action.value = event.submitter.value;
      form.append(action);
      form.submit();
    }
  });
});
