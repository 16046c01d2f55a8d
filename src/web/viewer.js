// The viewer's page: joins the player to the document. What is shown is drawn from one snapshot of the
// player, four times a second for what must not wait and once a second for numbers.
import { fetchSpace, playlistUrl } from './api.js';
import { Backoff } from './backoff.js';
import { load_icons, set_icon } from './icons.js';
import { Player } from './player.js';
import { formatBitrate, quality } from './quality.js';
import { kViewerStates } from './states.js';

const kDrawMs = 250;
const kNumbersEvery = 4;
const kIdleMs = 3000;

const by_id = (id) => document.getElementById(id);
const page = {
  player: by_id('player'), video: by_id('video'), space: by_id('space'), badge: by_id('badge'),
  veil: by_id('veil'), veil_word: by_id('veil-word'), veil_text: by_id('veil-text'), again: by_id('again'),
  on_air: by_id('on-air'), delay: by_id('delay'), quality: by_id('quality'), quality_word: by_id('quality-word'),
  unmute: by_id('unmute'), play: by_id('play'), mute: by_id('mute'), volume: by_id('volume'),
  pip: by_id('pip'), fullscreen: by_id('fullscreen'), details: by_id('details'),
  details_list: by_id('details-list'), announce: by_id('announce'),
};

let player = null;
let space_problem = 'connecting';
let shown_state = '';
let shown_name = '';
let ticks = 0;

// --- drawing

const kNoSnapshot = { delay: NaN, targetDelay: NaN, stalls: 0, recentStalls: 0, rate: 1, onAir: null, bandwidth: NaN, bitrate: NaN, droppedFrames: 0 };
const snapshot = () => player?.snapshot() ?? { ...kNoSnapshot, state: space_problem };

function draw() {
  const now = snapshot();
  if (now.state !== shown_state) draw_state(now.state);
  const name = now.onAir?.name ?? '';
  if (name !== shown_name) {
    shown_name = name;
    page.on_air.textContent = name || 'Nobody';
    if (name) say(`${name} is on air`);
  }
  if (ticks++ % kNumbersEvery === 0) draw_numbers(now);
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
  page.veil.hidden = state === 'live' || state === 'behind';
  page.veil_word.textContent = word;
  page.veil_text.textContent = sentence;
  page.again.hidden = state !== 'ended';
  if (!page.on_air.textContent.trim() || state === 'ended') page.on_air.textContent = 'Nobody';
  draw_buttons();
  say(sentence ? `${word}. ${sentence}` : word);
}

function draw_numbers(now) {
  page.delay.textContent = Number.isFinite(now.delay) ? `${now.delay.toFixed(1)} s behind` : '–';
  const watching = ['live', 'behind', 'reconnecting'].includes(now.state);
  const { bars, word } = quality({
    ...now, connected: now.state !== 'reconnecting', excessDelay: now.delay - now.targetDelay,
  });
  page.quality.dataset.bars = watching ? bars : 0;
  page.quality_word.textContent = watching ? word : '–';
  if (!page.details.hidden) draw_details(now);
}

function draw_details(now) {
  const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} s` : '–');
  const rows = [
    ['State', now.state], ['Delay behind live', seconds(now.delay)], ['Target', seconds(now.targetDelay)],
    ['Delay by the clock', seconds(now.clockDelay)], ['Buffer', seconds(now.buffer)], ['Part', seconds(now.partTarget)],
    ['Playback rate', now.rate.toFixed(3)], ['Stalls', now.stalls], ['Bandwidth', formatBitrate(now.bandwidth)],
    ['Stream', formatBitrate(now.bitrate)], ['Picture', now.width ? `${now.width} × ${now.height}` : '–'],
    ['Dropped frames', now.droppedFrames],
  ];
  page.details_list.replaceChildren(...rows.flatMap(([term, value]) => {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = value;
    return [dt, dd];
  }));
}

function draw_buttons() {
  const { muted, volume } = page.video;
  const paused = shown_state === 'paused';
  const silent = muted || volume === 0;
  set_icon(page.play, paused ? 'play' : 'pause', paused ? 'Play' : 'Pause');
  set_icon(page.mute, silent ? 'volume-off' : 'volume', silent ? 'Turn on sound' : 'Turn off sound');
  page.volume.value = muted ? 0 : volume;
  page.unmute.hidden = !muted || !(shown_state === 'live' || shown_state === 'behind');
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
  if (!page.details.hidden) draw_details(snapshot());
}

const kKeys = { ' ': toggle_play, k: toggle_play, m: toggle_mute, f: toggle_fullscreen, i: toggle_details };

function on_key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // A focused button or link answers the space bar itself.
  if (event.key === ' ' && event.target.closest('button, a, input')) return;
  const action = kKeys[event.key.toLowerCase()];
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
  page.fullscreen.hidden = !(document.fullscreenEnabled || video.webkitEnterFullscreen);
  page.pip.hidden = !document.pictureInPictureEnabled;
  video.addEventListener('volumechange', draw_buttons);
  video.addEventListener('click', toggle_play);
  document.addEventListener('fullscreenchange', draw_buttons);
  document.addEventListener('keydown', on_key);
  watch_idle();
}

// --- start

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

window.spacecast = { stats: snapshot };
page.video.muted = true;
load_icons();
connect_controls();
setInterval(draw, kDrawMs);
draw();
const space = await find_space();
page.space.textContent = space;
page.space.hidden = false;
document.title = `${space} – spacecast`;
player = new Player(page.video, playlistUrl(space), draw);
draw();
