// The speaker's own camera and microphone on the page: switches, lists, level, and what is to be said of them.
import { DeviceError, listDevices, onDevicesChanged, openDevice } from './devices.js';
import { LevelMeter } from './level.js';
import { MutedSpeech } from './speech.js';
import { deviceProblem } from './states.js';

const kMeterMs = 80;
const kKinds = ['audio', 'video'];
const kNames = { audio: 'Microphone', video: 'Camera' };

export class OwnDevices {
  // `wanted`: the switch; `open`: what it has led to, null while off or impossible; `sent`: what goes on stage. The two
  // are one for the camera. A microphone is listened to although nobody else hears it, so what goes out is a clone with
  // a switch of its own.
  #devices;
  #meter = new LevelMeter();
  #muted_speech = new MutedSpeech();
  #elements;
  #on_change;
  #say;
  #held = false;

  // elements: {audio, video: {switch, select, problem, word, icon}, meter, level, muted_hint}; on_change(kind): what is sent
  // is another one, awaited; say(text): for those who hear the page.
  constructor(elements, on_change, say) {
    this.#elements = elements;
    this.#on_change = on_change;
    this.#say = say;
    this.#devices = Object.fromEntries(kKinds.map((kind) => [kind, {
      ...elements[kind], wanted: true, open: null, sent: null, group: '', reason: '', asking: false, turn: Promise.resolve(),
    }]));
    for (const kind of kKinds) {
      this.#devices[kind].switch.addEventListener('click', () => this.toggle(kind));
      this.#devices[kind].select.addEventListener('change', () => this.#choose(kind));
    }
    onDevicesChanged(() => kKinds.forEach((kind) => this.#in_turn(kind, () => this.#look_again(kind))));
    setInterval(() => this.#draw_meter(), kMeterMs);
  }

  start() {
    for (const kind of kKinds) {
      this.#in_turn(kind, async () => {
        await this.#open(kind);
        await this.#apply(kind);
      });
    }
  }

  // Once more what there is, to a stage that has just come into being.
  applyAll() {
    for (const kind of kKinds) this.#in_turn(kind, () => this.#apply(kind));
  }

  isOn(kind) {
    const { wanted, open } = this.#devices[kind];
    return open !== null && (wanted || (kind === 'audio' && this.#held));
  }

  // What goes on stage; null while off. A microphone that is off is a track that is not enabled.
  sent(kind) {
    return this.#devices[kind].sent;
  }

  get level() {
    return this.#meter.read();
  }

  // Whether there is a microphone that is off: what push-to-talk opens.
  get mayTalk() {
    const { wanted, open } = this.#devices.audio;
    return open !== null && !wanted;
  }

  // At once and for as long as the key is held: no device is opened for it, and nothing is waited for.
  talk(on) {
    this.#held = on;
    const { sent } = this.#devices.audio;
    if (sent) sent.enabled = this.isOn('audio');
    return this.#in_turn('audio', () => this.#apply('audio'));
  }

  // Off by somebody else's hand.
  mute() {
    this.#held = false;
    return this.#in_turn('audio', async () => {
      this.#devices.audio.wanted = false;
      await this.#apply('audio');
    });
  }

  toggle(kind) {
    const device = this.#devices[kind];
    return this.#in_turn(kind, async () => {
      // A switch that is on without a device is an attempt to get one, not a wish to be off.
      device.wanted = device.open === null || !device.wanted;
      // A camera that is off is closed, and its light goes out. A microphone stays open: speech must not
      // lose its first syllable.
      if (kind === 'video' && !device.wanted) this.#close(kind);
      if (device.wanted && !device.open) await this.#open(kind);
      await this.#apply(kind);
      this.#say(`${kNames[kind]} ${this.isOn(kind) ? 'on' : 'off'}`);
    });
  }

  // Changes of one device run one after the other, however fast somebody presses its switch.
  #in_turn(kind, action) {
    const device = this.#devices[kind];
    device.turn = device.turn.then(action);
    return device.turn;
  }

  async #open(kind) {
    const device = this.#devices[kind];
    device.asking = true;
    this.#draw();
    try {
      const track = await openDevice(kind, device.select.value);
      track.addEventListener('ended', () => this.#in_turn(kind, () => this.#lost(kind, track)));
      device.open = track;
      device.sent = kind === 'audio' ? track.clone() : track;
      device.reason = '';
    } catch (error) {
      device.reason = error instanceof DeviceError ? error.reason : error.name;
    }
    device.asking = false;
    device.problem.textContent = device.reason && deviceProblem(kind, device.reason);
    device.problem.hidden = !device.reason;
    await this.#list(kind);
  }

  #close(kind) {
    const device = this.#devices[kind];
    device.sent?.stop();
    device.open?.stop();
    device.open = null;
    device.sent = null;
  }

  async #choose(kind) {
    await this.#in_turn(kind, async () => {
      if (!this.#devices[kind].open) return;
      this.#close(kind);
      await this.#open(kind);
      await this.#apply(kind);
    });
  }

  // Unplugged, or taken away in the browser's settings: another one takes its place where there is one.
  async #lost(kind, track) {
    const device = this.#devices[kind];
    if (device.open !== track) return;
    this.#close(kind);
    if (device.wanted || kind === 'audio') await this.#open(kind);
    await this.#apply(kind);
    this.#say(device.open ? `${kNames[kind]} changed to ${device.open.label}` : `${kNames[kind]} lost`);
  }

  // Something was plugged in or out, or the system has another default.
  async #look_again(kind) {
    const device = this.#devices[kind];
    const list = await this.#list(kind);
    const missing = device.wanted && !device.open && list.length > 0 && ['NotFoundError', 'OverconstrainedError'].includes(device.reason);
    // A track of "default" stays with the device that was the default when it was opened.
    const fresh = list.find(({ id }) => id === 'default');
    const moved = device.open?.getSettings().deviceId === 'default' && fresh && fresh.group !== device.group;
    if (!missing && !moved) return;
    this.#close(kind);
    await this.#open(kind);
    await this.#apply(kind);
  }

  async #list(kind) {
    const device = this.#devices[kind];
    const list = await listDevices(`${kind}input`);
    const current = device.open?.getSettings().deviceId ?? device.select.value;
    device.select.replaceChildren(...list.map(({ id, label }) => new Option(label, id, false, id === current)));
    if (list.length === 0) device.select.append(new Option(`No ${kNames[kind].toLowerCase()}`, ''));
    device.select.disabled = list.length === 0;
    return list;
  }

  // The switch as it is now, on the page and on stage.
  async #apply(kind) {
    const device = this.#devices[kind];
    if (kind === 'audio') {
      if (device.sent) device.sent.enabled = this.isOn('audio');
      this.#meter.listen(device.open);
      this.#muted_speech.reset();
    }
    if (device.open) device.group = (await listDevices(`${kind}input`)).find(({ id }) => id === 'default')?.group ?? '';
    this.#draw();
    await this.#on_change(kind);
  }

  #word(kind) {
    const device = this.#devices[kind];
    if (device.asking) return 'Asking the browser…';
    if (kind === 'audio' && this.#held && !device.wanted) return 'On while you hold Space';
    if (this.isOn(kind)) return 'On';
    return device.reason ? 'Not available' : 'Off';
  }

  #draw() {
    for (const kind of kKinds) {
      const device = this.#devices[kind];
      const on = this.isOn(kind);
      device.switch.setAttribute('aria-pressed', String(on));
      device.switch.querySelector('use').setAttribute('href', `#icon-${device.icon}${on ? '' : '-off'}`);
      device.word.textContent = this.#word(kind);
    }
  }

  #draw_meter() {
    const { meter, muted_hint } = this.#elements;
    const raw = this.#meter.read();
    const on = this.isOn('audio');
    const level = on ? raw : 0;
    meter.style.setProperty('--level', level.toFixed(2));
    meter.setAttribute('aria-valuenow', Math.round(level * 100));
    const hidden = on || !this.#devices.audio.open || !this.#muted_speech.feed(raw, performance.now());
    if (muted_hint.hidden !== hidden) muted_hint.hidden = hidden;
  }
}
