// What became of the last answer: what the model says to it, and the way to change it or take it back.

import { fill } from "../classifier/settings.js";

export class LastAnswer {
  constructor({ settings, onChange, onUndo }) {
    this.settings = settings;
    this.element = document.getElementById("last");
    this.words = document.getElementById("last-words");
    this.changeButton = document.getElementById("change");
    this.undoButton = document.getElementById("undo");
    this.changeButton.addEventListener("click", onChange);
    this.undoButton.addEventListener("click", onUndo);
    this.clip = null;
    this.forget();
  }

  /** `kept` is a clip that goes on being used. */
  forget(kept = null) {
    if (this.clip !== kept) this.clip?.forget();
    Object.assign(this, { clip: null, answer: null, reply: null });
    this.element.hidden = this.changeButton.hidden = true;
    this.element.classList.remove("differs");
  }

  remember(clip, answer) {
    if (this.clip !== clip) this.clip?.forget();
    Object.assign(this, { clip, answer, reply: null });
    this.#show();
  }

  /** Another answer about the same clip. */
  changed(answer) {
    this.answer = answer;
    this.#show(fill(this.settings.texts.changed, { answer: this.#name(answer) }));
  }

  replied(answer, reply) {
    if (answer.client_id !== this.answer?.client_id) return;
    this.reply = reply;
    this.#show(answer.revises ? this.words.textContent : "");
  }

  /** What the model said, once it may be known. */
  get verdict() {
    const { texts, names } = this.settings;
    const { prediction, agrees } = this.reply ?? {};
    if (!this.reply) return "";
    if (!prediction) return texts.noPrediction;
    const values = { ...prediction, label: names[prediction.label] };
    if (agrees === null) return fill(texts.predicted, values);
    return agrees ? texts.agrees : fill(texts.differs, values);
  }

  #show(words = "") {
    const said = fill(this.settings.texts.youSaid, { answer: this.#name(this.answer) });
    this.words.textContent = words || [said, this.verdict, ...(this.reply?.notes ?? [])].join(" ");
    this.element.classList.toggle("differs", this.reply?.agrees === false && !this.answer.revises);
    this.element.hidden = this.changeButton.hidden = false;
  }

  say(words) {
    this.element.hidden = false;
    this.words.textContent = words;
    this.element.classList.remove("differs");
  }

  #name({ label, flag }) {
    return this.settings.names[label || flag];
  }
}
