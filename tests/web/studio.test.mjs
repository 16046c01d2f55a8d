// Goal: the studio shows people as they are and helps where a device fails. Method: tables over the pure parts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reasonOf } from '../../src/web/devices.js';
import { actionsFor } from '../../src/web/host.js';
import { levelOf } from '../../src/web/level.js';
import { describe, describeStage, hueOf, initials, rowsOf } from '../../src/web/roster.js';
import { deviceProblem, joinProblem, screenProblem } from '../../src/web/states.js';

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
    id: '7', name: 'Speaker', me: false, host: false, cohost: false, manages: false, camera: false, muted: false, talking: false, onAir: false,
    pinned: false, hand: false, screen: false, unstable: false,
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

test('everything that is shown of somebody is also described', () => {
  const [row] = rowsOf({ speakers: [{ id: 'a', name: 'Bo', role: 'cohost', pinned: true, hand: true, screen: true, muted: true, connection: 'unstable' }] }, '');
  assert.equal(describe(row), 'Bo, co-host, pinned, hand up, sharing a screen, microphone off, camera off, unstable connection');
});

for (const [names, words] of [
  [[], ''], [['Ada'], 'On stage: Ada'], [['Ada', 'Bo'], 'On stage: Ada and Bo'], [['Ada', 'Bo', 'Cy'], 'On stage: Ada, Bo and Cy'],
  [['Ada', 'Bo', 'Cy', 'Di'], 'On stage: Ada, Bo, Cy and one more'], [['A', 'B', 'C', 'D', 'E'], 'On stage: A, B, C and 2 more'],
]) {
  test(`${names.length} people wait on stage`, () => assert.equal(describeStage(names.map((name) => ({ name }))), words));
}

// Who may do what to whom, as the server has it too.
const kPeople = rowsOf({ speakers: [{ id: 'h', role: 'host' }, { id: 'g', role: 'host' }, { id: 'c', role: 'cohost' }, { id: 's', role: 'speaker' }] }, '');
for (const [who, whom, actions] of [
  ['h', 's', ['mute', 'pin', 'rename', 'remove']],
  ['h', 'g', ['mute', 'pin', 'rename', 'remove']],
  ['h', 'h', ['pin', 'rename']],
  ['c', 's', ['mute', 'pin', 'rename', 'remove']],
  ['c', 'c', ['pin', 'rename']],
  ['c', 'h', []],
  ['s', 'h', []],
  ['s', 's', []],
]) {
  test(`${who} can do to ${whom}: ${actions.join(', ') || 'nothing'}`, () => {
    const mine = { ...kPeople.find((row) => row.id === who), me: true };
    const row = { ...kPeople.find((other) => other.id === whom), me: who === whom };
    assert.deepEqual(actionsFor(row, mine).map(([action]) => action), actions);
  });
}

test('who is muted cannot be muted, nor unmuted by anybody else; who is pinned can be unpinned', () => {
  const row = { me: false, muted: true, pinned: true, host: false };
  assert.deepEqual(actionsFor(row, { manages: true, host: true }).map(([action]) => action), ['unpin', 'rename', 'remove']);
  assert.deepEqual(actionsFor(row, undefined), []);
});

for (const [kind, error, words] of [
  ['audio', 'NotAllowedError', /microphone is blocked/],
  ['video', 'SecurityError', /camera is blocked/],
  ['audio', 'SystemDenied', /system's privacy settings/],
  ['video', 'NotFoundError', /No camera found/],
  ['audio', 'OverconstrainedError', /No microphone found/],
  ['video', 'NotReadableError', /camera is busy/],
  ['audio', 'AbortError', /microphone is busy/],
  ['video', 'InvalidStateError', /in front/],
  ['audio', 'InsecureContext', /HTTPS/],
  ['video', 'Unsupported', /This browser cannot/],
  ['video', 'SomethingNew', /SomethingNew/],
]) {
  test(`${kind}: ${error}`, () => assert.match(deviceProblem(kind, error), words));
}

for (const [error, words] of [
  // Whoever closes the chooser knows it.
  ['NotAllowedError', /^$/],
  ['SystemDenied', /privacy settings/],
  ['Unsupported', /Phones cannot/],
  ['InsecureContext', /HTTPS/],
  ['NotReadableError', /cannot be recorded/],
  ['AbortError', /cannot be recorded/],
  ['NotFoundError', /no screen/],
  ['InvalidStateError', /in front/],
  ['SomethingNew', /SomethingNew/],
]) {
  test(`screen: ${error}`, () => assert.match(screenProblem(error), words));
}

test('Chrome says in its message that the system is in the way', () => {
  assert.equal(reasonOf({ name: 'NotAllowedError', message: 'Permission denied' }), 'NotAllowedError');
  assert.equal(reasonOf({ name: 'NotAllowedError', message: 'Permission denied by system' }), 'SystemDenied');
  assert.equal(reasonOf({ name: 'NotReadableError', message: 'Could not start, blocked by system' }), 'NotReadableError');
});

for (const [what, problem, token, words] of [
  ['no token', { status: 401, message: 'a join token is needed' }, false, /by invitation\. Open the link/],
  ['an old token', { status: 401, message: 'the token expired at 12:00' }, true, /may have expired.*The token expired at 12:00\./],
  ['another Space', { status: 403, message: 'the token is for another Space' }, true, /may not go on this stage\. The token is for another Space\./],
  ['a full stage', { status: 503, message: 'the stage is full: 13 people are on it' }, false, /^The stage is full: 13 people are on it\. Try again/],
  ['too many attempts', { status: 429, message: 'too many joins' }, false, /^Too many joins\. Try again/],
  ['the end', { status: 409, message: 'the Space has ended' }, false, /^Joining failed\. The Space has ended\.$/],
  ['no answer', { status: 0, message: 'the server cannot be reached' }, false, /The server cannot be reached\./],
  ['an error without words', {}, false, /reason is unknown/],
]) {
  test(`joining is refused: ${what}`, () => assert.match(joinProblem(problem, { token }), words));
}

test('the level goes from silence to loud', () => {
  const wave = (amplitude) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 7));
  assert.equal(levelOf(wave(0)), 0);
  assert.equal(levelOf(wave(1)), 1);
  const soft = levelOf(wave(0.01));
  const louder = levelOf(wave(0.1));
  assert.ok(soft > 0.1 && louder > soft && louder < 1, `${soft} ${louder}`);
});
