// The review page: one clip after the other, hands on the keyboard.

import { readJson } from "../classifier/settings.js";
import { ChoiceForm } from "./choice_form.js";
import { ClipPlayer } from "./clip_player.js";
import { Desk } from "./desk.js";
import { connectExamples, stopExample } from "./examples.js";
import { startHeartbeat } from "./heartbeat.js";
import { InputGate } from "./input_gate.js";
import { KeyDialog } from "./key_dialog.js";
import { Keys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Preferences } from "./preferences.js";
import { Progress } from "./progress.js";
import { ReviewApi } from "./review_api.js";
import { Reviewer } from "./reviewer.js";
import { SaveState } from "./save_state.js";

const SENT_WITHIN_MS = 4000;
const NARROW = "(max-width: 900px)";
const settings = readJson("review-settings");
const { names } = settings;
const lostWords = () =>
  gettext("You were away for a while, so others may get this clip too. Your answer still counts.");
const byId = (id) => document.getElementById(id);

const preferences = new Preferences(settings.person);
const api = new ReviewApi(settings.api);
const outbox = new Outbox({ api, owner: settings.owner });
const saveState = new SaveState({ outbox });
const progress = new Progress({ api, outbox, counts: settings.progress });
const player = new ClipPlayer({
  container: byId("player-place"),
  template: byId("player"),
  loopButton: byId("loop"),
  preferences,
});
const gate = new InputGate();
const form = new ChoiceForm({ gate });
const desk = new Desk({ names, player, form, gate, api, outbox, progress, saveState });
const reviewer = new Reviewer({ names, api, preferences, outbox, progress, saveState, gate, form, desk });
const keys = new Keys({ rows: settings.keys, preferences });
const keyDialog = new KeyDialog({ keys });

const ACTIONS = {
  submit: () => reviewer.submit(),
  play: () => player.toggle(),
  back: () => player.seek(-1),
  forward: () => player.seek(1),
  restart: () => player.restart(),
  flag: () => form.nextFlag(),
  undo: () => reviewer.undo(),
  change: () => reviewer.change(),
  show: () => reviewer.showPrediction(),
  loop: () => player.toggleLoop(),
  slower: () => player.changeSpeed(-1),
  faster: () => player.changeSpeed(1),
  help: () => keyDialog.open(),
};
keys.addEventListener("action", ({ detail: action }) => {
  if (action in ACTIONS) ACTIONS[action]();
  else form.chooseKey(action);
});
desk.addEventListener("show", () => keyDialog.labelPage(player.container));
player.addEventListener("play", stopExample);
connectExamples(() => player.pause());

document.addEventListener("keydown", (event) => {
  const isFree = event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]");
  if (isFree) reviewer.keep();
});
byId("show").addEventListener("click", () => reviewer.showPrediction());
byId("keep").addEventListener("click", () => reviewer.keep());
byId("help-button").addEventListener("click", () => keyDialog.open());
for (const button of document.querySelectorAll("[data-look-again]")) {
  button.addEventListener("click", () => desk.advance());
}
// A click leaves the keyboard where it was, so that Space and Enter go on meaning what they mean.
byId("content").addEventListener("mousedown", (event) => {
  if (event.target.closest("button") && !event.target.closest("dialog")) event.preventDefault();
});
// The clip that was prefetched was given back when the page was left.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
const wait = byId("wait");
wait.checked = preferences.get("wait") === true;
wait.addEventListener("change", () => {
  preferences.set("wait", wait.checked);
  if (!wait.matches(":focus-visible")) wait.blur();
});
byId("guidelines").open = !window.matchMedia(NARROW).matches;

const onLost = (lost) => {
  if (lost.some((clip) => desk.shown.includes(clip))) desk.note(lostWords());
};
const beat = startHeartbeat({ api, clips: () => desk.leased, progress, onLost });

// What an earlier visit left goes first, so that none of its clips is offered once more.
const wereLeft = outbox.reviews.length > 0;
await outbox.sendWithin(SENT_WITHIN_MS);
await desk.advance();
if (wereLeft) await beat(); // The page was made before they were sent, with counts that miss them.
