// Goal: a connection's quality in one word that fits what people notice. Method: reports made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { explainLink, gradeLink, readStats } from '../../src/web/link_quality.js';

const report = (...stats) => new Map(stats.map((entry, index) => [String(index), entry]));
const kNothing = { rtt_ms: NaN, lost_out: 0, lost_in: 0, received: 0, sent_bytes: 0, at_ms: NaN };

function grade({ rtt_ms = 20, lost_out = 0, lost = 0, received = 100 }) {
  return gradeLink({ ...kNothing, lost_in: 5, received: 1000, at_ms: 0 }, {
    ...kNothing, rtt_ms, lost_out, lost_in: 5 + lost, received: 1000 + received, sent_bytes: 250_000, at_ms: 2000,
  });
}

for (const [what, figures, word, bars] of [
  ['a good line', {}, 'Good', 3],
  ['far away', { rtt_ms: 300 }, 'Fair', 2],
  ['over a satellite', { rtt_ms: 700 }, 'Poor', 1],
  ['what we send is lost', { lost_out: 0.05 }, 'Fair', 2],
  ['what we hear is lost', { lost: 12, received: 88 }, 'Poor', 1],
  ['one packet', { lost: 1, received: 99 }, 'Good', 3],
  ['nothing comes, nothing is lost', { received: 0 }, 'Good', 3],
  ['a packet that came after all', { lost: -2 }, 'Good', 3],
]) {
  test(`${what}: ${word}`, () => {
    const found = grade(figures);
    assert.deepEqual([found.word, found.bars], [word, bars]);
    assert.equal(found.kbps, 1000);
  });
}

test('nothing is said before something was measured', () => {
  assert.equal(gradeLink(null, { ...kNothing, rtt_ms: 20 }), null);
  assert.equal(gradeLink(kNothing, kNothing), null);
});

test('a report is read', () => {
  const totals = readStats(report(
    { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.031 },
    { type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.5, fractionLost: 0.01 },
    { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.04 },
    { type: 'inbound-rtp', kind: 'audio', packetsLost: 2, packetsReceived: 500 },
    { type: 'inbound-rtp', kind: 'video', packetsLost: -1, packetsReceived: 400 },
    { type: 'outbound-rtp', kind: 'audio', mid: '0', bytesSent: 100, timestamp: 5 },
    { type: 'outbound-rtp', kind: 'video', mid: '1', bytesSent: 900, timestamp: 5, frameWidth: 1280, frameHeight: 720, framesPerSecond: 30, qualityLimitationReason: 'none' },
    { type: 'outbound-rtp', kind: 'video', mid: '2', bytesSent: 0, timestamp: 5, frameWidth: 1920, frameHeight: 1080 },
  ));
  assert.deepEqual(totals, {
    rtt_ms: 31, lost_out: 0.04, lost_in: 2, received: 900, sent_bytes: 1000, width: 1280, height: 720, fps: 30, limited: 'none', at_ms: 5,
  });
});

test('a browser that measures no STUN has RTCP', () => {
  assert.equal(readStats(report({ type: 'remote-inbound-rtp', roundTripTime: 0.25 })).rtt_ms, 250);
  assert.ok(Number.isNaN(readStats(report()).rtt_ms));
});

test('the figures are said for people', () => {
  assert.equal(explainLink({ rtt_ms: 24.4, loss: 0.004, kbps: 1240 }), '24 ms there and back, 0.4 % lost, sending 1.2 Mbit/s');
  assert.equal(explainLink({ rtt_ms: 24.6, loss: 0.254, kbps: 80.2 }), '25 ms there and back, 25 % lost, sending 80 kbit/s');
});
