// Goal: every situation of a viewer has the right word. Method: a table; and the waiting times of retries.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff } from '../../src/web/backoff.js';
import { kViewerStates, viewerState } from '../../src/web/states.js';

const kPlaying = {
  supported: true, ended: false, reachable: true, found: true, started: true, paused: false, stalled: false, behind: false,
  rewound: false, recording: false,
};

for (const [what, change, state] of [
  ['all is well', {}, 'live'],
  ['the browser cannot', { supported: false }, 'unsupported'],
  ['over, although paused', { ended: true, paused: true }, 'ended'],
  ['the first request is under way', { started: false, found: null }, 'connecting'],
  ['no playlist yet', { started: false, found: false }, 'waiting'],
  ['a playlist, no frame yet', { started: false }, 'connecting'],
  ['the server cannot be reached at all', { started: false, found: null, reachable: false }, 'reconnecting'],
  ['the viewer paused', { paused: true, behind: true }, 'paused'],
  ['the picture stands still', { stalled: true }, 'reconnecting'],
  ['requests fail', { reachable: false }, 'reconnecting'],
  ['too far behind', { behind: true }, 'behind'],
  ['the viewer went back', { rewound: true }, 'rewound'],
  ['the viewer went back and paused', { rewound: true, paused: true }, 'paused'],
  ['what is played is over', { recording: true, rewound: true }, 'recording'],
]) {
  test(`${what}: ${state}`, () => {
    assert.equal(viewerState({ ...kPlaying, ...change }), state);
    assert.ok(kViewerStates[state][0].length > 0);
  });
}

test('waiting times double up to a limit and start again after success', () => {
  const backoff = new Backoff({ first_ms: 500, max_ms: 4000, random: () => 0.5 });
  assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [500, 1000, 2000, 4000, 4000]);
  assert.equal(backoff.attempts, 5);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test('waiting times are spread by a quarter to both sides', () => {
  assert.equal(new Backoff({ first_ms: 1000, random: () => 0 }).next(), 750);
  assert.equal(new Backoff({ first_ms: 1000, random: () => 1 }).next(), 1250);
});
