// What a player's <video> goes through, for a test to read: `window.watch`. A player reports its own errors
// with `failed`, and says with `describe` what only it knows.
const kSampleMs = 100;
// A shorter wait than this is nothing that a viewer sees: three frames.
const kBlink = 0.1;

export const video = document.querySelector('video');
export const source = new URLSearchParams(location.search).get('src');

const watch = { errors: [], waits: [], seeks: [], started: false, longestPause: 0, describe: () => ({}) };
let moved_at = NaN;
let last_time = NaN;

export function failed(what) {
  watch.errors.push(String(what));
}

export function describe(facts) {
  watch.describe = facts;
}

const here = () => `at ${video.currentTime.toFixed(2)} s`;
const seconds = () => performance.now() / 1000;
let waits_since = NaN;
const note_wait = () => {
  const lasted = seconds() - waits_since;
  waits_since = NaN;
  if (!(lasted > kBlink)) return;
  watch.waits.push(`${here()} for ${lasted.toFixed(2)} s`);
  watch.waited = video.currentTime;
};
video.addEventListener('playing', () => {
  watch.started = true;
  note_wait();
});
video.addEventListener('waiting', () => {
  if (watch.started && Number.isNaN(waits_since)) waits_since = seconds();
});
video.addEventListener('seeking', () => watch.started && watch.seeks.push(here()));
video.addEventListener('error', () => failed(`media element: ${video.error?.message}`));

// The longest time, in seconds, that the picture stood still: Chromium does not call every pause `waiting`. A sample
// that comes late is not a pause: what was played meanwhile counts.
setInterval(() => {
  if (!watch.started) return;
  const now = seconds();
  const still = now - moved_at - Math.max(0, video.currentTime - last_time);
  if (still > watch.longestPause) watch.longestPause = still;
  if (video.currentTime !== last_time) {
    last_time = video.currentTime;
    moved_at = now;
  }
}, kSampleMs);

// From now on: what happened before does not count.
watch.begin = () => Object.assign(watch, { errors: [], waits: [], seeks: [], longestPause: 0, since: performance.now(), from: video.currentTime, waited: video.currentTime });

watch.read = () => ({
  waiting: !Number.isNaN(waits_since),
  errors: watch.errors, waits: watch.waits, seeks: watch.seeks, started: watch.started, longestPause: watch.longestPause,
  wall: (performance.now() - watch.since) / 1000, media: video.currentTime - watch.from,
  time: video.currentTime, calm: video.currentTime - watch.waited, rate: video.playbackRate, ...watch.describe(),
});

window.watch = watch;
