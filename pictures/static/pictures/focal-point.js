// Sets the focal point by a click on the picture. Without this script, staff enter the two numbers.
const fields = ["focal_x", "focal_y"].map((name) => document.querySelector(`#id_${name}`));
const upload = document.querySelector("#id_file");
const picker = document.querySelector(".focal-picker");

function start() {
  const marker = document.createElement("span");
  marker.className = "focal-marker";
  picker.append(marker);
  picker.classList.add("is-ready");

  function moveMarker() {
    const [x, y] = fields.map((field) => Math.min(100, Math.max(0, Number(field.value))));
    marker.style.left = `${x}%`;
    marker.style.top = `${y}%`;
  }

  picker.addEventListener("click", (event) => {
    const box = picker.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    fields.forEach((field, axis) => {
      field.value = Math.min(100, Math.max(0, Math.round(share[axis] * 100)));
    });
    moveMarker();
  });
  for (const field of fields) field.addEventListener("input", moveMarker);

  // A newly chosen file is drawn on a canvas, because the Content-Security-Policy does not allow blob: images.
  upload?.addEventListener("change", async () => {
    const image = upload.files[0] && (await createImageBitmap(upload.files[0]).catch(() => null));
    if (!image) return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    picker.querySelector("img, canvas").replaceWith(canvas);
  });
  moveMarker();
}

if (picker && fields.every(Boolean)) start();
