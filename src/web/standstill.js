// Whether a live picture stands still: the server sends the sound alone where a connection loses too much, and says
// nothing of it. Pure: no video in here.

// Longer than a keyframe takes to come, which is what a new connection waits for.
const kStillMs = 3000;

export class Standstill {
  #frames = NaN;
  #since = 0;

  // `frames`: how many have been shown so far, on any steady count. True from kStillMs after the last one.
  feed(frames, now) {
    if (frames !== this.#frames) this.begin(now, frames);
    return now - this.#since >= kStillMs;
  }

  // Another picture, or nobody looked meanwhile.
  begin(now, frames = NaN) {
    this.#frames = frames;
    this.#since = now;
  }
}
