// The viewer's page: joins the player to the document. What is shown is drawn from one snapshot of the
// player, four times a second for what must not wait and once a second for numbers; at once where the state
// changes, so that a page that says LIVE says how far behind, too.
import { fetchSpace, playlistUrl } from './api.js';
import { Backoff } from './backoff.js';
import { draw_details } from './details.js';
import { load_icons, set_icon } from './icons.js';
import { connectMediaSession, showMediaSession } from './media_session.js';
import { recall, remember } from './memory.js';
import { Player } from './player.js';
import { formatBitrate, quality } from './quality.js';
import { hueOf, initials } from './roster.js';
import { Scrubber } from './scrubber.js';
import { kMoving, kViewerStates } from './states.js';
import { clock } from './timeline.js';

const kDrawMs = 250;
const kNumbersEvery = 4;
const kIdleMs = 3000;
const kStep = 10;
const kLongStep = 60;

const by_id = (id) => document.getElementById(id);
const page = {
  player: by_id('player'), video: by_id('video'), space: by_id('space'), badge: by_id('badge'),
  veil: by_id('veil'), veil_word: by_id('veil-word'), veil_text: by_id('veil-text'), again: by_id('again'),
  on_air: by_id('on-air'), delay: by_id('delay'), quality: by_id('quality'), quality_word: by_id('quality-word'),
  unmute: by_id('unmute'), play: by_id('play'), mute: by_id('mute'), volume: by_id('volume'),
  pip: by_id('pip'), fullscreen: by_id('fullscreen'), details: by_id('details'),
  details_list: by_id('details-list'), announce: by_id('announce'), back: by_id('back'), forward: by_id('forward'),
  go_live: by_id('go-live'), listen: by_id('listen'), listening: by_id('listening'),
  listening_avatar: by_id('listening-avatar'), listening_text: by_id('listening-text'),
};
const scrubber = new Scrubber({
  timeline: by_id('timeline'), slider: by_id('scrubber'), marks: by_id('marks'), bubble: by_id('bubble'),
  position: by_id('position'), button: by_id('chapters-button'), panel: by_id('chapters'), list: by_id('chapter-list'),
}, (position) => player?.seek(position));

let player = null;
let space_problem = 'connecting';
let shown_state = '';
let shown_name = '';
let shown_listening = null;
let ticks = 0;

// --- drawing

const kNoSnapshot = {
  delay: NaN, targetDelay: NaN, stalls: 0, recentStalls: 0, rate: 1, onAir: null, bandwidth: NaN, bitrate: NaN,
  droppedFrames: 0, timeline: null, following: true, listening: false, sound: null,
};
const snapshot = () => player?.snapshot() ?? { ...kNoSnapshot, state: space_problem };

function draw() {
  const now = snapshot();
  const changed = now.state !== shown_state;
  if (changed) draw_state(now.state);
  draw_name(now.onAir?.name ?? '', kMoving.has(now.state) ? 'Nobody' : '–');
  draw_listening(now);
  const numbers = ticks++ % kNumbersEvery === 0 || changed;
  scrubber.draw(now.timeline, now.following, numbers ? player?.chapters() : null);
  draw_place(now);
  if (numbers) draw_numbers(now);
}

function draw_name(name, instead) {
  page.on_air.textContent = name || instead;
  if (name === shown_name) return;
  shown_name = name;
  if (name) {
    page.listening_avatar.textContent = initials(name);
    page.listening_avatar.style.setProperty('--hue', hueOf(name));
    say(`${name} is on air`);
  }
  showMediaSession(name, document.title, shown_state === 'paused');
}

