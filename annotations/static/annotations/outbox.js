// Reviews on their way. They wait in the browser until the site has said that they are saved, so a reload,
// a lost connection or a crash costs none; each has an id of its own, so sending one twice saves it once.

import { newId } from "./request.js";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

export class Outbox extends EventTarget {
  #retry = null;
  #sending = null;
  #current = null; // the client id of the review on its way
  #wait = FIRST_RETRY_MS;

  /** Events: `change`; `saved` and `refused` with `{ review, saved | problem }`. */
  constructor({ api, owner }) {
    super();
    this.api = api;
    this.key = `review-answers:${owner}`;
    this.memory = [];
    this.problem = null;
    this.isVolatile = false; // the browser stores nothing
    window.addEventListener("online", () => this.send());
    // Signed in again in another tab, or that tab sent what was left.
    window.addEventListener("focus", () => this.send());
    window.addEventListener("storage", (event) => event.key === this.key && this.#emit("change"));
  }

  get reviews() {
    if (this.isVolatile) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "[]");
    } catch {
      return this.memory;
    }
  }

  add(fields) {
    const review = { client_id: newId(), ...fields };
    this.#store([...this.reviews, review]);
    this.send();
    return review;
  }

  /** Take back a review that was never on its way; says whether it was. */
  cancel(clientId) {
    const review = this.reviews.find((one) => one.client_id === clientId);
    if (!review || review.tried || this.#current === clientId) return false;
    this.#remove(clientId);
    return true;
  }

  /** Resolves when nothing waits any more, or when sending failed. */
  send() {
    clearTimeout(this.#retry);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      this.#current = null;
      this.#emit("change");
    });
    return this.#sending;
  }

  sendWithin(milliseconds) {
    return Promise.race([this.send(), new Promise((resolve) => setTimeout(resolve, milliseconds))]);
  }

  async #sendAll() {
    for (;;) {
      const [review] = this.reviews;
      if (!review) return;
      this.#current = review.client_id;
      if (!(await this.#sendOne(review))) return;
    }
  }

  async #sendOne(review) {
    const { tried, ...fields } = review;
    this.#store(this.reviews.map((one) => (one.client_id === review.client_id ? { ...one, tried: true } : one)));
    try {
      const saved = await this.api.submit(fields);
      this.#remove(review.client_id);
      this.problem = null;
      this.#wait = FIRST_RETRY_MS;
      this.#emit("saved", { review, saved });
      return true;
    } catch (problem) {
      if (problem.isFinal) {
        this.#remove(review.client_id);
        this.#emit("refused", { review, problem });
        return true;
      }
      this.problem = problem;
      this.#retry = setTimeout(() => this.send(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_RETRY_MS);
      return false;
    }
  }

  #remove(clientId) {
    this.#store(this.reviews.filter((one) => one.client_id !== clientId));
  }

  #store(reviews) {
    this.memory = reviews;
    try {
      localStorage.setItem(this.key, JSON.stringify(reviews));
      this.isVolatile = false;
    } catch {
      this.isVolatile = true; // storage is full or forbidden
    }
    this.#emit("change");
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
