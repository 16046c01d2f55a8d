// One thing that is to be tried again after a while, and the reasons to do so earlier.
import { Backoff } from './backoff.js';

export class Retry {
  #backoff = new Backoff();
  #timer = 0;
  #action = null;

  get pending() {
    return this.#action !== null;
  }

  // Instead of what was to be tried before.
  later(action) {
    this.cancel();
    this.#action = action;
    this.#timer = setTimeout(() => this.now(), this.#backoff.next());
  }

  now() {
    const action = this.#action;
    this.cancel();
    action?.();
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#action = null;
  }

  // What was tried has worked.
  succeeded() {
    this.#backoff.reset();
  }
}
