// Filters a large picture library by the typed words. Without this script, all pictures are visible.
const MIN_PICTURES = 12;

function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function start(choice) {
  const pictures = [...choice.querySelectorAll("li[data-search-text]")];
  const search = choice.querySelector("[type=search]");
  const count = choice.querySelector("output");
  if (pictures.length <= MIN_PICTURES) return;
  search.closest("p").hidden = false;

  search.addEventListener("input", () => {
    const words = fold(search.value).split(/\s+/);
    for (const picture of pictures) {
      const text = fold(picture.dataset.searchText);
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
