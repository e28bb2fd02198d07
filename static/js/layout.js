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

// Browsers that know of it ask for the next page when its link is pressed, and not only when it is let go. The policy of settings.py names these rules by their digest.
if (HTMLScriptElement.supports?.("speculationrules")) {
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.textContent =
    '{"prefetch":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/admin/*","/media/*","/static/*"]}}]},"eagerness":"conservative"}]}';
  document.head.append(rules);
}

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

// Sends the choice without leaving the page, so that nothing typed elsewhere is lost. Without this the form is posted.
document.addEventListener("DOMContentLoaded", () => {
  const region = document.querySelector(".consent");
  if (!region) return;
  const form = region.querySelector("form");

  // Names this page's post, so that one that is sent again is not recorded twice.
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key", value: bytes.join("") }));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      // Not form.action, which is the buttons of that name.
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      region.remove();
      location.hash = "consent-saved";
      document.getElementById("consent-saved").focus();
      history.replaceState(null, "", location.pathname + location.search);
    } catch {
      // The server's own answer says what is wrong.
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      const action = Object.assign(document.createElement("input"), { type: "hidden", name: "action" });
      action.value = event.submitter.value;
      form.append(action);
      form.submit();
    }
  });
});
