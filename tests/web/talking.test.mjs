// Goal: who talks while muted is told so, and the Space bar opens a muted microphone for as long as it is held.
// Method: levels and keys made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PushToTalk } from '../../src/web/push_to_talk.js';
import { MutedSpeech } from '../../src/web/speech.js';

const kStepMs = 80;

// Feeds `seconds` of level(t); returns the times, in seconds from `from`, at which the page says so.
function listen(speech, level, seconds, from = 0) {
  const shown = [];
  for (let ms = 0; ms < seconds * 1000; ms += kStepMs) {
    if (speech.feed(level(ms / 1000), from * 1000 + ms)) shown.push(ms / 1000);
  }
  return shown;
}

const silence = () => 0.1;
const syllables = (t) => (t % 0.35 < 0.22 ? 0.7 : 0.25);

test('speech is noticed within a second, and shown for some seconds after it', () => {
  const speech = new MutedSpeech();
  assert.deepEqual(listen(speech, silence, 2), []);
  const shown = listen(speech, syllables, 3, 2);
  assert.ok(shown[0] < 1, `${shown[0]}`);
  const after = listen(speech, silence, 10, 5);
  assert.ok(after.at(-1) > 2 && after.at(-1) < 5, `${after.at(-1)}`);
});

test('a cough is not', () => {
  const speech = new MutedSpeech();
  listen(speech, silence, 2);
  assert.deepEqual(listen(speech, (t) => (t < 0.24 ? 0.9 : 0.1), 5, 2), []);
});

test('a fan is taken for the room after a while, and speech beside it is heard', () => {
  const speech = new MutedSpeech();
  const fan = () => 0.5;
  listen(speech, fan, 20);
  assert.deepEqual(listen(speech, fan, 10, 20), []);
  assert.ok(listen(speech, (t) => (t % 0.35 < 0.22 ? 0.85 : 0.5), 3, 30).length > 0);
});

test('whoever turns the microphone on is not told any more', () => {
  const speech = new MutedSpeech();
  listen(speech, syllables, 2);
  speech.reset();
  assert.equal(speech.feed(0.1, 2000), false);
});

function keyboard({ muted = true, tag = 'body' } = {}) {
  const talked = [];
  const keys = new PushToTalk(() => muted, (on) => talked.push(on));
  const target = { closest: (selector) => (selector.split(', ').includes(tag) ? target : null) };
  return { keys, talked, press: (more) => keys.down({ key: ' ', target, ...more }), release: () => keys.up({ key: ' ' }) };
}

test('held is heard, and released is not', () => {
  const { talked, press, release } = keyboard();
  assert.equal(press(), true);
  // The key repeats while it is held, and must not scroll the page.
  assert.equal(press({ repeat: true }), true);
  assert.equal(release(), true);
  assert.deepEqual(talked, [true, false]);
  assert.equal(release(), false);
});

test('a window that loses the keyboard closes the microphone', () => {
  const { keys, talked, press } = keyboard();
  press();
  keys.release();
  keys.release();
  assert.deepEqual(talked, [true, false]);
});

for (const [what, options, key] of [
  ['the microphone is on', { muted: false }, {}],
  ['somebody types', { tag: 'input' }, {}],
  ['a button has the focus', { tag: 'button' }, {}],
  ['a dialog is open', { tag: 'dialog' }, {}],
  ['another key', {}, { key: 'x' }],
  ['a shortcut of the browser', {}, { ctrlKey: true }],
  ['held since before', {}, { repeat: true }],
]) {
  test(`nothing happens where ${what}`, () => {
    const { talked, press } = keyboard(options);
    assert.equal(press(key), false);
    assert.deepEqual(talked, []);
  });
}
