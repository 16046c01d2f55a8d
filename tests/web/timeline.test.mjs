// Goal: the slider is where the viewer is, and says so to the eye and to a screen reader.
// Method: tables over the pure parts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { canRewind, clock, kEndMargin, kWindowMargin, shareOf, shownPosition, spoken, spokenPosition, timeOf, within } from '../../src/web/timeline.js';

const kLive = { live: true, start: 100, end: 160, position: 148.8, behind: 12.4 };
const kRecording = { live: false, start: 0, end: 600, position: 125, behind: 0 };

for (const [seconds, shown, said] of [
  [0, '0:00', '0 seconds'], [1, '0:01', '1 second'], [12.4, '0:12', '12 seconds'], [59.6, '1:00', '1 minute'],
  [125, '2:05', '2 minutes 5 seconds'], [3600, '1:00:00', '1 hour'], [3723, '1:02:03', '1 hour 2 minutes'],
  [7205, '2:00:05', '2 hours'], [-3, '0:00', '0 seconds'],
]) {
  test(`${seconds} s is shown as ${shown} and said as ${said}`, () => {
    assert.equal(clock(seconds), shown);
    assert.equal(spoken(seconds), said);
  });
}

test('a position is said in the terms of what is played', () => {
  assert.equal(spokenPosition(kLive, true), 'Live');
  assert.equal(spokenPosition(kLive, false), '12 seconds behind live');
  assert.equal(spokenPosition(kRecording, false), '2 minutes 5 seconds of 10 minutes');
  assert.equal(shownPosition(kLive, true), '');
  assert.equal(shownPosition(kLive, false), '\u22120:12');
  assert.equal(shownPosition(kRecording, false), '2:05 / 10:00');
});

test('places have their share of the slider', () => {
  assert.equal(shareOf(kLive, 100), 0);
  assert.equal(shareOf(kLive, 130), 0.5);
  assert.equal(shareOf(kLive, 999), 1);
  assert.equal(shareOf({ start: 5, end: 5 }, 5), 1);
});

test('a place is counted back from live, or on from the beginning', () => {
  assert.equal(timeOf(kLive, 148.8).toFixed(1), '12.4');
  assert.equal(timeOf(kLive, 100).toFixed(1), '61.2');
  assert.equal(timeOf(kLive, 170), 0);
  assert.equal(timeOf(kRecording, 30), 30);
});

test('the start of a live window is not aimed at, as it is about to go', () => {
  assert.equal(within(kLive, -Infinity), 100 + kWindowMargin);
  assert.equal(within(kLive, Infinity), 160);
  assert.equal(within(kLive, 140), 140);
  assert.equal(within(kRecording, -5), 0);
  assert.equal(within({ live: true, start: 10, end: 11 }, 0), 11);
});

test('the end of a recording is its last picture', () => {
  assert.equal(within(kRecording, Infinity), 600 - kEndMargin);
  assert.equal(within({ live: false, start: 5, end: 5.02 }, 9), 5);
});

test('a window of a few seconds has no slider', () => {
  assert.equal(canRewind(null), false);
  assert.equal(canRewind({ live: true, start: 0, end: 4 }), false);
  assert.equal(canRewind(kLive), true);
});
