// How good a picture is sent. The server hints at what it needs: nobody sees a large picture of somebody who
// listens, and it would cost their uplink and their battery. Pure but for the sender that is handed in.

// Of RTCRtpEncodingParameters.
const kQualities = {
  full: { maxBitrate: 2_500_000, maxFramerate: 30, scaleResolutionDownBy: 1 },
  low: { maxBitrate: 150_000, maxFramerate: 10, scaleResolutionDownBy: 4 },
};

export const encodingOf = (quality) => ({ ...kQualities[quality] });

// What the event "hint" asks of this speaker: 'full' for everybody it says nothing about.
export function hintFor(speaker, hint) {
  const hints = hint?.speakers;
  return hints && Object.hasOwn(hints, speaker) && hints[speaker] === 'low' ? 'low' : 'full';
}

// One sender and what it should send. Changes are made one after the other, the latest wish wins, and a browser
// that cannot do it goes on sending as it does.
export class SendingQuality {
  #sender;
  #wanted = 'full';
  #applied = 'full';
  #work = null;

  // The sender was made with encodingOf('full').
  constructor(sender) {
    this.#sender = sender;
  }

  // Resolves when the sender is as wanted, or cannot be.
  set(quality) {
    this.#wanted = quality;
    this.#work ??= this.#apply().finally(() => { this.#work = null; });
    return this.#work;
  }

  async #apply() {
    while (this.#applied !== this.#wanted) {
      const quality = this.#wanted;
      this.#applied = quality;
      try {
        const parameters = this.#sender.getParameters();
        // Before negotiation is over a Firefox has no encodings.
        for (const encoding of parameters.encodings ?? []) Object.assign(encoding, kQualities[quality]);
        await this.#sender.setParameters(parameters);
      } catch {
        // Closed meanwhile, or not supported.
      }
    }
  }
}
