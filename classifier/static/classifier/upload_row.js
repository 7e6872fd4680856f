// One recording on its way: its row in the list, from waiting to the result or the reason why not.

import { UploadError, send } from "./upload.js";
import { csrfToken, percentOf } from "./settings.js";

const MOST_TRIES = 5;

const later = () => gettext("Kept; the answer follows in a moment");
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class UploadRow {
  constructor({ template, settings, name, body, fields, isRecording, startsOpen, queue }) {
    Object.assign(this, { settings, body, fields, isRecording, startsOpen, queue });
    // One key for all tries: an answer that got lost never makes a second clip.
    this.key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part("name").textContent = name;
    this.part("retry").addEventListener("click", () => this.retry());
    this.part("remove").addEventListener("click", () => this.remove());
    this.part("details").addEventListener("toggle", () => this.loadResult());
    this.part("result").addEventListener("htmx:load", () => this.followResult());
    this.show("queued", gettext("Waiting for its turn"));
  }

  part(name) {
    return this.element.querySelector(`.upload-${name}`);
  }

  get isUnsent() {
    return !["done", "refused"].includes(this.element.dataset.state);
  }

  /** Why this file need not be sent at all, or "". */
  get problem() {
    if (this.body.size === 0) return gettext("This file is empty. Choose another one.");
    const { maxBytes } = this.settings;
    const megabytes = Math.floor(maxBytes / 1024 / 1024);
    if (this.body.size <= maxBytes) return "";
    const tooLarge = gettext("This file is larger than %(megabytes)s MB. Choose a shorter recording.");
    return interpolate(tooLarge, { megabytes }, true);
  }

  async run() {
    if (this.problem) {
      this.fail(this.problem, { mayRetry: false });
      return;
    }
    try {
      this.finish(await this.sendPatiently());
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      this.fail(error.message, { mayRetry: !error.isFinal });
    }
  }

  async sendPatiently() {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.sendOnce();
      } catch (error) {
        if (!error.retryAfter || tries === MOST_TRIES) throw error;
        const busy = gettext("The site is busy. Trying again in %(seconds)s s.");
        this.show("queued", interpolate(busy, { seconds: error.retryAfter }, true));
        await pause(error.retryAfter);
      }
    }
  }

  sendOnce() {
    const form = new FormData();
    for (const [name, value] of Object.entries(this.fields)) form.set(name, value);
    form.set("file", this.body, this.body.name ?? "recording");
    this.progress(0);
    return send({
      url: this.settings.submitUrl,
      form,
      csrfToken: csrfToken(),
      key: this.key,
      onProgress: (share) => this.progress(share),
    });
  }

  progress(share) {
    this.part("progress").value = share * 100;
    const uploading = gettext("Uploading, %(percent)s");
    if (share < 1) this.show("uploading", interpolate(uploading, { percent: percentOf(share) }, true));
    else this.show("thinking", gettext("Listening to it …"));
  }

  finish(clip) {
    this.clipId = clip.id;
    this.show("done", clip.prediction ? this.answer(clip.prediction) : later());
    this.explain(clip.notes.map((note) => note.detail).join(" "));
    this.part("details").hidden = false;
    this.part("details").open = this.startsOpen;
    if (!clip.prediction) this.loadResult();
  }

  answer({ label, sure, confidence, quality }) {
    if (quality.digital_silence) return gettext("Nothing to hear");
    return sure ? `${this.settings.labels[label].name}, ${percentOf(confidence)}` : gettext("Not sure");
  }

  loadResult() {
    if (this.isLoading) return;
    this.isLoading = true;
    const { resultUrl, anyId } = this.settings;
    window.htmx.ajax("GET", resultUrl.replace(anyId, this.clipId), { target: this.part("result"), swap: "innerHTML" });
  }

  /** A clip that had to wait asks for its answer by itself; the head of the row then says it too. */
  followResult() {
    if (this.startsOpen) this.bringIntoView();
    const headline = this.part("result").querySelector(".result:not([hx-get]) .headline");
    if (headline) this.part("state").textContent = headline.textContent.trim().replace(/\s+/g, " ");
  }

  /** On a small screen the result would stand below the edge; once is enough, the person scrolls after that. */
  bringIntoView() {
    this.startsOpen = false;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.scrollIntoView({ block: "nearest", behavior: isStill ? "auto" : "smooth" });
  }

  /** The button leaves at once, so that a double click does not send the recording twice. */
  retry() {
    this.show("queued", gettext("Waiting for its turn"));
    this.queue.add(this);
  }

  fail(reason, { mayRetry }) {
    this.show(mayRetry ? "failed" : "refused", gettext("Failed"));
    this.explain(reason);
    this.part("retry").hidden = !mayRetry;
    if (this.isRecording) this.offerToSave();
  }

  offerToSave() {
    const link = this.part("save");
    link.href = URL.createObjectURL(this.body);
    link.download = this.body.name;
    link.hidden = false;
  }

  explain(text) {
    this.part("reason").textContent = text;
    this.part("reason").hidden = !text;
  }

  show(state, text) {
    this.element.dataset.state = state;
    this.part("state").textContent = text;
    this.part("progress").hidden = !["uploading", "thinking"].includes(state);
    this.part("actions").hidden = !["failed", "refused"].includes(state);
  }

  remove() {
    this.queue.forget(this);
    this.element.remove();
  }
}
