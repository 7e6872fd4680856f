// The part of the API that reviewers use, for one task. What it is sent and replies stands in `/api/docs/`.

import { request } from "./request.js";

export class ReviewApi {
  constructor({ url, task }) {
    Object.assign(this, { url, task });
  }

  /** The clip after those in `beside`, or null. With `ahead` it is not wanted yet, so others go first. */
  next({ beside, ahead = false }) {
    return this.#post("next/", { beside, ahead });
  }

  submit(review) {
    return this.#post("", review);
  }

  undo(clientId) {
    return this.#post("undo/", { client_id: clientId });
  }

  /** What the model says, or null; whoever has seen it no longer answers blind. */
  prediction({ clip }) {
    return this.#post("prediction/", { clip });
  }

  heartbeat({ clip }) {
    return this.#post("heartbeat/", { clip });
  }

  /** Sent even while the page is left. The end of the lease tells it from one that the next page may have got. */
  release({ clip, leased_until }) {
    return this.#post("release/", { clip, leased_until }, { keepalive: true });
  }

  progress() {
    return request(`${this.url}progress/?task=${this.task}`, { method: "GET" });
  }

  #post(path, body, options = {}) {
    return request(this.url + path, { ...options, body: { task: this.task, ...body } });
  }
}
