// How loud a microphone is.

const kQuietDb = -60;
const kLoudDb = -6;

// 0 (silence) to 1 (as loud as it should get) from samples of -1…1. Pure.
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (db - kQuietDb) / (kLoudDb - kQuietDb)));
}

// Listens to a track beside whatever else it is used for.
export class LevelMeter {
  #context = null;
  #source = null;
  #analyser = null;
  #samples = new Float32Array(1024);

  listen(track) {
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return;
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#analyser = this.#context.createAnalyser();
      this.#analyser.fftSize = this.#samples.length;
    }
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  read() {
    if (!this.#source) return 0;
    // A context that was made before the first click is asleep.
    if (this.#context.state === 'suspended') this.#context.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }
}
