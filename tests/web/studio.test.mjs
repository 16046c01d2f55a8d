// Goal: the studio shows people as they are and helps where a device fails. Method: tables over the pure parts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { levelOf } from '../../src/web/level.js';
import { describe, hueOf, initials, rowsOf } from '../../src/web/roster.js';
import { deviceProblem } from '../../src/web/states.js';

for (const [name, expected] of [
  ['Ada Lovelace', 'AL'], ['ada', 'A'], ['  Jean Luc  Picard ', 'JP'], ['', '?'], ['   ', '?'], ['élodie', 'É'], ['🦊 fox', '🦊F'],
]) {
  test(`initials of "${name}"`, () => assert.equal(initials(name), expected));
}

test('a name keeps its colour', () => {
  assert.equal(hueOf('Ada'), hueOf('Ada'));
  assert.ok(hueOf('Ada') >= 0 && hueOf('Ada') < 360);
});

test('the roster puts oneself first and keeps the order of the others', () => {
  const roster = { speakers: [{ id: 'a', name: 'Ada' }, { id: 'b', name: 'Bo' }, { id: 'c', name: 'Cy' }] };
  assert.deepEqual(rowsOf(roster, 'c').map((row) => row.id), ['c', 'a', 'b']);
  assert.deepEqual(rowsOf(roster, null).map((row) => row.me), [false, false, false]);
});

test('a roster with holes is shown without falling over', () => {
  assert.deepEqual(rowsOf(null, 'a'), []);
  assert.deepEqual(rowsOf({ speakers: 'none' }, 'a'), []);
  assert.deepEqual(rowsOf({ speakers: [{ id: 7 }] }, 'a')[0], {
    id: '7', name: 'Speaker', me: false, host: false, camera: false, muted: false, talking: false, onAir: false, unstable: false,
  });
});

test('who is muted does not talk', () => {
  const [row] = rowsOf({ speakers: [{ id: 'a', name: 'Ada', talking: true, muted: true }] }, '');
  assert.equal(row.talking, false);
});

test('a row is described for those who hear it', () => {
  const [row] = rowsOf({ speakers: [{ id: 'a', name: 'Ada', onAir: true, camera: true, role: 'host' }] }, 'a');
  assert.equal(describe(row), 'Ada (you), host, on air, microphone on, camera on');
});

for (const [kind, error, words] of [
  ['audio', 'NotAllowedError', /microphone is blocked/],
  ['video', 'NotFoundError', /No camera found/],
  ['video', 'NotReadableError', /camera is busy/],
  ['audio', 'InsecureContext', /HTTPS/],
  ['video', 'SomethingNew', /SomethingNew/],
]) {
  test(`${kind}: ${error}`, () => assert.match(deviceProblem(kind, error), words));
}

test('the level goes from silence to loud', () => {
  const wave = (amplitude) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 7));
  assert.equal(levelOf(wave(0)), 0);
  assert.equal(levelOf(wave(1)), 1);
  const soft = levelOf(wave(0.01));
  const louder = levelOf(wave(0.1));
  assert.ok(soft > 0.1 && louder > soft && louder < 1, `${soft} ${louder}`);
});
