// How good a picture is sent. The server hints at what it needs: nobody sees a large picture of somebody who
// listens, and it would cost their uplink and their battery. Pure but for the sender that is handed in.

// Of RTCRtpEncodingParameters.
const kQualities = {
  full: { maxBitrate: 2_500_000, maxFramerate: 30, scaleResolutionDownBy: 1 },
  low: { maxBitrate: 150_000, maxFramerate: 10, scaleResolutionDownBy: 4 },
};

export const encodingOf = (quality) => ({ ...kQualities[quality] });

// A screen has small print and little movement.
export const kScreenEncoding = { maxBitrate: 2_500_000, maxFramerate: 15 };

// What the event "hint" asks of this speaker: 'full' for everybody it says nothing about.
export function hintFor(speaker, hint) {
  const hints = hint?.speakers;
  return hints && Object.hasOwn(hints, speaker) && hints[speaker] === 'low' ? 'low' : 'full';
}

// One sender and what it should send. Changes are made one after the other, the latest wish wins, and a browser
// that cannot do it goes on sending as it does.
export class SendingQuality {
  #sender;
  #wanted = { quality: 'full', preference: '' };
  #applied = this.#wanted;
  #work = null;

  // The sender was made with encodingOf('full').
  constructor(sender) {
    this.#sender = sender;
  }

  // Each resolves when the sender is as wanted, or cannot be.
  set(quality) {
    return this.#want({ quality });
  }

  // What gives way where the network is slow: a word of RTCDegradationPreference. A connection begins by knowing nothing of
  // its network; a browser that may make the picture smaller would go on air with a quarter of it, for seconds.
  prefer(preference) {
    return this.#want({ preference });
  }

  #want(change) {
    this.#wanted = { ...this.#wanted, ...change };
    this.#work ??= this.#apply().finally(() => { this.#work = null; });
    return this.#work;
  }

  async #apply() {
    const same = (a, b) => a.quality === b.quality && a.preference === b.preference;
    while (!same(this.#applied, this.#wanted)) {
      const { quality, preference } = this.#wanted;
      this.#applied = this.#wanted;
      try {
        const parameters = this.#sender.getParameters();
        // Before negotiation is over a Firefox has no encodings.
        for (const encoding of parameters.encodings ?? []) Object.assign(encoding, kQualities[quality]);
        if (preference) parameters.degradationPreference = preference;
        await this.#sender.setParameters(parameters);
      } catch {
        // Closed meanwhile, or not supported.
      }
    }
  }
}
