// The speaker's page: joins devices, stage, roster and the host's controls to the document.
import { eventsUrl, fetchSpace } from './api.js';
import { Ask } from './ask.js';
import { Backoff } from './backoff.js';
import { Hearing } from './hearing.js';
import { Host } from './host.js';
import { load_icons } from './icons.js';
import { LinkBadge } from './link_badge.js';
import { Lobby } from './lobby.js';
import { onNetworkChanged } from './network.js';
import { Output } from './output.js';
import { OwnDevices } from './own_devices.js';
import { OwnRow } from './own_row.js';
import { People } from './people.js';
import { PushToTalk } from './push_to_talk.js';
import { describeStage, Events, rowsOf } from './roster.js';
import { ScreenShare } from './screen_share.js';
import { hintFor } from './sending.js';
import { fetchIceServers } from './session.js';
import { Stage } from './stage.js';
import { kOnStage, kStudioStates } from './states.js';

const by_id = (id) => document.getElementById(id);
const page = {
  studio: by_id('studio'), space: by_id('space'), preview: by_id('preview'), video: by_id('video'), card: by_id('card'),
  on_air: by_id('on-air'), state: by_id('state'), notice: by_id('notice'), message: by_id('message'), message_text: by_id('message-text'),
  message_close: by_id('message-close'), stage: by_id('stage'), stage_title: by_id('stage-title'), count: by_id('count'), leave: by_id('leave'),
  screen: by_id('screen'), hand: by_id('hand'), hand_word: by_id('hand-word'), volume_field: by_id('volume-field'), host: by_id('host'),
  layout: by_id('layout'), end: by_id('end'), announce: by_id('announce'),
};
// A token comes in the fragment, which browsers keep out of requests and logs.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
// Only heeded where a Space is open to all.
const asked_role = new URLSearchParams(location.search).get('role') ?? '';

let stage = null;
let roster = null;
let was_on_air = false;
// What the server last said of everybody's picture.
let hint = null;

const is_on_stage = () => kOnStage.has(stage?.state);
const rows = () => rowsOf(roster, stage?.speaker || null);
const my_row = () => rows().find((row) => row.me);

function say(text) {
  page.announce.textContent = text;
}

// What somebody has to know who looks elsewhere; stays until it is closed or there is something newer. '' for nothing.
function tell(text) {
  page.message_text.textContent = text;
  page.message.hidden = !text;
  if (text) say(text);
}

// --- the parts

const lobby = new Lobby({
  form: by_id('lobby'), text: by_id('lobby-text'), name: by_id('name'), join: by_id('join'), problem: by_id('join-problem'),
  count: by_id('lobby-count'), avatar: by_id('card-avatar'),
}, token, asked_role, join);
const devices = new OwnDevices({
  audio: { switch: by_id('microphone'), select: by_id('audio-device'), problem: by_id('audio-problem'), word: by_id('microphone-word'), icon: 'mic' },
  video: { switch: by_id('camera'), select: by_id('video-device'), problem: by_id('video-problem'), word: by_id('camera-word'), icon: 'camera' },
  meter: by_id('meter'), muted_hint: by_id('muted-hint'),
}, send_device, say);
const hearing = new Hearing({
  audio: by_id('return'), volume: by_id('volume'), blocked: by_id('sound-blocked'), program: by_id('program'), video: by_id('program-video'),
  still: by_id('program-still'),
});
const output = new Output({ audio: by_id('return'), select: by_id('output'), field: by_id('output-field') }, say);
const link = new LinkBadge({ badge: by_id('link'), word: by_id('link-word') }, async () => stage?.stats() ?? null, () => say('Your connection is poor'));
const share = new ScreenShare({ button: page.screen, word: by_id('screen-word') }, (track) => stage.setScreen(track), tell);
const ask = new Ask({
  dialog: by_id('ask'), form: by_id('ask-form'), title: by_id('ask-title'), text: by_id('ask-text'), field: by_id('ask-field'),
  input: by_id('ask-input'), yes: by_id('ask-yes'), no: by_id('ask-no'),
});
const host = new Host(() => stage?.session ?? null, ask, tell);
const people = new People(by_id('roster'), (action, row) => host.act(action, row));
const push_to_talk = new PushToTalk(() => is_on_stage() && devices.mayTalk, (on) => devices.talk(on));
const own_row = new OwnRow({
  muted: () => my_row()?.muted && devices.isOn('audio') && stage.connected && !stage.telling,
  on_muted() {
    devices.mute();
    tell('A host has muted you. Turn your microphone on when you want to speak.');
  },
  // The server knows nothing of a connection that we take for a good one: it has been started again.
  missing: () => stage.state === 'joined' && my_row() === undefined,
  on_missing: () => stage.renew(),
});

// --- what goes on stage

async function join(name) {
  await stage.join(name);
  // Not on a button: the Space bar is for talking.
  if (is_on_stage()) page.stage_title.focus({ preventScroll: true });
}

async function send_device(kind) {
  const track = devices.sent(kind);
  if (kind === 'audio') {
    output.look();
    await stage?.setMicrophone(track, !devices.isOn('audio'));
  } else {
    page.video.srcObject = track && new MediaStream([track]);
    page.card.hidden = track !== null;
    await stage?.setCamera(track);
  }
}

