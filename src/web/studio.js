// The speaker's page: joins devices, stage and roster to the document.
import { eventsUrl, fetchSpace } from './api.js';
import { Backoff } from './backoff.js';
import { listDevices, onDevicesChanged, openDevice } from './devices.js';
import { icon, load_icons } from './icons.js';
import { LevelMeter } from './level.js';
import { describe, Events, hueOf, initials, rowsOf } from './roster.js';
import { hintFor } from './sending.js';
import { Stage } from './stage.js';
import { deviceProblem, kStudioStates } from './states.js';

const kMeterMs = 80;
const kOnStage = ['joining', 'joined', 'unstable', 'rejoining'];

const by_id = (id) => document.getElementById(id);
const page = {
  studio: by_id('studio'), space: by_id('space'), preview: by_id('preview'), video: by_id('video'),
  card: by_id('card'), card_avatar: by_id('card-avatar'), card_text: by_id('card-text'), on_air: by_id('on-air'),
  state: by_id('state'), microphone: by_id('microphone'), camera: by_id('camera'), meter: by_id('meter'),
  lobby: by_id('lobby'), name: by_id('name'), join: by_id('join'), join_problem: by_id('join-problem'),
  lobby_count: by_id('lobby-count'), stage: by_id('stage'), count: by_id('count'), leave: by_id('leave'),
  notice: by_id('notice'), roster: by_id('roster'), announce: by_id('announce'), return: by_id('return'),
};

// The two devices. `wanted`: the switch; `track`: what it has led to, null while off or impossible.
const devices = {
  audio: { wanted: true, track: null, switch: page.microphone, select: by_id('audio-device'), problem: by_id('audio-problem'), icon: 'mic', word: by_id('microphone-word') },
  video: { wanted: true, track: null, switch: page.camera, select: by_id('video-device'), problem: by_id('video-problem'), icon: 'camera', word: by_id('camera-word') },
};
const meter = new LevelMeter();
let stage = null;
let roster = null;
// Whether this event stream has shown us on the roster: only then does our absence mean removal.
let seen_on_roster = false;
let was_on_air = false;
// What the server last said of everybody's picture.
let hint = null;

// --- devices

// Changes of one device run one after the other, however fast somebody presses its switch.
function in_turn(kind, action) {
  devices[kind].turn = (devices[kind].turn ?? Promise.resolve()).then(action);
  return devices[kind].turn;
}

async function open_device(kind) {
  const device = devices[kind];
  try {
    device.track = await openDevice(kind, device.select.value);
    device.problem.hidden = true;
    device.track.addEventListener('ended', () => in_turn(kind, () => lost_device(kind)));
  } catch (error) {
    device.track = null;
    device.problem.textContent = deviceProblem(kind, error.reason ?? error.name);
    device.problem.hidden = false;
  }
  await list_devices(kind);
}

function close_device(kind) {
  devices[kind].track?.stop();
  devices[kind].track = null;
}

async function lost_device(kind) {
  if (devices[kind].track?.readyState !== 'ended') return;
  devices[kind].track = null;
  if (devices[kind].wanted) await open_device(kind);
  await apply_device(kind);
}

async function list_devices(kind) {
  const { select, track } = devices[kind];
  const list = await listDevices(kind);
  const current = track?.getSettings().deviceId ?? select.value;
  select.replaceChildren(...list.map(({ id, label }) => new Option(label, id, false, id === current)));
  if (list.length === 0) select.append(new Option(kind === 'audio' ? 'No microphone' : 'No camera', ''));
  select.disabled = list.length === 0;
}

// The switch as it is now, on the page and on stage.
async function apply_device(kind) {
  const { audio, video } = devices;
  draw_devices();
  if (kind === 'audio') {
    if (audio.track) audio.track.enabled = audio.wanted;
    meter.listen(audio.track);
    await stage?.setMicrophone(audio.track, !audio.wanted);
  } else {
    page.video.srcObject = video.track ? new MediaStream([video.track]) : null;
    await stage?.setCamera(video.track);
  }
}

