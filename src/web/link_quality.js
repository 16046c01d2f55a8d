// How good a speaker's connection is, in one word, from RTCPeerConnection.getStats(). Pure.

// [word, bars, largest round trip in ms, largest loss as a share]; what is worse than all of them is the last word.
const kGrades = [
  ['Good', 3, 200, 0.02],
  ['Fair', 2, 400, 0.08],
  ['Poor', 1, Infinity, Infinity],
];

// What is kept of a report: the totals from which the next one is told apart.
export function readStats(report) {
  const totals = { rtt_ms: NaN, lost_out: 0, lost_in: 0, received: 0, sent_bytes: 0, width: 0, height: 0, fps: 0, limited: '', at_ms: NaN };
  let stun_rtt_ms = NaN;
  for (const stats of report.values()) {
    if (stats.type === 'remote-inbound-rtp') {
      if (stats.roundTripTime > 0) totals.rtt_ms = Math.max(Number.isNaN(totals.rtt_ms) ? 0 : totals.rtt_ms, stats.roundTripTime * 1000);
      totals.lost_out = Math.max(totals.lost_out, stats.fractionLost ?? 0);
    } else if (stats.type === 'candidate-pair' && stats.nominated && stats.currentRoundTripTime !== undefined) {
      stun_rtt_ms = stats.currentRoundTripTime * 1000;
    } else if (stats.type === 'inbound-rtp') {
      totals.lost_in += Math.max(0, stats.packetsLost ?? 0);
      totals.received += stats.packetsReceived ?? 0;
    } else if (stats.type === 'outbound-rtp') {
      totals.sent_bytes += stats.bytesSent ?? 0;
      totals.at_ms = stats.timestamp;
      // The camera is the first picture of the offer, the screen the second one.
      if (stats.kind === 'video' && stats.mid === '1') {
        totals.width = stats.frameWidth ?? 0;
        totals.height = stats.frameHeight ?? 0;
        totals.fps = stats.framesPerSecond ?? 0;
        totals.limited = stats.qualityLimitationReason ?? '';
      }
    }
  }
  // Measured by every consent check; RTCP may come from before a change of the network.
  if (!Number.isNaN(stun_rtt_ms)) totals.rtt_ms = stun_rtt_ms;
  return totals;
}

// {word, bars, rtt_ms, loss, kbps} between two readings; null where nothing has been measured yet.
export function gradeLink(before, now) {
  if (!before || Number.isNaN(now.rtt_ms)) return null;
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost_in - before.lost_in);
  const loss = Math.max(now.lost_out, received + lost > 0 ? lost / (received + lost) : 0);
  const seconds = (now.at_ms - before.at_ms) / 1000;
  const kbps = seconds > 0 ? Math.max(0, (now.sent_bytes - before.sent_bytes) * 8 / 1000 / seconds) : 0;
  const [word, bars] = kGrades.find(([, , rtt_ms, share]) => now.rtt_ms <= rtt_ms && loss <= share);
  return { word, bars, rtt_ms: now.rtt_ms, loss, kbps };
}

// The figures for those who want to know.
export function explainLink({ rtt_ms, loss, kbps }) {
  const rate = kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`;
  return `${Math.round(rtt_ms)} ms there and back, ${(loss * 100).toFixed(loss < 0.1 ? 1 : 0)} % lost, sending ${rate}`;
}
