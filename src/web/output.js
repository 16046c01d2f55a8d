// Where the others' sound comes out: loudspeakers, a headset, a screen with sound. Shown where the browser lets pages
// choose (setSinkId: not Safari, nor phones) and knows of more than one.
import { listDevices, onDevicesChanged } from './devices.js';
import { recall, remember } from './memory.js';

const kKey = 'studio.output';

export class Output {
  #audio;
  #select;
  #field;
  #say;
  #wanted = recall(kKey) ?? '';
  #turn = Promise.resolve();

  // audio: the element that plays; select in field: the list; say(text): for those who hear the page.
  constructor({ audio, select, field }, say) {
    this.#audio = audio;
    this.#select = select;
    this.#field = field;
    this.#say = say;
    if (!audio.setSinkId) return;
    select.addEventListener('change', () => {
      this.#wanted = select.value;
      remember(kKey, this.#wanted);
      this.look();
    });
    onDevicesChanged(() => this.look());
  }

  // Once more what there is, one look after the other. Browsers name outputs only to whom they have allowed a microphone.
  look() {
    if (this.#audio.setSinkId) this.#turn = this.#turn.then(() => this.#look());
    return this.#turn;
  }

  async #look() {
    const list = await listDevices('audiooutput');
    this.#field.hidden = list.length < 2;
    if (list.length === 0) return;
    // What was unplugged is taken again when it is back.
    const { id, label } = list.find((output) => output.id === this.#wanted) ?? list.find((output) => output.id === 'default') ?? list[0];
    // '' is the system's choice and follows it; "default" stays with what that was.
    const sink = id === 'default' ? '' : id;
    if (sink !== this.#audio.sinkId) await this.#play_on(sink, label);
    const current = this.#audio.sinkId || 'default';
    this.#select.replaceChildren(...list.map((output) => new Option(output.label, output.id, false, output.id === current)));
  }

  async #play_on(sink, label) {
    try {
      await this.#audio.setSinkId(sink);
      this.#say(`Sound comes from ${label}`);
    } catch {
      this.#wanted = '';
      this.#say(`${label} cannot be used`);
    }
  }
}
