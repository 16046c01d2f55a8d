// The quality of the viewer's connection as a word and a number of bars. Pure.

const kWords = ['No connection', 'Poor', 'Fair', 'Good', 'Excellent'];
// A stall is held against the connection for this long.
export const kStallMemoryMs = 30000;

// The worst of what can be seen of a connection:
//   connected       false while nothing arrives
//   bandwidth       estimate in bit/s, bitrate of the stream in bit/s; 0 where unknown
//   recentStalls    stalls within kStallMemoryMs
//   excessDelay     seconds behind what the stream asks for
// Returns {bars: 0…4, word}.
export function quality({ connected, bandwidth, bitrate, recentStalls, excessDelay }) {
  if (!connected) return { bars: 0, word: kWords[0] };
  const bars = Math.min(barsOfHeadroom(bandwidth, bitrate), barsOfStalls(recentStalls), barsOfDelay(excessDelay));
  return { bars, word: kWords[bars] };
}

function barsOfHeadroom(bandwidth, bitrate) {
  if (!(bandwidth > 0) || !(bitrate > 0)) return 4;
  const headroom = bandwidth / bitrate;
  if (headroom >= 2.5) return 4;
  if (headroom >= 1.6) return 3;
  return headroom >= 1.1 ? 2 : 1;
}

function barsOfStalls(count) {
  if (count === 0) return 4;
  return count < 3 ? 2 : 1;
}

function barsOfDelay(seconds) {
  if (!(seconds > 1)) return 4;
  return seconds > 2.5 ? 2 : 3;
}

// "1.4 Mb/s", "320 kb/s"; "–" where unknown.
export function formatBitrate(bits_per_second) {
  if (!(bits_per_second > 0)) return '–';
  if (bits_per_second >= 1e6) return `${(bits_per_second / 1e6).toFixed(1)} Mb/s`;
  return `${Math.round(bits_per_second / 1e3)} kb/s`;
}
