// Goal: the viewer stays near its target delay without running its buffer dry.
// Method: the pure control, alone and in a closed loop with a simulated player.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kJumpBehind, kMaxRate, kMinRate, LatencyControl, TargetDelay } from '../../src/web/latency.js';

const kTarget = 1;
const at = (delay, more = {}) => ({ delay, target: kTarget, buffer: 0.8, now: 0, ...more });

test('at its target it plays at normal speed', () => {
  const control = new LatencyControl();
  assert.deepEqual(control.update(at(1.1)), { rate: 1, jump: false, behind: false });
});

test('a delay that is not known yet changes nothing', () => {
  const control = new LatencyControl();
  assert.deepEqual(control.update(at(NaN)), { rate: 1, jump: false, behind: false });
});

test('behind, it plays faster in small steps and never above the limit', () => {
  const control = new LatencyControl();
  let before = 1;
  for (let i = 0; i < 40; ++i) {
    const { rate } = control.update(at(3.5));
    assert.ok(rate >= before && rate - before <= 0.0151, `${before} -> ${rate}`);
    before = rate;
  }
  assert.equal(before, kMaxRate);
});

test('between beginning and end of catching up the rate does not flutter', () => {
  const control = new LatencyControl();
  assert.equal(control.update(at(1.15)).rate, 1);
  for (let i = 0; i < 10; ++i) control.update(at(1.3));
  assert.ok(control.update(at(1.15)).rate > 1);
  for (let i = 0; i < 10; ++i) control.update(at(1.0));
  assert.equal(control.update(at(1.15)).rate, 1);
});

test('a short buffer means normal speed at once', () => {
  const control = new LatencyControl();
  for (let i = 0; i < 20; ++i) control.update(at(2));
  assert.equal(control.update(at(2, { buffer: 0.29 })).rate, 1);
  assert.ok(control.update(at(2, { buffer: 0.5 })).rate > 1);
});

test('far behind it jumps once, and again only after a pause', () => {
  const control = new LatencyControl();
  const far = kTarget + kJumpBehind + 0.5;
  assert.deepEqual(control.update(at(far, { now: 1000 })), { rate: 1, jump: true, behind: true });
  assert.equal(control.update(at(far, { now: 1250 })).jump, false);
  assert.equal(control.update(at(far, { now: 5000 })).jump, true);
});

test('the viewer is told only of a distance that matters', () => {
  const control = new LatencyControl();
  assert.equal(control.update(at(1.5)).behind, false);
  assert.equal(control.update(at(1.8)).behind, true);
});

test('in a closed loop it reaches the target and stays', () => {
  const control = new LatencyControl();
  const part = 1 / 3;
  let delay = 3;
  for (let tick = 0; tick < 4 * 60; ++tick) {
    // The buffer is what is behind live, less the part that is being made.
    const buffer = delay - part * ((tick % 4) / 4) - 0.1;
    const { rate, jump } = control.update(at(delay, { buffer, now: tick * 250 }));
    assert.equal(jump, false);
    delay -= (rate - 1) * 0.25;
  }
  assert.ok(delay > kTarget - 0.01 && delay < kTarget + 0.21, `${delay}`);
});

test('ahead of its target it plays slower, and stops at it', () => {
  const control = new LatencyControl();
  let delay = 0.5;
  let slowest = 1;
  for (let tick = 0; tick < 4 * 60; ++tick) {
    const { rate } = control.update(at(delay, { buffer: delay - 0.3, now: tick * 250 }));
    slowest = Math.min(slowest, rate);
    delay -= (rate - 1) * 0.25;
  }
  assert.ok(slowest >= kMinRate && slowest < 0.97, `${slowest}`);
  assert.ok(delay > kTarget - 0.21 && delay < kTarget + 0.05, `${delay}`);
});

// Extra seconds after `seconds` of playing with a buffer that never falls below `lowest`.
function watch(target, begin_ms, seconds, lowest) {
  for (let ms = 0; ms <= seconds * 1000; ms += 250) target.observe(begin_ms + ms, lowest + (ms % 1000) / 3000);
  return target.at(0);
}

test('a steady connection comes close to live, an unsteady one keeps away before it stalls', () => {
  assert.equal(new TargetDelay().at(1).toFixed(1), '1.3');
  assert.equal(watch(new TargetDelay(), 0, 60, 0.65), 0);
  assert.equal(watch(new TargetDelay(), 0, 60, 0.45).toFixed(1), '0.3');
  assert.ok(watch(new TargetDelay(), 0, 60, 0.2) > 0.8);
});

test('a stall moves the target away at once, and only ample buffers bring it back', () => {
  const target = new TargetDelay();
  target.stalled(1000);
  target.stalled(2000);
  assert.equal(target.at(1).toFixed(1), '1.9');
  assert.equal(watch(target, 3000, 60, 0.5).toFixed(1), '0.9');
  assert.equal(watch(target, 70000, 120, 0.8), 0);
});

test('many stalls do not move the target without limit', () => {
  const target = new TargetDelay();
  for (let i = 0; i < 50; ++i) target.stalled(i);
  assert.equal(target.at(1).toFixed(1), '2.2');
});
