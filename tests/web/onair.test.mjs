// Goal: the name on the page is that of the frame on screen.
// Method: ranges as hls.js gives them, looked up at dates around their borders.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kOnAirClass, onAirAt, onAirOfCues } from '../../src/web/onair.js';

const kStart = Date.parse('2026-01-01T12:00:00Z');
const date = (seconds) => new Date(kStart + seconds * 1000);
const range = (from, to, speaker, name, cls = kOnAirClass) => ({
  class: cls,
  startDate: date(from),
  endDate: to === null ? undefined : date(to),
  attr: { 'X-SPEAKER': speaker, ...(name ? { 'X-NAME': name } : {}) },
});

const kRanges = {
  a: range(0, 10, 's1', 'Ada'),
  b: range(10, 14, 's2', 'Grace'),
  c: range(20, null, 's3', ''),
  d: range(30, null, 's1', 'Ada'),
  e: range(40, null, '', ''),
  other: range(0, null, 's9', 'Advertisement', 'com.example.other'),
};

for (const [seconds, expected] of [
  [-1, null],
  [0, { speaker: 's1', name: 'Ada' }],
  [9.999, { speaker: 's1', name: 'Ada' }],
  [10, { speaker: 's2', name: 'Grace' }],
  [14, null],
  [20, { speaker: 's3', name: 's3' }],
  [35, { speaker: 's1', name: 'Ada' }],
  [41, null],
]) {
  test(`at ${seconds} s: ${expected ? expected.name : 'nobody'}`, () => {
    assert.deepEqual(onAirAt(kRanges, date(seconds)), expected);
  });
}

test('without a date or ranges nobody is named', () => {
  assert.equal(onAirAt(kRanges, null), null);
  assert.equal(onAirAt(undefined, date(0)), null);
  assert.equal(onAirAt({ gone: undefined }, date(0)), null);
});

test('metadata cues of a native player say the same', () => {
  const cue = (key, data) => ({ value: { key, data } });
  assert.deepEqual(onAirOfCues([cue('X-SPEAKER', 's1'), cue('X-NAME', 'Ada')]), { speaker: 's1', name: 'Ada' });
  assert.deepEqual(onAirOfCues([cue('X-SPEAKER', 's1')]), { speaker: 's1', name: 's1' });
  assert.equal(onAirOfCues([{}]), null);
  assert.equal(onAirOfCues(null), null);
});
