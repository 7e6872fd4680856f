// The classify page: recordings and files go into one list, each on its own.

import { UploadQueue } from "./upload_queue.js";
import { RecordButton } from "./record_button.js";
import { UploadRow } from "./upload_row.js";
import { readJson } from "./settings.js";

const settings = readJson("classify-settings");
const form = document.getElementById("submit-form");
const list = document.getElementById("upload-list");
const template = document.getElementById("upload-row");
const fileInput = document.getElementById("file");
const dropZone = document.getElementById("drop-zone");
const count = document.getElementById("upload-count");
const queue = new UploadQueue({ onChange: showCount });

/** Not announced: every row says for itself when it is done. */
function showCount(finished, total) {
  count.hidden = total < 2;
  count.textContent = interpolate(gettext("%(finished)s of %(total)s"), { finished, total }, true);
}

/** Speaker and switches as they stand now; the switches are sent also when they are off. */
function clipOptions() {
  const entries = [...form.elements]
    .filter((field) => field.closest(".clip-options") && field.name)
    .map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
  return Object.fromEntries(entries);
}

function submit({ body, name, title = "", source, startsOpen }) {
  const fields = { ...clipOptions(), title, source };
  const isRecording = source === "record";
  const row = new UploadRow({ template, settings, name, body, fields, isRecording, startsOpen, queue });
  queue.add(row);
  return row.element;
}

/** The newest stand on top; files that come together keep their order. */
function show(rows) {
  document.getElementById("results").hidden = false;
  list.prepend(...rows);
}

function submitFiles(files) {
  if (files.length === 0) return;
  const startsOpen = files.length === 1;
  show(files.map((file) => submit({ body: file, name: file.name, source: "upload", startsOpen })));
}

function submitRecording(sound, seconds) {
  if (seconds < settings.minSeconds) {
    recordButton.say(gettext("That was too short. Hold on a little longer and say a whole sentence."));
    return;
  }
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const title = interpolate(gettext("Recording %(when)s"), { when: format.format(new Date()) }, true);
  const extension = sound.type.includes("mp4") ? "m4a" : sound.type.includes("ogg") ? "ogg" : "webm";
  const body = new File([sound], `${title.replace(/[^\p{L}\p{N} ]/gu, "-")}.${extension}`, { type: sound.type });
  show([submit({ body, name: title, title, source: "record", startsOpen: true })]);
}

const recordButton = new RecordButton(document.getElementById("recorder"), {
  maxSeconds: settings.maxSeconds,
  onRecorded: submitRecording,
});

fileInput.classList.add("visually-hidden");
fileInput.addEventListener("change", () => {
  submitFiles([...fileInput.files]);
  fileInput.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());

// Files may be dropped anywhere on the page; the zone shows that they are welcome.
for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    dropZone.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) dropZone.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  dropZone.classList.remove("is-over");
  if (event.dataTransfer.files.length > 0) event.preventDefault();
  submitFiles([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => submitFiles([...event.clipboardData.files]));

window.addEventListener("beforeunload", (event) => {
  if (recordButton.isRecording || queue.hasUnsent) event.preventDefault();
});
