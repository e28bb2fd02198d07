// Offers this page in the first language of the browser that it is there in, unless that is the one it is in.
const offer = document.getElementById("language-offer");

// RFC 4647, lookup: de-AT, then de.
const lookup = (tag) => {
  const link = document.querySelector(`#languages [hreflang="${CSS.escape(tag)}"]:is([data-offer], [aria-current])`);
  const end = tag.lastIndexOf("-");
  return link || end < 0 ? link : lookup(tag.slice(0, end));
};

const preferred = navigator.languages.map((tag) => lookup(tag.toLowerCase())).find(Boolean);
if (preferred?.dataset.offer) {
  const link = document.createElement("a");
  link.href = preferred.href;
  link.lang = link.hreflang = preferred.hreflang;
  link.textContent = preferred.dataset.offer;
  offer.prepend(link);
  offer.lastElementChild.onclick = () => (offer.hidden = true);
  offer.hidden = false;
}
