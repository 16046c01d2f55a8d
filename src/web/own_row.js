// What the roster says of oneself, against what one has told the server: where the two differ for longer than a word takes
// on its way, somebody else has done it. Pure but for its timers.

const kMutedMs = 400;
const kMissingMs = 2000;

export class OwnRow {
  #differs;
  #timers = {};

  // muted(): whether the roster has one muted who is not; missing(): whether it does not have one at all. Both are asked
  // again when time has passed. on_muted(), on_missing(): so it is.
  constructor({ muted, missing, on_muted, on_missing }) {
    this.#differs = { muted: [muted, on_muted, kMutedMs], missing: [missing, on_missing, kMissingMs] };
  }

  // A roster has come.
  look() {
    for (const [name, [differs, action, after_ms]] of Object.entries(this.#differs)) {
      if (!differs()) {
        clearTimeout(this.#timers[name]);
        delete this.#timers[name];
      } else {
        this.#timers[name] ??= setTimeout(() => {
          delete this.#timers[name];
          if (differs()) action();
        }, after_ms);
      }
    }
  }
}