function raise_hand(up) {
  if (!is_on_stage()) return;
  stage.setHand(up);
  draw_hand();
  say(up ? 'Your hand is up' : 'Your hand is down');
}

// A hint may come before we know that it is about us, so it is also looked at when we come on stage.
function obey_hint() {
  stage.setQuality(hintFor(stage.speaker, hint));
}

// --- drawing

function draw_hand() {
  page.hand.setAttribute('aria-pressed', String(stage.hand));
  page.hand_word.textContent = stage.hand ? 'Up' : 'Down';
}

// `problem`: what has led to this state, or null.
function draw_state(problem = null) {
  const { state } = stage;
  const on_stage = is_on_stage();
  const [word, sentence] = kStudioStates[state];
  page.studio.dataset.state = state;
  page.state.textContent = word;
  for (const part of [page.stage, page.screen, page.hand, page.volume_field]) part.hidden = !on_stage;
  page.notice.textContent = problem && on_stage ? `${sentence} (${problem.message})` : sentence;
  page.notice.hidden = !['unstable', 'moving', 'rejoining'].includes(state);
  lobby.draw(state, on_stage);
  const over = ['removed', 'ended'].includes(state) ? sentence : '';
  const refusal = on_stage ? '' : (problem && lobby.explain(problem)) || over;
  lobby.refuse(refusal);
  if (!on_stage) {
    share.stop();
    tell('');
  }
  draw_hand();
  draw_roster();
  obey_hint();
  say(refusal || sentence || word);
}

function draw_roster() {
  const shown = rows();
  const mine = my_row();
  const on_air = mine?.onAir ?? false;
  page.count.textContent = shown.length;
  lobby.expect(describeStage(shown));
  people.draw(shown);
  page.host.hidden = !(mine?.manages && is_on_stage());
  page.end.hidden = !mine?.host;
  for (const choice of page.layout.elements) choice.checked = choice.value === roster?.layout;
  page.on_air.hidden = !on_air;
  page.preview.classList.toggle('is-on-air', on_air);
  if (on_air !== was_on_air) say(on_air ? 'You are on air' : 'You are no longer on air');
  was_on_air = on_air;
}

// --- what the speaker does

function on_key(event) {
  if (push_to_talk.down(event)) {
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest('input, select, dialog')) return;
  const action = {
    m: () => devices.toggle('audio'), v: () => devices.toggle('video'), h: () => raise_hand(!stage?.hand),
  }[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
}

function connect_controls() {
  page.hand.addEventListener('click', () => raise_hand(!stage.hand));
  page.message_close.addEventListener('click', () => tell(''));
  page.layout.addEventListener('change', async ({ target }) => {
    // Until the roster says so, the choice is what it was.
    if (!await host.setLayout(target.value)) draw_roster();
  });
  page.end.addEventListener('click', () => host.end());
  page.leave.addEventListener('click', async () => {
    await stage.leave();
    lobby.focus();
  });
  // A button that was pressed with the mouse gives the Space bar back to push-to-talk.
  document.addEventListener('click', ({ target, detail }) => detail > 0 && target.closest('.dock button')?.blur());
  document.addEventListener('keydown', on_key);
  document.addEventListener('keyup', (event) => push_to_talk.up(event));
  addEventListener('blur', () => push_to_talk.release());
  onNetworkChanged(() => stage?.renew());
  addEventListener('pagehide', () => stage?.abandon());
  // Back from the browser's cache: the connection is gone, the page starts over.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}

// --- what the server says

function follow(space) {
  new Events(eventsUrl(space), {
    stage(update) {
      roster = update;
      draw_roster();
      own_row.look();
    },
    hint(update) {
      hint = update;
      obey_hint();
    },
    removed({ speaker }) {
      if (speaker === stage.speaker) stage.leave('removed');
    },
    ended() {
      if (stage.state !== 'lobby') stage.leave('ended');
    },
  });
}

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

// An invitation that does not work is better known before one has dressed for the camera.
async function check_invitation(space) {
  const problem = await fetchIceServers(space, token).then(() => null, (error) => error);
  if ([401, 403].includes(problem?.status) && stage.state === 'lobby') lobby.refuse(lobby.explain(problem));
}

// --- start

// For tests and for engineers.
window.spacecast = {
  stats: () => ({
    state: stage?.state ?? 'connecting',
    sessions: stage?.sessions ?? 0,
    speaker: stage?.speaker ?? '',
    onAir: was_on_air,
    camera: devices.isOn('video'),
    muted: !devices.isOn('audio'),
    screen: share.on,
    hand: stage?.hand ?? false,
    level: devices.level,
    link: link.grade,
    sending: link.totals,
    roster,
  }),
  screen: () => share.track,
  report: async () => [...(await stage?.stats())?.values() ?? []],
};

connect_controls();
load_icons();
devices.start();
const space = await find_space();
page.space.textContent = space;
page.space.hidden = false;
document.title = `Studio – ${space} – spacecast`;
stage = new Stage({ space, token, role: asked_role }, draw_state, (received) => hearing.take(received));
lobby.open();
devices.applyAll();
draw_state();
follow(space);
check_invitation(space);