function toggle(kind) {
  const device = devices[kind];
  return in_turn(kind, async () => {
    // A switch that is on without a device is an attempt to get one, not a wish to be off.
    device.wanted = device.track === null || !device.wanted;
    // A camera that is off is closed, and its light goes out. A microphone stays open: speech must not
    // lose its first syllable.
    if (kind === 'video' && !device.wanted) close_device(kind);
    if (device.wanted && !device.track) await open_device(kind);
    await apply_device(kind);
    say(`${kind === 'audio' ? 'Microphone' : 'Camera'} ${is_on(kind) ? 'on' : 'off'}`);
  });
}

function choose(kind) {
  return in_turn(kind, async () => {
    if (!devices[kind].track) return;
    close_device(kind);
    await open_device(kind);
    await apply_device(kind);
  });
}

const is_on = (kind) => devices[kind].wanted && devices[kind].track !== null;

// --- drawing

function draw_devices() {
  for (const kind of ['audio', 'video']) {
    const device = devices[kind];
    const on = is_on(kind);
    device.switch.setAttribute('aria-pressed', String(on));
    device.switch.querySelector('use').setAttribute('href', `#icon-${device.icon}${on ? '' : '-off'}`);
    device.word.textContent = on ? 'On' : device.problem.hidden ? 'Off' : 'Not available';
  }
  page.card.hidden = is_on('video');
  draw_card();
}

function draw_card() {
  const name = page.name.value.trim();
  page.card_avatar.textContent = initials(name);
  page.card_avatar.style.setProperty('--hue', hueOf(name));
}

function draw_state(problem = '') {
  const { state } = stage;
  const on_stage = kOnStage.includes(state);
  const [word, sentence] = kStudioStates[state];
  page.studio.dataset.state = state;
  page.state.textContent = word;
  page.lobby.hidden = on_stage;
  page.stage.hidden = !on_stage;
  page.notice.textContent = sentence;
  page.notice.hidden = !['unstable', 'rejoining'].includes(state);
  const text = problem || (['removed', 'ended'].includes(state) ? sentence : '');
  page.join_problem.textContent = text;
  page.join_problem.hidden = !text;
  page.join.textContent = state === 'removed' ? 'Join again' : 'Join the stage';
  draw_roster();
  obey_hint();
  say(problem || sentence || word);
}

function draw_roster() {
  const me = stage?.speaker || null;
  const rows = rowsOf(roster, me);
  const on_air = rows.some((row) => row.me && row.onAir);
  page.count.textContent = rows.length;
  page.lobby_count.textContent = `${rows.length} on stage now`;
  page.lobby_count.hidden = rows.length === 0;
  page.roster.replaceChildren(...rows.map(draw_row));
  page.on_air.hidden = !on_air;
  page.preview.classList.toggle('is-on-air', on_air);
  if (on_air !== was_on_air) say(on_air ? 'You are on air' : 'You are no longer on air');
  was_on_air = on_air;
}

function element(tag, class_name, text = '') {
  const made = document.createElement(tag);
  made.className = class_name;
  made.textContent = text;
  return made;
}

function draw_row(row) {
  const item = element('li', row.onAir ? 'is-on-air' : '');
  item.classList.toggle('is-talking', row.talking);
  const avatar = element('span', 'avatar', initials(row.name));
  avatar.style.setProperty('--hue', hueOf(row.name));
  const who = element('span', 'who');
  const words = [row.me && 'You', row.host && 'Host', row.unstable && 'Unstable connection', row.talking && 'Speaking'];
  const notes = element('span', 'notes');
  if (row.onAir) notes.append(element('span', 'badge is-live', 'On air'));
  notes.append(words.filter(Boolean).join(' · '));
  who.append(element('span', 'name', row.name), notes);
  item.append(avatar, who);
  for (const [name, on] of [['mic', !row.muted], ['camera', row.camera]]) {
    const picture = icon(on ? name : `${name}-off`);
    picture.classList.toggle('is-off', !on);
    item.append(picture);
  }
  for (const part of item.children) part.setAttribute('aria-hidden', 'true');
  item.append(element('span', 'visually-hidden', describe(row)));
  return item;
}

