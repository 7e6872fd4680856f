// The review page: one clip after the other, hands on the keyboard.

import { readJson } from "../classifier/settings.js";
import { AnswerForm } from "./choice_form.js";
import { ClipPlayer } from "./clip_player.js";
import { Clips } from "./prefetch.js";
import { Desk } from "./desk.js";
import { Early } from "./input_gate.js";
import { connectExamples, stopExample } from "./examples.js";
import { startHeartbeat } from "./heartbeat.js";
import { KeyDialog } from "./key_dialog.js";
import { Keys } from "./keys.js";
import { LastAnswer } from "./last_review.js";
import { Memory } from "./preferences.js";
import { Outbox } from "./outbox.js";
import { Progress } from "./progress.js";
import { Reviewer } from "./reviewer.js";
import { SaveState } from "./save_state.js";

const SETTLED_WITHIN_MS = 4000;
const NARROW = "(max-width: 900px)";
const settings = readJson("review-settings");
const { texts, urls } = settings;
const byId = (id) => document.getElementById(id);

const memory = new Memory(settings.person);
const outbox = new Outbox({ url: urls.answer, owner: settings.owner });
const saveState = new SaveState({ outbox, texts });
const progress = new Progress({ settings, outbox });
const player = new ClipPlayer({
  place: byId("player-place"),
  template: byId("player"),
  loopButton: byId("loop"),
  memory,
  onPlay: stopExample,
  onBlocked: () => desk.note(texts.playHint),
});
const form = new AnswerForm({
  texts,
  isOpen: () => reviewer.takesAnswer(),
  onChoice: (name) => desk.announce(name),
  onSubmit: () => reviewer.submit(),
});
// Answers on their way have arrived, unless the line is slow or broken.
const settled = () =>
  Promise.race([outbox.send(), new Promise((resolve) => setTimeout(resolve, SETTLED_WITHIN_MS))]);
const clips = new Clips({
  urls,
  progress,
  settled,
  held: () => [...new Set([...desk.held, ...outbox.answers.map((answer) => answer.clip)])],
  onTrouble: (problem) => saveState.fetching(problem),
});
const early = new Early();
const desk = new Desk({ settings, player, form, clips, early });
const last = new LastAnswer({
  settings,
  onChange: () => reviewer.change(),
  onUndo: () => reviewer.undo(),
});
const reviewer = new Reviewer({ settings, memory, outbox, saveState, progress, form, last, desk, early });

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
const keys = new Keys({
  rows: settings.keys,
  memory,
  onAction: (action) => {
    if (action in ACTIONS) ACTIONS[action]();
    else form.chooseKey(action);
  },
});
const keyDialog = new KeyDialog({ keys, texts });
desk.onShow = () => keyDialog.labelPage(player.place);

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
// The clip that was fetched ahead was given back when the page was left.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
const wait = byId("wait");
wait.checked = memory.get("wait") === true;
wait.addEventListener("change", () => {
  memory.set("wait", wait.checked);
  if (!wait.matches(":focus-visible")) wait.blur();
});
byId("guidelines").open = !window.matchMedia(NARROW).matches;

connectExamples(() => player.pause());
const held = () => [...desk.held, ...clips.names];
const onBeat = (beat) => {
  for (const clip of [...desk.kept, ...clips.ready]) clip.until = beat.until[clip.clip] ?? clip.until;
  reviewer.beat(beat);
};
const beat = startHeartbeat({ url: urls.heartbeat, held, progress, onBeat });

// What an earlier visit left goes first, so that none of its clips is offered once more.
const wereLeft = outbox.answers.length > 0;
await settled();
await desk.advance();
if (wereLeft) await beat(); // The page was made before they were sent, with counts that miss them.