// The switch, and the card in place of the picture.
function draw_listening({ listening, sound, state }) {
  page.listening.hidden = !listening || !kMoving.has(state);
  const key = `${listening} ${sound?.url}`;
  if (key === shown_listening) return;
  shown_listening = key;
  page.player.classList.toggle('is-listening', listening);
  page.listen.setAttribute('aria-checked', String(listening));
  const cost = sound?.bitrate > 0 ? ` About ${formatBitrate(sound.bitrate)}` : '';
  const instead = cost && sound.saved_from > 0 ? ` instead of ${formatBitrate(sound.saved_from)}.` : cost && '.';
  page.listening_text.textContent = `The picture is off to save data and battery.${cost}${instead}`;
}

function draw_place({ timeline, following }) {
  const rewound = Boolean(timeline?.live) && !following;
  page.go_live.disabled = !rewound;
  page.go_live.textContent = rewound ? 'Go live' : 'At live';
  page.go_live.hidden = !timeline?.live;
  page.back.disabled = !timeline;
  page.forward.disabled = !timeline || (timeline.live && following);
}

function draw_state(state) {
  shown_state = state;
  const [word, sentence] = kViewerStates[state];
  const has_picture = page.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && state !== 'ended';
  page.player.dataset.state = state;
  page.player.classList.toggle('has-picture', has_picture);
  page.badge.textContent = word;
  page.badge.classList.toggle('is-live', state === 'live');
  page.badge.classList.toggle('is-warning', state === 'behind' || state === 'reconnecting');
  page.veil.hidden = kMoving.has(state);
  page.veil_word.textContent = word;
  page.veil_text.textContent = sentence;
  page.again.hidden = state !== 'ended';
  draw_buttons();
  showMediaSession(shown_name, document.title, state === 'paused');
  say(sentence ? `${word}. ${sentence}` : word);
}

function draw_numbers(now) {
  const { delay, targetDelay, state } = now;
  page.delay.textContent = Number.isFinite(delay) ? `${clockOrSeconds(delay)} behind` : '–';
  const watching = kMoving.has(state) || state === 'reconnecting';
  // Who rewinds wants to be behind.
  const excessDelay = now.following ? delay - targetDelay : 0;
  const { bars, word } = quality({ ...now, connected: state !== 'reconnecting', excessDelay });
  page.quality.dataset.bars = watching ? bars : 0;
  page.quality_word.textContent = watching ? word : '–';
  if (!page.details.hidden) draw_details(page.details_list, now);
}

const clockOrSeconds = (seconds) => (seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds));

function draw_buttons() {
  const { muted, volume } = page.video;
  const paused = shown_state === 'paused';
  const silent = muted || volume === 0;
  set_icon(page.play, paused ? 'play' : 'pause', paused ? 'Play' : 'Pause');
  set_icon(page.mute, silent ? 'volume-off' : 'volume', silent ? 'Turn on sound' : 'Turn off sound');
  page.volume.value = muted ? 0 : volume;
  page.unmute.hidden = !muted || !kMoving.has(shown_state);
  const full = document.fullscreenElement === page.player;
  set_icon(page.fullscreen, full ? 'fullscreen-exit' : 'fullscreen', full ? 'Leave full screen' : 'Full screen');
}

// For screen readers: only what has changed, never the numbers.
function say(text) {
  page.announce.textContent = text;
}

// --- what the viewer does

function toggle_play() {
  if (!player) return;
  if (shown_state === 'paused') player.play();
  else player.pause();
}

function toggle_mute() {
  const { video } = page;
  video.muted = !(video.muted || video.volume === 0);
  if (!video.muted && video.volume === 0) video.volume = 1;
}

function toggle_fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (page.player.requestFullscreen) page.player.requestFullscreen();
  else page.video.webkitEnterFullscreen?.();
}

function toggle_pip() {
  if (document.pictureInPictureElement) document.exitPictureInPicture();
  else page.video.requestPictureInPicture().catch(() => {});
}

function toggle_details() {
  page.details.hidden = !page.details.hidden;
  if (!page.details.hidden) draw_details(page.details_list, snapshot());
}

function toggle_listening() {
  const listening = page.listen.getAttribute('aria-checked') !== 'true';
  remember('listening', listening ? 'yes' : 'no');
  player?.listen(listening);
  say(listening ? 'Listening only. The picture is off.' : 'The picture is on.');
}

