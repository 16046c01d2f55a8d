// How far behind live the picture is allowed to be, and what to do about it. Pure: no player in here.
//
// A player that holds back one second never has more than one second in its buffer, and hls.js only
// catches up with more than that. So the page steers by itself: it plays a few per cent faster while it
// is behind its target and slower while it is ahead of it, and jumps where playing faster would take minutes.
// The target itself is learned from what the buffer shows: a steady connection is held close to live, an
// unsteady one a little further away, before it stalls.

export const kMaxRate = 1.08;
export const kMinRate = 0.95;
// Another rate begins when the picture is this far off its target, and ends when it is nearly there:
// between the two nothing changes, so the rate does not flutter with every part.
const kBeginOff = 0.2;
const kEndOff = 0.04;
// The further off, the more: half a second behind asks for the whole kMaxRate.
const kRatePerSecond = 0.16;
const kLeastChange = 0.02;
// One step of the rate an update, about 0.06 a second: heard as nothing.
const kRateStep = 0.015;
// With less than this in the buffer faster playback would run it dry.
const kSafeBuffer = 0.3;
// At 8 % it takes 12.5 s to make up for one second. Past this distance a jump is the lesser evil.
export const kJumpBehind = 3;
// A jump needs a moment to show in the delay; until then it is not repeated.
const kJumpPauseMs = 4000;
// The lowest the buffer got within such a time judges the target. At the hold-back that playlists ask for
// (three parts) a steady connection never has less than about two parts.
const kWindowMs = 15000;
const kThinBuffer = 0.3;
const kAmpleBuffer = 0.6;
// How far the target moves away: for a stall, and for a buffer that was thin; how far it comes back.
const kPerStall = 0.3;
const kPerThin = 0.2;
const kPerAmple = 0.15;
const kMostExtra = 1.2;
// Nothing is known of a connection that begins.
const kFirstExtra = 0.3;
// "Catching up" is worth a word to the viewer from here on.
const kTellBehind = 0.6;

export class TargetDelay {
  #extra = kFirstExtra;
  #lowest = Infinity;
  #since = NaN;

  stalled(now) {
    this.#move(kPerStall);
    this.#begin(now);
  }

  // `buffer`: seconds, while playing.
  observe(now, buffer) {
    if (Number.isNaN(this.#since)) this.#begin(now);
    this.#lowest = Math.min(this.#lowest, buffer);
    if (now - this.#since < kWindowMs) return;
    if (this.#lowest < kThinBuffer) this.#move(kPerThin);
    if (this.#lowest > kAmpleBuffer) this.#move(-kPerAmple);
    this.#begin(now);
  }

  // `hold_back`: what the playlist asks for, seconds (PART-HOLD-BACK).
  at(hold_back) {
    return hold_back + this.#extra;
  }

  #move(by) {
    this.#extra = Math.min(kMostExtra, Math.max(0, this.#extra + by));
  }

  #begin(now) {
    this.#since = now;
    this.#lowest = Infinity;
  }
}

export class LatencyControl {
  #rate = 1;
  #steering = false;
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
    if (Math.abs(behind) > kBeginOff) this.#steering = true;
    // Past the target is on it, too.
    if (Math.abs(behind) < kEndOff || behind * (this.#rate - 1) < 0) this.#steering = false;
    if (buffer < kSafeBuffer && this.#rate > 1) {
      // Not step by step: what is left in the buffer has to last until the next part.
      this.#rate = 1;
    } else {
      const wanted = this.#steering && !(buffer < kSafeBuffer && behind > 0) ? steeringRate(behind) : 1;
      const step = Math.max(-kRateStep, Math.min(kRateStep, wanted - this.#rate));
      this.#rate = Math.round((this.#rate + step) * 1000) / 1000;
    }
    return { rate: this.#rate, jump: false, behind: behind > kTellBehind };
  }

  reset() {
    this.#rate = 1;
    this.#steering = false;
  }
}

function steeringRate(behind) {
  const change = Math.max(kLeastChange, Math.abs(behind) * kRatePerSecond);
  return behind > 0 ? Math.min(kMaxRate, 1 + change) : Math.max(kMinRate, 1 - change);
}
