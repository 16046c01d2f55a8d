// Goal: the word for the connection says the worst of what is known.
// Method: a table.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatBitrate, quality } from '../../src/web/quality.js';

const kPerfect = { connected: true, bandwidth: 20e6, bitrate: 2e6, recentStalls: 0, excessDelay: 0 };

for (const [what, change, word, bars] of [
  ['all is well', {}, 'Excellent', 4],
  ['nothing is known of bandwidth yet', { bandwidth: 0 }, 'Excellent', 4],
  ['bandwidth twice the stream', { bandwidth: 4e6 }, 'Good', 3],
  ['bandwidth just enough', { bandwidth: 2.5e6 }, 'Fair', 2],
  ['bandwidth below the stream', { bandwidth: 1.5e6 }, 'Poor', 1],
  ['one stall', { recentStalls: 1 }, 'Fair', 2],
  ['many stalls', { recentStalls: 5 }, 'Poor', 1],
  ['some delay', { excessDelay: 1.5 }, 'Good', 3],
  ['much delay', { excessDelay: 4 }, 'Fair', 2],
  ['a delay that is not known', { excessDelay: NaN }, 'Excellent', 4],
  ['the worst counts', { recentStalls: 5, bandwidth: 4e6, excessDelay: 4 }, 'Poor', 1],
  ['no connection', { connected: false }, 'No connection', 0],
]) {
  test(`${what}: ${word}`, () => {
    assert.deepEqual(quality({ ...kPerfect, ...change }), { bars, word });
  });
}

test('bit rates are written for people', () => {
  assert.equal(formatBitrate(2_540_000), '2.5 Mb/s');
  assert.equal(formatBitrate(96_400), '96 kb/s');
  assert.equal(formatBitrate(NaN), '–');
});
