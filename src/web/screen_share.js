// The button that shares a screen, from the browser's chooser to the end of the track.
import { DeviceError, openScreen } from './devices.js';
import { screenProblem } from './states.js';

export class ScreenShare {
  #button;
  #word;
  #send;
  #tell;
  #track = null;
  #busy = false;

  // send(track or null): awaited; tell(text): what went wrong, or '' for nothing.
  constructor({ button, word }, send, tell) {
    this.#button = button;
    this.#word = word;
    this.#send = send;
    this.#tell = tell;
    button.addEventListener('click', () => (this.#track ? this.stop() : this.#start()));
  }

  get on() {
    return this.#track !== null;
  }

  // What is shared, or null.
  get track() {
    return this.#track;
  }

  async #start() {
    // The browser's chooser is open already.
    if (this.#busy) return;
    this.#busy = true;
    this.#tell('');
    try {
      const track = await openScreen();
      // Also ended by the browser's own "stop sharing", or with the window that was shared.
      track.addEventListener('ended', () => track === this.#track && this.stop());
      this.#track = track;
      await this.#send(track);
    } catch (error) {
      this.#track?.stop();
      this.#track = null;
      this.#tell(screenProblem(error instanceof DeviceError ? error.reason : error.name));
    } finally {
      this.#busy = false;
    }
    this.#draw();
  }

  async stop() {
    if (!this.#track) return;
    this.#track.stop();
    this.#track = null;
    this.#draw();
    await this.#send(null);
  }

  #draw() {
    this.#button.setAttribute('aria-pressed', String(this.on));
    this.#button.querySelector('use').setAttribute('href', `#icon-screen${this.on ? '-off' : ''}`);
    this.#word.textContent = this.on ? 'Sharing – press to stop' : 'Off';
  }
}