function draw_meter() {
  const level = is_on('audio') ? meter.read() : 0;
  page.meter.style.setProperty('--level', level.toFixed(2));
  page.meter.setAttribute('aria-valuenow', Math.round(level * 100));
}

function say(text) {
  page.announce.textContent = text;
}

// --- what the speaker does

function remember(name) {
  try {
    localStorage.setItem('spacecast.name', name);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function remembered() {
  try {
    return localStorage.getItem('spacecast.name') ?? '';
  } catch {
    return '';
  }
}

async function join(event) {
  event.preventDefault();
  const name = page.name.value.trim();
  if (!name || !stage) return;
  remember(name);
  seen_on_roster = false;
  await stage.join(name);
  page.leave.focus({ preventScroll: true });
}

function on_key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest('input, select')) return;
  const kind = { m: 'audio', v: 'video' }[event.key.toLowerCase()];
  if (!kind) return;
  event.preventDefault();
  toggle(kind);
}

function connect_controls() {
  page.microphone.addEventListener('click', () => toggle('audio'));
  page.camera.addEventListener('click', () => toggle('video'));
  for (const kind of ['audio', 'video']) devices[kind].select.addEventListener('change', () => choose(kind));
  page.lobby.addEventListener('submit', join);
  page.name.addEventListener('input', draw_card);
  page.leave.addEventListener('click', async () => {
    await stage.leave();
    page.join.focus({ preventScroll: true });
  });
  document.addEventListener('keydown', on_key);
  onDevicesChanged(() => ['audio', 'video'].forEach((kind) => in_turn(kind, () => list_devices(kind))));
  addEventListener('pagehide', () => stage?.abandon());
  // Back from the browser's cache: the connection is gone, the page starts over.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}

// A hint may come before we know that it is about us, so it is also looked at when we come on stage.
function obey_hint() {
  stage.setQuality(hintFor(stage.speaker, hint));
}

function follow(space) {
  new Events(eventsUrl(space), {
    opened() {
      seen_on_roster = false;
    },
    stage(update) {
      roster = update;
      const present = rowsOf(roster, stage.speaker).some((row) => row.me);
      if (seen_on_roster && !present && stage.connected) stage.leave('removed');
      seen_on_roster = present;
      draw_roster();
    },
    hint(update) {
      hint = update;
      obey_hint();
    },
    ended() {
      if (stage.state !== 'lobby') stage.leave('ended');
    },
  });
}

// --- start

async function find_space() {
  const backoff = new Backoff();
  for (;;) {
    try {
      return (await fetchSpace()).space;
    } catch {
      page.state.textContent = 'Connecting';
      await new Promise((resolve) => setTimeout(resolve, backoff.next()));
    }
  }
}

// For tests and for engineers.
window.spacecast = {
  stats: () => ({
    state: stage?.state ?? 'connecting',
    speaker: stage?.speaker ?? '',
    onAir: was_on_air,
    camera: is_on('video'),
    muted: !is_on('audio'),
    level: meter.read(),
    roster,
  }),
};

page.name.value = remembered();
connect_controls();
draw_card();
setInterval(draw_meter, kMeterMs);
load_icons();
for (const kind of ['audio', 'video']) {
  in_turn(kind, async () => {
    await open_device(kind);
    await apply_device(kind);
  });
}
const space = await find_space();
page.space.textContent = space;
page.space.hidden = false;
document.title = `Studio – ${space} – spacecast`;
// A token comes in the fragment, which browsers keep out of requests and logs.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
stage = new Stage(space, token, draw_state, (stream) => { page.return.srcObject = stream; });
page.join.disabled = false;
for (const kind of ['audio', 'video']) in_turn(kind, () => apply_device(kind));
draw_state();
follow(space);
