// Narrows a large library to the pictures whose words have those that were typed. Without this script all stand there.
const FEW = 12;

function searchable(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function start(choice) {
  const pictures = [...choice.querySelectorAll("li[data-words]")];
  const search = choice.querySelector("[type=search]");
  const found = choice.querySelector("output");
  if (pictures.length <= FEW) return;
  search.closest("p").hidden = false;

  search.addEventListener("input", () => {
    const words = searchable(search.value).split(/\s+/);
    for (const picture of pictures) {
      const text = searchable(picture.dataset.words);
      picture.hidden = !words.every((word) => text.includes(word)) && !picture.querySelector(":checked");
    }
    found.value = `${pictures.filter((picture) => !picture.hidden).length} / ${pictures.length}`;
  });
  // Enter would send the form.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

for (const choice of document.querySelectorAll(".picture-choice")) start(choice);