const step = (seconds) => player?.step(seconds);
const back = () => step(-kStep);
const forward = () => step(kStep);
const to_start = () => player?.seek(-Infinity);
const to_end = () => player?.seek(Infinity);

const kKeys = {
  ' ': toggle_play, k: toggle_play, m: toggle_mute, f: toggle_fullscreen, i: toggle_details,
  j: back, l: forward, ArrowLeft: back, ArrowRight: forward,
};
// Where the slider has the focus.
const kSliderKeys = {
  ArrowDown: back, ArrowUp: forward, Home: to_start, End: to_end,
  PageDown: () => step(-kLongStep), PageUp: () => step(kLongStep),
};

function on_key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // A focused button or link answers the space bar itself, the volume its arrows.
  if (event.key === ' ' && event.target.closest('button, a')) return;
  if (event.target === page.volume && event.key.startsWith('Arrow')) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = kKeys[name] ?? (event.target.id === 'scrubber' ? kSliderKeys[name] : null);
  if (!action) return;
  event.preventDefault();
  action();
}

function watch_idle() {
  let timer = 0;
  const awake = () => {
    page.player.classList.remove('is-idle');
    clearTimeout(timer);
    timer = setTimeout(() => page.player.classList.add('is-idle'), kIdleMs);
  };
  for (const event of ['pointermove', 'pointerdown', 'keydown']) page.player.addEventListener(event, awake);
  awake();
}

function connect_controls() {
  const { video } = page;
  page.play.addEventListener('click', toggle_play);
  page.mute.addEventListener('click', toggle_mute);
  page.unmute.addEventListener('click', () => {
    toggle_mute();
    page.mute.focus({ preventScroll: true });
  });
  page.volume.addEventListener('input', () => {
    video.volume = page.volume.valueAsNumber;
    video.muted = video.volume === 0;
  });
  page.fullscreen.addEventListener('click', toggle_fullscreen);
  page.pip.addEventListener('click', toggle_pip);
  page.again.addEventListener('click', () => player?.restart());
  page.back.addEventListener('click', back);
  page.forward.addEventListener('click', forward);
  page.go_live.addEventListener('click', () => player?.go_live());
  page.listen.addEventListener('click', toggle_listening);
  connectMediaSession({ play: () => player?.play(), pause: () => player?.pause(), back, forward });
  page.fullscreen.hidden = !(document.fullscreenEnabled || video.webkitEnterFullscreen);
  page.pip.hidden = !document.pictureInPictureEnabled;
  video.addEventListener('volumechange', draw_buttons);
  video.addEventListener('click', toggle_play);
  document.addEventListener('fullscreenchange', draw_buttons);
  document.addEventListener('keydown', on_key);
  watch_idle();
}

// --- start

// `?src=` plays a recording from the same server, such as an archive: there is no worker then.
function recordingUrl() {
  const source = new URLSearchParams(location.search).get('src');
  const url = source ? new URL(source, document.baseURI) : null;
  return url?.origin === location.origin ? url.href : null;
}

async function find_space() {
  const backoff = new Backoff();
  for (;;) {
    try {
      return (await fetchSpace()).space;
    } catch (problem) {
      space_problem = problem.status ? 'waiting' : 'reconnecting';
      await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
  }
}

// For the console, and for tests.
window.spacecast = { stats: snapshot, chapters: () => player?.chapters() ?? [], seek: (position) => player?.seek(position) };
page.video.muted = true;
load_icons();
connect_controls();
setInterval(draw, kDrawMs);
draw();
const recording = recordingUrl();
const space = recording ? '' : await find_space();
page.space.textContent = space;
page.space.hidden = !space;
if (space) document.title = `${space} – spacecast`;
player = new Player(page.video, recording ?? playlistUrl(space), draw, {
  listening: recall('listening') === 'yes', recording: Boolean(recording),
});
draw();
