// Goal: the others are heard wherever the browser lets us, and it is said where it does not; the program's picture follows
// the connection that has one, and it is said where that stands still. Method: elements and tracks made by hand.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Hearing } from '../../src/web/hearing.js';

let elements;
let refuse;

class FakeElement extends EventTarget {
  hidden = true;
  open = true;
  value = '';
  srcObject = null;
  frames = 0;
  getVideoPlaybackQuality() { return { totalVideoFrames: this.frames }; }
  async play() {
    if (refuse) throw Object.assign(new Error('refused'), { name: refuse });
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const shown = () => elements.video.srcObject?.getTracks()[0]?.name ?? null;
const track = (name, muted = false) => ({ name, muted });

beforeEach(() => {
  refuse = '';
  const kept = new Map();
  globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  globalThis.document = { hidden: false };
  globalThis.setInterval = () => 0;  // The tests look themselves.
  globalThis.MediaStream = class {
    constructor(tracks) { this.tracks = tracks; }
    getTracks() { return this.tracks; }
  };
  elements = Object.fromEntries(['audio', 'volume', 'blocked', 'program', 'video', 'still'].map((name) => [name, new FakeElement()]));
});

test('a browser that wants to be asked is asked', async () => {
  const hearing = new Hearing(elements);
  refuse = 'NotAllowedError';
  hearing.take([{ audio: track('a'), video: null }]);
  await settle();
  assert.equal(elements.blocked.hidden, false);
  refuse = '';
  elements.blocked.dispatchEvent(new Event('click'));
  await settle();
  assert.equal(elements.blocked.hidden, true);
});

test('a stream that is replaced before it plays is nothing to ask for', async () => {
  const hearing = new Hearing(elements);
  refuse = 'AbortError';
  hearing.take([{ audio: track('a'), video: null }]);
  await settle();
  assert.equal(elements.blocked.hidden, true);
});

test('the volume is kept', () => {
  new Hearing(elements);
  assert.equal(elements.audio.volume, 1);
  elements.volume.value = '35';
  elements.volume.dispatchEvent(new Event('input'));
  assert.equal(elements.audio.volume, 0.35);
  elements.volume.value = '';
  new Hearing(elements);
  assert.equal(elements.volume.value, '35');
});

test('while one connection takes over from another both are heard, and the one with a picture is seen', () => {
  const hearing = new Hearing(elements);
  const [old, fresh] = [track('old'), track('new', true)];
  hearing.take([{ audio: track('a'), video: old }]);
  assert.equal(elements.program.hidden, false);
  hearing.take([{ audio: track('a'), video: old }, { audio: track('b'), video: fresh }]);
  assert.deepEqual(elements.audio.srcObject.getTracks().map(({ name }) => name), ['a', 'b']);
  assert.equal(shown(), 'old');
  fresh.muted = false;
  fresh.onunmute();
  assert.equal(shown(), 'new');
  hearing.take([]);
  assert.equal(shown(), null);
  assert.equal(elements.program.hidden, true);
  assert.equal(elements.audio.srcObject, null);
});

test('a program that is put away is not decoded', () => {
  const hearing = new Hearing(elements);
  hearing.take([{ audio: null, video: track('p') }]);
  elements.program.open = false;
  elements.program.dispatchEvent(new Event('toggle'));
  assert.equal(shown(), null);
  elements.program.open = true;
  elements.program.dispatchEvent(new Event('toggle'));
  assert.equal(shown(), 'p');
});

test('a picture that stands still while it is shown is given a word', () => {
  const hearing = new Hearing(elements);
  const { still, video } = elements;
  let now = 0;
  // Every half second, with so many frames in it.
  const pass = (seconds, frames) => {
    for (const end = now + seconds * 1000; now < end;) {
      now += 500;
      video.frames += frames;
      hearing.look(now);
    }
  };
  pass(10, 0);
  assert.equal(still.hidden, true);  // There is none.
  hearing.take([{ audio: track('a'), video: track('p') }]);
  pass(10, 0);
  assert.equal(still.hidden, true);  // It has not begun.
  pass(10, 15);
  assert.equal(still.hidden, true);
  pass(4, 0);
  assert.equal(still.hidden, false);
  pass(1, 15);
  assert.equal(still.hidden, true);
  globalThis.document.hidden = true;
  pass(10, 0);
  globalThis.document.hidden = false;
  pass(2, 0);
  assert.equal(still.hidden, true);
});
