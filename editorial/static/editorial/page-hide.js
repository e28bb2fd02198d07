// Scripts of Django listen for "unload", which browsers are removing, and which keeps pages out of the back-forward cache.
const add = window.addEventListener;
window.addEventListener = (type, ...options) => add.call(window, type === "unload" ? "pagehide" : type, ...options);
