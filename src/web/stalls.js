// The stalls of a <video>: when the picture stood still although it should have moved.
import { kStallMemoryMs } from './quality.js';

// A shorter one is counted but is not worth a word.
const kTellMs = 400;
// Waiting for data right after a jump is the jump's doing.
const kJumpSettlesMs = 1500;
const kRemembered = 20;

export class Stalls {
  count = 0;
  #since = 0;
  #jumped_at = -Infinity;
  #times = [];

  // Returns whether that is a stall.
  waiting(now) {
    if (this.#since) return false;
    this.#since = now;
    if (now - this.#jumped_at < kJumpSettlesMs) return false;
    this.count += 1;
    this.#times = [...this.#times, now].slice(-kRemembered);
    return true;
  }

  over() {
    this.#since = 0;
  }

  jumped(now) {
    this.#jumped_at = now;
  }

  get lasting() {
    return this.#since > 0;
  }

  worthAWord(now) {
    return this.lasting && now - this.#since > kTellMs;
  }

  recent(now) {
    return this.#times.filter((time) => now - time < kStallMemoryMs).length;
  }
}
