// The history: choosing many clips, and one small player for all rows.

const sound = new Audio();
// On a narrow screen the recordings come first; the chart is one tap away and stays as it was left.
let chartIsOpen = !matchMedia("(max-width: 700px)").matches;
let lastBox = null;
let playing = null;

const boxes = () => [...document.querySelectorAll(".clip-row input[name=ids]")];

function showChoice() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const chooseAll = document.getElementById("choose-all");
  if (!chooseAll) return;
  chooseAll.checked = count > 0 && count === all.length;
  chooseAll.indeterminate = count > 0 && count < all.length;
  const chosen = ngettext("%(count)s clip chosen", "%(count)s clips chosen", count);
  document.getElementById("chosen-count").textContent = count ? interpolate(chosen, { count }, true) : "";
  const actions = document.querySelector(".chosen-actions");
  actions.hidden = count === 0;
  // Enter on a box would press the first of them, shown or not.
  for (const button of actions.querySelectorAll("button")) button.disabled = count === 0;
  document.querySelector(".share-chosen").open = false;
}

function chooseRange(from, to) {
  const all = boxes();
  const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  if (first < 0) return;
  for (const box of all.slice(first, last + 1)) box.checked = to.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest(".clip-row input[name=ids]");
  if (box) {
    if (event.shiftKey && lastBox) chooseRange(lastBox, box);
    lastBox = box;
  }
  if (event.target.id === "choose-all") {
    for (const other of boxes()) other.checked = event.target.checked;
  }
  if (box || event.target.id === "choose-all") showChoice();
  const button = event.target.closest(".row-play");
  if (button) play(button);
});

function play(button) {
  if (playing === button) {
    sound.pause();
    return;
  }
  sound.pause();
  playing = button;
  show(true);
  sound.src = button.dataset.audio;
  sound.play().catch(() => show(false));
}

function show(isPlaying) {
  if (!playing) return;
  playing.setAttribute("aria-pressed", String(isPlaying));
  playing.classList.toggle("is-playing", isPlaying);
  if (!isPlaying) playing = null;
}

for (const type of ["pause", "ended"]) sound.addEventListener(type, () => show(false));

// Filters that say nothing stay out of the address, so that it can be read and passed on.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches(".filters")) return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

function foldChart() {
  const chart = document.querySelector(".timeline");
  if (chart) chart.open = chartIsOpen;
}

document.addEventListener("click", ({ target }) => {
  const summary = target.closest(".timeline > summary");
  if (summary) chartIsOpen = !summary.parentElement.open;
});

function markDays() {
  for (const name of ["since", "until"]) {
    const isWrong = document.querySelector(`#${name}-problem .errorlist`) !== null;
    const day = document.querySelector(`.filters [name=${name}]`);
    if (isWrong) day?.setAttribute("aria-invalid", "true");
    else day?.removeAttribute("aria-invalid");
  }
}

function showList() {
  showChoice();
  foldChart();
  markDays();
}

showList();
document.addEventListener("htmx:afterSettle", showList);
window.addEventListener("pageshow", showChoice);
