// Recordings on their way, a few at a time so that a hundred files do not crowd out everyone else.

const AT_ONCE = 2;

export class UploadQueue {
  /** `onChange(finished, total)` hears how far the recordings of this page are. */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.rows = new Set();
    this.waiting = [];
    this.running = 0;
  }

  add(row) {
    this.rows.add(row);
    this.waiting.push(row);
    this.#tell();
    this.#next();
  }

  forget(row) {
    this.rows.delete(row);
    this.waiting = this.waiting.filter((other) => other !== row);
    this.#tell();
  }

  get hasUnsent() {
    return [...this.rows].some((row) => row.isUnsent);
  }

  #tell() {
    const finished = [...this.rows].filter((row) => !row.isUnsent).length;
    this.onChange(finished, this.rows.size);
  }

  async #next() {
    if (this.running >= AT_ONCE || this.waiting.length === 0) return;
    this.running += 1;
    try {
      await this.waiting.shift().run();
    } finally {
      this.running -= 1;
      this.#tell();
      this.#next();
    }
  }
}
