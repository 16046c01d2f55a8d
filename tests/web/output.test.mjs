// Goal: the others are heard where somebody wants it, also when that is unplugged and plugged in again. Method: an
// <audio> and devices made by hand, with Chromium's rules for setSinkId.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Output } from '../../src/web/output.js';

let plugged;
let refuse;
let said;
let parts;
let changed;

class FakeElement extends EventTarget {
  hidden = true;
  options = [];
  replaceChildren(...options) { this.options = options; }
  get value() { return this.options.find(({ selected }) => selected)?.value ?? ''; }
}

class FakeAudio {
  sinkId = '';
  async setSinkId(id) {
    if (refuse || (id && !plugged.includes(id))) throw Object.assign(new Error(id), { name: 'NotFoundError' });
    this.sinkId = id;
  }
}

const choose = (id) => {
  for (const option of parts.select.options) option.selected = option.value === id;
  parts.select.dispatchEvent(new Event('change'));
};
const plug = (...ids) => {
  plugged = ids;
  changed();
};

beforeEach(() => {
  refuse = false;
  said = [];
  plugged = ['default', 'desk', 'headset'];
  const kept = new Map();
  globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  globalThis.Option = class { constructor(text, value, _, selected) { Object.assign(this, { text, value, selected }); } };
  const enumerateDevices = async () => plugged.map((deviceId) => ({ kind: 'audiooutput', deviceId, label: `the ${deviceId}`, groupId: '' }));
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true, value: { mediaDevices: { enumerateDevices, addEventListener: (_, action) => { changed = action; } } },
  });
  parts = { audio: new FakeAudio(), select: new FakeElement(), field: new FakeElement() };
});

const open = async () => {
  const output = new Output(parts, (text) => said.push(text));
  await output.look();
  return output;
};

test('the list says what the system does until somebody chooses', async () => {
  await open();
  assert.equal(parts.field.hidden, false);
  assert.deepEqual(parts.select.options.map(({ text }) => text), ['the default', 'the desk', 'the headset']);
  assert.equal(parts.select.value, 'default');
  assert.deepEqual([parts.audio.sinkId, said], ['', []]);
});

test('what is chosen is played on, said, and chosen again by the next page', async () => {
  const output = await open();
  choose('headset');
  await output.look();
  assert.deepEqual([parts.audio.sinkId, said], ['headset', ['Sound comes from the headset']]);
  parts = { audio: new FakeAudio(), select: new FakeElement(), field: new FakeElement() };
  await open();
  assert.deepEqual([parts.audio.sinkId, parts.select.value], ['headset', 'headset']);
});

test('what is unplugged gives its place to the system\'s choice, and has it back', async () => {
  const output = await open();
  choose('headset');
  await output.look();
  plug('default', 'desk');
  await output.look();
  assert.deepEqual([parts.audio.sinkId, parts.select.value], ['', 'default']);
  plug('default', 'desk', 'headset');
  await output.look();
  assert.equal(parts.audio.sinkId, 'headset');
});

test('what the browser refuses is said, and the sound stays where it is', async () => {
  const output = await open();
  refuse = true;
  choose('desk');
  await output.look();
  assert.deepEqual([parts.audio.sinkId, parts.select.value, said], ['', 'default', ['the desk cannot be used']]);
});

test('one output, or a browser without the choice, shows no list', async () => {
  plugged = ['default'];
  await open();
  assert.equal(parts.field.hidden, true);
  plugged = ['default', 'desk'];
  parts.audio.setSinkId = undefined;
  await open();
  assert.equal(parts.field.hidden, true);
});
