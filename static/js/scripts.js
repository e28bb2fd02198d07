// Third-party scripts that the visitor allowed. The templates at the end of the page hold them as data, so that without
// this file none runs. Each tool gets its settings before its scripts run, and is told of a withdrawal.

const states = (signals, state) => Object.fromEntries(signals.map((signal) => [signal, state]));

const tools = {
  // https://developer.matomo.org/guides/tracking-consent
  matomo: {
    start: ([{ settings }]) => {
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
      // Matomo would remember the withdrawal for 30 years. This site remembers it already.
      document.cookie = "mtm_consent_removed=; max-age=0; path=/";
    },
  },
  // Consent Mode v2. Several providers can share the tag, and each grants its own signals.
  // https://developers.google.com/tag-platform/security/guides/consent
  google: {
    start: (scripts) => {
      window.dataLayer = [];
      // The tag reads only objects of the kind "arguments".
      window.gtag = function () {
        window.dataLayer.push(arguments);
      };
      const all = ["ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"];
      window.gtag("consent", "default", states(all, "denied"));
      window.gtag("consent", "update", states(scripts.flatMap(({ settings }) => settings.signals), "granted"));
      window.gtag("js", new Date());
      for (const { tag, parameters } of new Map(scripts.map(({ settings }) => [settings.tag, settings])).values()) {
        window.gtag("config", tag, parameters ?? {});
      }
    },
    stop: (scripts) => {
      window.gtag("consent", "update", states(scripts.flatMap(({ settings }) => settings.signals), "denied"));
    },
  },
  other: {
    start: (scripts) => {
      for (const { settings } of scripts) Object.assign(window, settings);
    },
    stop: () => {},
  },
};

// Calls "start" or "stop" of each tool with its scripts among these.
function tell(message, scripts) {
  for (const [name, tool] of Object.entries(tools)) {
    const own = scripts.filter((script) => script.tool === name);
    if (own.length) tool[message](own);
  }
}

let running = Array.from(document.querySelectorAll("template[data-script]"), ({ dataset }) => JSON.parse(dataset.script));
tell("start", running);
for (const { source, attributes } of new Map(running.map((script) => [script.source, script])).values()) {
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
    const stopped = running.filter(({ provider }) => !detail.granted.includes(provider));
    if (!stopped.length) return;
    running = running.filter((script) => !stopped.includes(script));
    // From now on the browser lets this page contact only the hosts of the other scripts. This also stops scripts that
    // cannot be told, and messages about the withdrawal itself.
    const hosts = ["'self'", ...new Set(running.flatMap((script) => script.hosts))].join(" ");
    const policy = document.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = `script-src ${hosts}; connect-src ${hosts}; img-src ${hosts}`;
    document.head.append(policy);
    tell("stop", stopped);
  },
  true,
);
