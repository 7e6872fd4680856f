// What is on the reviewer's desk: one clip, or the last one again while its successor waits.

import { describe } from "./prediction.js";
import { Prefetch } from "./prefetch.js";

const LOOK_AGAIN_MS = 30_000;
// What is prefetched already needs no word.
const LOADING_AFTER_MS = 150;
const SCREENS = ["loading", "desk", "finished", "all-held"];
const playHint = () => gettext("Press Space or the play button to hear the clip.");
const withPrediction = () =>
  gettext(
    "The model (version %(version)s) heard %(label)s (%(percent)s). Your answer will be marked as given after seeing this.",
  );
const byId = (id) => document.getElementById(id);

export class Desk extends EventTarget {
  #parked = null;
  #lookAgain = null;
  #turn = 0; // counts what was put on the desk

  /** Event: `show`, when a clip is put on the desk. */
  constructor({ names, player, form, gate, ...queue }) {
    super();
    Object.assign(this, { names, player, form, gate });
    this.prefetch = new Prefetch({ ...queue, shown: () => this.shown.map((clip) => clip.clip) });
    this.current = null;
    this.isRevising = false;
    player.addEventListener("blocked", () => this.note(playHint()));
    form.addEventListener("choose", ({ detail }) => this.announce(detail));
  }

  /** The clips that are kept for this page. */
  get leased() {
    return [...this.shown, ...this.prefetch.ready];
  }

  /** The last clip, once it is reviewed, needs no keeping. */
  get shown() {
    const clip = this.isRevising ? this.#parked : this.current;
    return clip ? [clip] : [];
  }

  async advance() {
    clearTimeout(this.#lookAgain);
    this.current = null;
    this.gate.load();
    this.form.show(); // what was chosen for the last clip is not chosen for the next one
    this.#turn += 1;
    const turn = this.#turn;
    const loading = setTimeout(() => this.#screen("loading"), LOADING_AFTER_MS);
    const { clip, progress } = await this.prefetch.next();
    clearTimeout(loading);
    if (turn !== this.#turn) {
      if (clip) this.prefetch.putBack(clip); // something else was put here meanwhile
      return;
    }
    if (clip) this.#show(clip);
    else this.#finish(progress);
  }

  #finish({ held_by_others }) {
    this.gate.close();
    this.player.clear();
    this.#screen(held_by_others > 0 ? "all-held" : "finished");
    this.#lookAgain = setTimeout(() => !this.current && this.advance(), LOOK_AGAIN_MS);
  }

  #show(clip, choice = undefined) {
    this.current = clip;
    this.gate.open();
    this.#turn += 1;
    this.#screen("desk");
    this.player.show(clip);
    this.form.show(choice);
    clip.shownAt = performance.now();
    this.note(clip.prediction && !this.isRevising ? this.#predicted(clip.prediction) : "");
    byId("revising").hidden = byId("keep").hidden = !this.isRevising;
    byId("show").disabled = this.isRevising || Boolean(clip.prediction);
    this.dispatchEvent(new Event("show"));
    this.announce(gettext("Next clip."));
    this.prefetch.prepare();
  }

  #screen(name) {
    for (const id of SCREENS) byId(id).hidden = id !== name;
  }

  /** The last clip again, with its review; the clip that is here waits, if it is still to be reviewed. */
  reopen({ clip, review, verdict, isReviewed = false }) {
    this.#parked = isReviewed ? null : this.current;
    this.isRevising = true;
    this.#show(clip, review);
    this.note(verdict);
  }

  leaveRevising() {
    this.isRevising = false;
    const parked = this.#parked;
    this.#parked = null;
    if (parked) this.#show(parked);
    else this.advance();
  }

  /** Another clip comes first; what is here goes back to the ones that wait. */
  takeInstead(clip) {
    const waiting = this.isRevising ? this.#parked : this.current;
    this.isRevising = false;
    this.#parked = null;
    if (waiting) this.prefetch.putBack(waiting);
    this.#show(clip);
  }

  /** The prediction came along later. */
  showPrediction(clip, prediction) {
    clip.prediction = prediction;
    if (this.current !== clip) return;
    this.note(this.#predicted(prediction));
    byId("show").disabled = true;
  }

  #predicted(prediction) {
    return describe(withPrediction(), prediction, this.names);
  }

  note(text) {
    byId("clip-note").textContent = text;
    byId("clip-note").hidden = text === "";
  }

  announce(text) {
    byId("announcer").textContent = text;
  }
}
