// Behaviour that all pages share.

// Colour theme: stored only for visitors who use the switch in the footer.
const root = document.documentElement;
const storage = (() => {
  try {
    return localStorage;
  } catch {
    return undefined; // The visitor has disabled storage.
  }
})();
const storedTheme = storage?.getItem("theme");
if (storedTheme === "light" || storedTheme === "dark") root.dataset.theme = storedTheme;

document.addEventListener("DOMContentLoaded", () => {
  const themes = document.querySelector(".themes");
  const buttons = themes.querySelectorAll("button");
  const updateButtons = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === (root.dataset.theme ?? "auto"));
  };
  themes.hidden = false;
  updateButtons();
  themes.addEventListener("click", ({ target }) => {
    if (!target.value) return;
    if (target.value === "auto") {
      delete root.dataset.theme;
      storage?.removeItem("theme");
    } else {
      root.dataset.theme = target.value;
      storage?.setItem("theme", target.value);
    }
    updateButtons();
  });
});

// Prefetches a page on pointer down. The content security policy in settings.py contains the hash of these rules.
if (HTMLScriptElement.supports?.("speculationrules")) {
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.textContent =
    '{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/admin/*","/media/*","/static/*"]}}]},"eagerness":"conservative"}]}';
  document.head.append(rules);
}

// Removes the fragment of the confirmation, so that a reload or a shared URL does not show it again.
addEventListener("load", () => {
  if (location.hash === "#consent-saved") history.replaceState(null, "", location.pathname + location.search);
});

// Offers this page in the preferred language of the browser, if the page exists in that language.
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

// Sends the consent choice without leaving the page, so that input in other forms is not lost. Without this script, the
// browser submits the form.
document.addEventListener("DOMContentLoaded", () => {
  const region = document.querySelector(".consent");
  if (!region) return;
  const form = region.querySelector("form");

  // Identifies the request, so that a repeated request is recorded once.
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key", value: bytes.join("") }));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      // Not form.action, which is the list of buttons with the name "action".
      const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.status);
      region.remove();
      location.hash = "consent-saved";
      document.getElementById("consent-saved").focus();
      history.replaceState(null, "", location.pathname + location.search);
    } catch {
      // Submit the form, so that the response of the server shows the error.
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action" });
      action.value = event.submitter.value;
      form.append(action);
      form.submit();
    }
  });
});
