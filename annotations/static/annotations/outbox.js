// Answers on their way. They wait in the browser until the site has said that they are saved, so a reload,
// a lost connection or a crash costs none; each has an id of its own, so sending one twice saves it once.

import { newId, post } from "./request.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export class Outbox extends EventTarget {
  #waiting = null;
  #sending = null;
  #running = null;
  #wait = FIRST_WAIT_MS;

  /** Events: `change`; `saved` and `refused` with `{ answer, reply | problem }`. */
  constructor({ url, owner }) {
    super();
    this.url = url;
    this.key = `review-answers:${owner}`;
    this.memory = [];
    this.problem = null;
    this.keepsNothing = false;
    window.addEventListener("online", () => this.send());
    // Signed in again in another tab, or that tab sent what was left.
    window.addEventListener("focus", () => this.send());
    window.addEventListener("storage", (event) => event.key === this.key && this.#tell("change"));
  }

  get answers() {
    if (this.keepsNothing) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "[]");
    } catch {
      return this.memory;
    }
  }

  add(fields) {
    const answer = { client_id: newId(), ...fields };
    this.#keep([...this.answers, answer]);
    this.send();
    return answer;
  }

  /** Take back an answer that was never on its way; says whether it was. */
  forget(clientId) {
    const answer = this.answers.find((one) => one.client_id === clientId);
    if (!answer || answer.tried || this.#running === clientId) return false;
    this.#remove(clientId);
    return true;
  }

  /** Resolves when nothing waits any more, or when sending failed. */
  send() {
    clearTimeout(this.#waiting);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      this.#running = null;
      this.#tell("change");
    });
    return this.#sending;
  }

  async #sendAll() {
    for (;;) {
      const [answer] = this.answers;
      if (!answer) return;
      this.#running = answer.client_id;
      if (!(await this.#sendOne(answer))) return;
    }
  }

  async #sendOne(answer) {
    const { tried, ...fields } = answer;
    this.#keep(this.answers.map((one) => (one.client_id === answer.client_id ? { ...one, tried: true } : one)));
    try {
      const reply = await post(this.url, fields);
      this.#remove(answer.client_id);
      this.problem = null;
      this.#wait = FIRST_WAIT_MS;
      this.#tell("saved", { answer, reply });
      return true;
    } catch (problem) {
      if (problem.isFinal) {
        this.#remove(answer.client_id);
        this.#tell("refused", { answer, problem });
        return true;
      }
      this.problem = problem;
      this.#waiting = setTimeout(() => this.send(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
      return false;
    }
  }

  #remove(clientId) {
    this.#keep(this.answers.filter((one) => one.client_id !== clientId));
  }

  #keep(answers) {
    this.memory = answers;
    try {
      localStorage.setItem(this.key, JSON.stringify(answers));
      this.keepsNothing = false;
    } catch {
      this.keepsNothing = true; // storage is full or forbidden
    }
    this.#tell("change");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
