// Waiting times between attempts: doubling up to a limit, spread so that a thousand pages that lost the
// same server do not all come back in the same instant.
export class Backoff {
  #attempts = 0;
  #first_ms;
  #max_ms;
  #random;

  constructor({ first_ms = 500, max_ms = 8000, random = Math.random } = {}) {
    this.#first_ms = first_ms;
    this.#max_ms = max_ms;
    this.#random = random;
  }

  get attempts() {
    return this.#attempts;
  }

  next() {
    const full = Math.min(this.#max_ms, this.#first_ms * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.round(full * (0.75 + 0.5 * this.#random()));
  }

  reset() {
    this.#attempts = 0;
  }
}
