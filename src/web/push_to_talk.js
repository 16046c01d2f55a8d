// The Space bar held down while muted: heard for as long. Pure but for the two callbacks.

// Where the Space bar has a meaning of its own.
const kTaken = 'input, select, textarea, button, a, summary, dialog, [contenteditable]';

export class PushToTalk {
  #may_talk;
  #talk;
  #held = false;

  // may_talk(): whether there is a muted microphone; talk(on): opens and closes it.
  constructor(may_talk, talk) {
    this.#may_talk = may_talk;
    this.#talk = talk;
  }

  get held() {
    return this.#held;
  }

  // Returns whether the key was meant for us: the page must not scroll then.
  down({ key, repeat, target, ctrlKey, altKey, metaKey, shiftKey }) {
    if (key !== ' ' || ctrlKey || altKey || metaKey || shiftKey) return false;
    if (this.#held) return true;
    if (repeat || target.closest(kTaken) || !this.#may_talk()) return false;
    this.#held = true;
    this.#talk(true);
    return true;
  }

  up({ key }) {
    if (key !== ' ') return false;
    const held = this.#held;
    this.release();
    return held;
  }

  // Also for a window that has lost the keyboard: the key's release is never seen there.
  release() {
    if (!this.#held) return;
    this.#held = false;
    this.#talk(false);
  }
}
