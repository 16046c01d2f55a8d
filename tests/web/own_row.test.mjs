// Goal: what somebody else has done to us is noticed, and our own words on their way are not taken for it.
// Method: rosters made by hand, with a clock of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OwnRow } from '../../src/web/own_row.js';

function watch(context) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const seen = [];
  const now = { muted: false, missing: false };
  const row = new OwnRow({
    muted: () => now.muted, missing: () => now.missing, on_muted: () => seen.push('muted'), on_missing: () => seen.push('missing'),
  });
  return {
    seen,
    roster(change, wait_ms = 0) {
      Object.assign(now, change);
      row.look();
      context.mock.timers.tick(wait_ms);
    },
  };
}

test('a host has muted us', (context) => {
  const { seen, roster } = watch(context);
  roster({ muted: true }, 1000);
  assert.deepEqual(seen, ['muted']);
});

test('our own word was on its way', (context) => {
  const { seen, roster } = watch(context);
  roster({ muted: true }, 100);
  roster({ muted: false }, 5000);
  assert.deepEqual(seen, []);
});

test('many rosters in a row do not put it off', (context) => {
  const { seen, roster } = watch(context);
  for (let i = 0; i < 25; ++i) roster({ missing: true }, 100);
  assert.deepEqual(seen, ['missing']);
});

test('a change that is over when time has passed is none', (context) => {
  const { seen, roster } = watch(context);
  roster({ missing: true, muted: true }, 300);
  roster({ missing: false }, 5000);
  assert.deepEqual(seen, ['muted']);
});
