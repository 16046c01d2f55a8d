// Where one is in a stream that can be rewound, and how that is said. Pure.
//
// A timeline is {live, start, end, position, behind} in seconds of media time: what can be played is from `start`
// to `end`; of a live stream `end` is where a viewer is who follows it, a hold-back behind what was published last,
// and `behind` is how far `position` is behind that.

// Nearer to the end than this is "live": nobody aims better on a slider of half an hour.
export const kSnapToLive = 2;
// A shorter window is not worth a slider.
const kLeastWindow = 8;
// The oldest segment leaves the playlist while it is being fetched; so its start is not aimed at.
export const kWindowMargin = 3;
// Of what has ended the last picture is aimed at, not the end itself: hls.js 1.7.4 finds nothing to load there, and
// the browser waits for it for ever.
export const kEndMargin = 0.1;

export function canRewind(timeline) {
  return Boolean(timeline) && timeline.end - timeline.start > kLeastWindow;
}

// The nearest place that can be played.
export function within({ live, start, end }, position) {
  const first = live ? Math.min(start + kWindowMargin, end) : start;
  const last = live ? end : Math.max(start, end - kEndMargin);
  return Math.min(last, Math.max(first, position));
}

// 0 (start) to 1 (end).
export function shareOf({ start, end }, position) {
  return end > start ? Math.min(1, Math.max(0, (position - start) / (end - start))) : 1;
}

// The time of a place: how far from live, or from the beginning.
export function timeOf({ live, start, position, behind }, place) {
  return live ? Math.max(0, position + behind - place) : place - start;
}

// "0:07", "12:05", "1:02:03".
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// "12 seconds", "2 minutes 5 seconds", "1 hour 3 minutes": the two largest units.
export function spoken(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const units = [['hour', Math.floor(whole / 3600)], ['minute', Math.floor(whole / 60) % 60], ['second', whole % 60]];
  const first = units.findIndex(([, count]) => count > 0);
  if (first < 0) return '0 seconds';
  const said = units.slice(first, first + 2).filter(([, count]) => count > 0);
  return said.map(([unit, count]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}

// For a screen reader.
export function spokenPosition(timeline, following) {
  if (following) return 'Live';
  if (timeline.live) return `${spoken(timeline.behind)} behind live`;
  return `${spoken(timeline.position - timeline.start)} of ${spoken(timeline.end - timeline.start)}`;
}

// For the eye: "-0:42", "2:05 / 10:00"; nothing where one is live.
export function shownPosition(timeline, following) {
  if (following) return '';
  if (timeline.live) return `−${clock(timeline.behind)}`;
  return `${clock(timeline.position - timeline.start)} / ${clock(timeline.end - timeline.start)}`;
}
