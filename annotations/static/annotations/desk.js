// What is on the reviewer's desk: one clip, or the last one again while its successor waits.

import { fill } from "../classifier/settings.js";

const LOOK_AGAIN_MS = 30_000;
// What is fetched already needs no word.
const PATIENCE_MS = 150;
const SCREENS = ["loading", "desk", "finished", "all-held"];
const byId = (id) => document.getElementById(id);

export class Desk {
  #parked = null;
  #lookAgain = null;
  #turn = 0; // counts what was put on the desk

  constructor({ settings, player, form, clips, early }) {
    Object.assign(this, { settings, player, form, clips, early });
    this.current = null;
    this.isWaiting = true; // for the next clip
    this.isRevising = false;
    this.onShow = () => {};
  }

  /** The clips that are kept for this page; the last one, once it is answered, needs no keeping. */
  get kept() {
    const clip = this.isRevising ? this.#parked : this.current;
    return clip ? [clip] : [];
  }

  get held() {
    return this.kept.map((clip) => clip.clip);
  }

  async advance() {
    clearTimeout(this.#lookAgain);
    this.current = null;
    this.isWaiting = true;
    this.form.show(); // what was said of the last clip is not said of the next one
    this.#turn += 1;
    const turn = this.#turn;
    const waiting = setTimeout(() => this.#screen("loading"), PATIENCE_MS);
    const { clip, progress } = await this.clips.next();
    clearTimeout(waiting);
    if (turn !== this.#turn) {
      if (clip) this.clips.putBack(clip); // something else was put here meanwhile
      return;
    }
    if (clip) this.#show(clip);
    else this.#finish(progress);
  }

  #finish({ heldByOthers }) {
    this.isWaiting = false;
    this.early.hide();
    this.player.clear();
    this.#screen(heldByOthers > 0 ? "all-held" : "finished");
    this.#lookAgain = setTimeout(() => !this.current && this.advance(), LOOK_AGAIN_MS);
  }

  #show(clip, answer = undefined) {
    this.current = clip;
    this.isWaiting = false;
    this.early.settle();
    this.#turn += 1;
    this.#screen("desk");
    this.player.show(clip);
    this.form.show(answer);
    clip.shownAt = performance.now();
    this.note(clip.prediction && !this.isRevising ? this.#predicted(clip.prediction) : "");
    byId("revising").hidden = byId("keep").hidden = !this.isRevising;
    byId("show").disabled = this.isRevising || Boolean(clip.prediction);
    this.onShow();
    this.announce(this.settings.texts.next);
    this.clips.prepare();
  }

  #screen(name) {
    for (const id of SCREENS) byId(id).hidden = id !== name;
  }

  /** The last clip again, with the answer it has; the clip that is here waits, if it is still to be answered. */
  reopen({ clip, answer, verdict, isAnswered = false }) {
    this.#parked = isAnswered ? null : this.current;
    this.isRevising = true;
    this.#show(clip, answer);
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
    if (waiting) this.clips.putBack(waiting);
    this.#show(clip);
  }

  /** The prediction came along later. */
  predicted(clip, prediction) {
    clip.prediction = prediction;
    if (this.current !== clip) return;
    this.note(this.#predicted(prediction));
    byId("show").disabled = true;
  }

  #predicted(prediction) {
    return fill(this.settings.texts.shown, { ...prediction, label: this.settings.names[prediction.label] });
  }

  note(text) {
    byId("clip-note").textContent = text;
    byId("clip-note").hidden = text === "";
  }

  announce(text) {
    byId("announcer").textContent = text;
  }
}
