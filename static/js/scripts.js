// Third-party scripts that the visitor allowed. The templates at the end of the page hold them as data, so that without
// this file none runs. Each gets its settings before it runs, and is told of a withdrawal. See docs/consent-scripts.md.

const tools = {
  // https://developer.matomo.org/guides/tracking-consent
  matomo: {
    start: ({ settings }) => {
      window._paq = [
        ["requireConsent"],
        ["setConsentGiven"],
        ...(settings.commands ?? []),
        ["setTrackerUrl", settings.tracker],
        ["setSiteId", String(settings.site)],
        ["trackPageView"],
        ["enableLinkTracking"],
      ];
    },
    stop: () => {
      for (const command of ["forgetConsentGiven", "forgetCookieConsentGiven"]) window._paq.push([command]);
      // Matomo remembers the withdrawal for 30 years. The decision is remembered here already.
      document.cookie = "mtm_consent_removed=; max-age=0; path=/";
    },
  },
  // Consent Mode v2. The scripts of one page can share the tag, and each grants its own signals.
  // https://developers.google.com/tag-platform/security/guides/consent
  google: {
    start: ({ settings }) => {
      if (!window.dataLayer) {
        window.dataLayer = [];
        // The tag reads only objects of the kind "arguments".
        window.gtag = function () {
          window.dataLayer.push(arguments);
        };
        const signals = ["ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"];
        window.gtag("consent", "default", Object.fromEntries(signals.map((name) => [name, "denied"])));
      }
      updateSignals(settings, "granted");
      if (window.dataLayer.some(([command, tag]) => command === "config" && tag === settings.tag)) return;
      window.gtag("js", new Date());
      window.gtag("config", settings.tag, settings.parameters ?? {});
    },
    stop: ({ settings }) => updateSignals(settings, "denied"),
  },
  other: {
    start: ({ settings }) => Object.assign(window, settings),
    stop: () => {},
  },
};

function updateSignals({ signals }, state) {
  window.gtag("consent", "update", Object.fromEntries(signals.map((name) => [name, state])));
}

let scripts = Array.from(document.querySelectorAll("template[data-script]"), ({ dataset }) => JSON.parse(dataset.script));
// The settings of all scripts, before the first one runs.
for (const script of scripts) tools[script.tool].start(script);
for (const { source, attributes } of new Map(scripts.map((script) => [script.source, script])).values()) {
  const element = document.createElement("script");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  // In the order of the page.
  element.async = false;
  element.src = source;
  document.body.append(element);
}

// In the capture phase, so that an event on any element arrives.
addEventListener(
  "consent:change",
  ({ detail }) => {
    const stopped = scripts.filter(({ provider }) => !detail.granted.includes(provider));
    if (!stopped.length) return;
    scripts = scripts.filter((script) => !stopped.includes(script));
    // From now on the browser lets this page contact only the hosts of the other scripts. This also stops scripts that
    // cannot be told, and messages about the withdrawal itself.
    const hosts = ["'self'", ...new Set(scripts.flatMap((script) => script.hosts))].join(" ");
    const policy = document.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = `script-src ${hosts}; connect-src ${hosts}; img-src ${hosts}`;
    document.head.append(policy);
    for (const script of stopped) tools[script.tool].stop(script);
  },
  true,
);
