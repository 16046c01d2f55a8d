// "You are muted": notices that somebody speaks into a microphone that is off. Pure: it is fed with levels and times.

// Of levelOf(): a voice at a desk is above it.
const kVoice = 0.4;
// How far speech stands out from the room: a fan is loud as well, but steady.
const kAboveRoom = 0.12;
// One syllable may be a cough; somebody who talks is heard for this long within the window.
const kTalkMs = 400;
const kWindowMs = 1500;
// How long the page says so after the last word.
const kShownMs = 4000;
// How fast the room is learned, as a share of the difference a second.
const kRoomRate = 0.25;

export class MutedSpeech {
  #room = 0;
  #heard = [];
  #last_ms = NaN;
  #until_ms = -Infinity;

  // Forgets what was heard: the microphone is on, or another one. The room stays the same.
  reset() {
    this.#heard = [];
    this.#until_ms = -Infinity;
    this.#last_ms = NaN;
  }

  // The level of the open microphone that nobody hears. Returns whether to say so.
  feed(level, now_ms) {
    const step_ms = Number.isNaN(this.#last_ms) ? 0 : Math.min(now_ms - this.#last_ms, 200);
    this.#last_ms = now_ms;
    const speech = level > kVoice && level > this.#room + kAboveRoom;
    this.#room = level < this.#room ? level : this.#room + (level - this.#room) * kRoomRate * (step_ms / 1000);
    if (speech) this.#heard.push([now_ms, step_ms]);
    this.#heard = this.#heard.filter(([at]) => now_ms - at < kWindowMs);
    const talked_ms = this.#heard.reduce((sum, [, length]) => sum + length, 0);
    if (speech && talked_ms >= kTalkMs) this.#until_ms = now_ms + kShownMs;
    return now_ms < this.#until_ms;
  }
}
