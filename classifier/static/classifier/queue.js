// Recordings on their way, a few at a time so that a hundred files do not crowd out everyone else.

const AT_ONCE = 2;

export class UploadQueue {
  constructor() {
    this.rows = new Set();
    this.waiting = [];
    this.running = 0;
  }

  add(row) {
    this.rows.add(row);
    this.waiting.push(row);
    this.#next();
  }

  forget(row) {
    this.rows.delete(row);
    this.waiting = this.waiting.filter((other) => other !== row);
  }

  get hasUnsent() {
    return [...this.rows].some((row) => row.isUnsent);
  }

  async #next() {
    if (this.running >= AT_ONCE || this.waiting.length === 0) return;
    this.running += 1;
    try {
      await this.waiting.shift().run();
    } finally {
      this.running -= 1;
      this.#next();
    }
  }
}
