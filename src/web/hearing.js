// What comes back from the stage: the others' sound, and the program's picture beside one's own.
import { recall, remember } from './memory.js';
import { Standstill } from './standstill.js';

const kLookMs = 500;

export class Hearing {
  #audio;
  #video;
  #program;
  #blocked;
  #still;
  #standstill = new Standstill();
  #pictures = [];

  // audio: the element that plays the others; volume: its slider, 0 to 100; blocked: what to press where the browser
  // wants to be asked; program: the <details> around the element `video`; still: what to say where that stands still.
  constructor({ audio, volume, blocked, program, video, still }) {
    this.#audio = audio;
    this.#video = video;
    this.#still = still;
    this.#program = program;
    this.#blocked = blocked;
    volume.value = recall('studio.volume') ?? '100';
    this.#set_volume(volume);
    volume.addEventListener('input', () => {
      this.#set_volume(volume);
      remember('studio.volume', volume.value);
    });
    blocked.addEventListener('click', () => this.#play());
    program.addEventListener('toggle', () => this.#show());
    setInterval(() => this.look(performance.now()), kLookMs);
  }

  // [{audio, video}]: tracks, null for what does not come, the newest last. While a connection takes over from another one
  // there are two, and the server sends on one of them at a time: both are heard, and the picture is of the newest one that
  // has any.
  take(received) {
    const sounds = received.map(({ audio }) => audio).filter(Boolean);
    this.#audio.srcObject = sounds.length > 0 ? new MediaStream(sounds) : null;
    if (sounds.length > 0) this.#play();
    else this.#blocked.hidden = true;
    this.#pictures = received.map(({ video }) => video).filter(Boolean);
    for (const track of this.#pictures) track.onunmute = () => this.#show();
    this.#program.hidden = this.#pictures.length === 0;
    this.#show();
  }

  // Does the picture move? In a page that is hidden none does, and one that has not begun yet does not stand still.
  look(now) {
    const { totalVideoFrames } = this.#video.getVideoPlaybackQuality();
    if (!this.#video.srcObject || totalVideoFrames === 0 || document.hidden) this.#standstill.begin(now);
    const hidden = !this.#standstill.feed(totalVideoFrames, now);
    if (this.#still.hidden !== hidden) this.#still.hidden = hidden;
  }

  #set_volume({ value }) {
    this.#audio.volume = Number(value) / 100;
  }

  async #play() {
    try {
      await this.#audio.play();
      this.#blocked.hidden = true;
    } catch (error) {
      // Anything else is another stream that has taken the place of this one.
      if (error.name === 'NotAllowedError') this.#blocked.hidden = false;
    }
  }

  // A picture that nobody looks at is not decoded.
  #show() {
    const picture = this.#pictures.findLast(({ muted }) => !muted) ?? this.#pictures.at(-1);
    const wanted = this.#program.open ? picture ?? null : null;
    if ((this.#video.srcObject?.getTracks()[0] ?? null) === wanted) return;
    this.#video.srcObject = wanted && new MediaStream([wanted]);
  }
}
