// Shows only the pictures whose texts contain all typed words. Without this script, all pictures are shown.
// A library of at most this number of pictures has no search.
const MAX_WITHOUT_SEARCH = 12;

function searchable(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function start(choice) {
  const pictures = [...choice.querySelectorAll("li[data-search-text]")];
  const search = choice.querySelector("[type=search]");
  const count = choice.querySelector("output");
  if (pictures.length <= MAX_WITHOUT_SEARCH) return;
  search.closest("p").hidden = false;

  search.addEventListener("input", () => {
    const words = searchable(search.value).split(/\s+/);
    for (const picture of pictures) {
      const text = searchable(picture.dataset.searchText);
      picture.hidden = !words.every((word) => text.includes(word)) && !picture.querySelector(":checked");
    }
    count.value = `${pictures.filter((picture) => !picture.hidden).length} / ${pictures.length}`;
  });
  // Enter would submit the form.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

for (const choice of document.querySelectorAll(".picture-choice")) start(choice);
