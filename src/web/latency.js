// How far behind live the picture is allowed to be, and what to do about it. Pure: no player in here.
//
// A player that holds back one second never has more than one second in its buffer, and hls.js only
// catches up with more than that. So the page steers by itself: it plays a few per cent faster while it
// is behind, and jumps where playing faster would take minutes.

export const kMaxRate = 1.08;
// Faster playback begins when the picture is this far behind its target, and ends when it is nearly there:
// between the two nothing changes, so the rate does not flutter with every part.
const kBeginBehind = 0.2;
const kEndBehind = 0.04;
// The further behind, the faster: half a second behind asks for the whole kMaxRate.
const kRatePerSecond = 0.16;
// One step of the rate an update, about 0.06 a second: heard as nothing.
const kRateStep = 0.015;
// With less than this in the buffer faster playback would run it dry.
const kSafeBuffer = 0.3;
// At 8 % it takes 12.5 s to make up for one second. Past this distance a jump is the lesser evil.
export const kJumpBehind = 3;
// A jump needs a moment to show in the delay; until then it is not repeated.
const kJumpPauseMs = 4000;
// A stall says that the target is too near for this connection: it moves away a little, at most so far, and
// comes back step by step while all goes well. (hls.js's own target only ever grows.)
const kPerStall = 0.3;
const kMostExtra = 1.2;
const kForgiveMs = 15000;
// "Catching up" is worth a word to the viewer from here on.
const kTellBehind = 0.6;

export class TargetDelay {
  #extra = 0;
  #changed_at = 0;

  stalled(now) {
    this.#extra = Math.min(kMostExtra, this.#extra + kPerStall);
    this.#changed_at = now;
  }

  // `hold_back`: what the playlist asks for, seconds (PART-HOLD-BACK).
  at(now, hold_back) {
    while (this.#extra > 0 && now - this.#changed_at >= kForgiveMs) {
      this.#extra = Math.max(0, this.#extra - kPerStall);
      this.#changed_at += kForgiveMs;
    }
    return hold_back + this.#extra;
  }
}

export class LatencyControl {
  #rate = 1;
  #catchingUp = false;
  #jumpedAt = -Infinity;

  // `delay`, `target` and `buffer` in seconds, `now` in milliseconds of any steady clock.
  // Returns the playback rate to set, whether to seek to the live position, and whether it is so far
  // behind that the viewer should be told.
  update({ delay, target, buffer, now }) {
    const behind = delay - target;
    if (!Number.isFinite(behind)) {
      this.reset();
      return { rate: 1, jump: false, behind: false };
    }
    if (behind > kJumpBehind && now - this.#jumpedAt >= kJumpPauseMs) {
      this.reset();
      this.#jumpedAt = now;
      return { rate: 1, jump: true, behind: true };
    }
    if (behind > kBeginBehind) this.#catchingUp = true;
    if (behind < kEndBehind) this.#catchingUp = false;
    if (buffer < kSafeBuffer) {
      // Not step by step: what is left in the buffer has to last until the next part.
      this.#rate = 1;
    } else {
      const wanted = this.#catchingUp ? Math.min(kMaxRate, 1 + Math.max(0.02, behind * kRatePerSecond)) : 1;
      const step = Math.max(-kRateStep, Math.min(kRateStep, wanted - this.#rate));
      this.#rate = Math.round((this.#rate + step) * 1000) / 1000;
    }
    return { rate: this.#rate, jump: false, behind: behind > kTellBehind };
  }

  reset() {
    this.#rate = 1;
    this.#catchingUp = false;
  }
}
