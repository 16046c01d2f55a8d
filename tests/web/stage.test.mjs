// Goal: a speaker's place on stage outlives everything but the speaker's own wish, a host's, and the end.
// Method: a browser and a server made by hand: connections change their state when the test says so.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Stage } from '../../src/web/stage.js';

let connections;
let server;
let stage;
let states;
let returned;

class FakeSender {
  track = null;
  async replaceTrack(track) { this.track = track; }
  getParameters() { return { encodings: [] }; }
  async setParameters() {}
}

class FakeConnection extends EventTarget {
  static closed = 0;
  connectionState = 'new';
  iceGatheringState = 'complete';
  transceivers = [];
  localDescription = { sdp: 'offer' };

  constructor(options) {
    super();
    this.options = options;
    connections.push(this);
  }

  addTransceiver(kind, init) {
    const transceiver = { kind, init, sender: new FakeSender(), setCodecPreferences() {} };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async setLocalDescription() {}
  async setRemoteDescription() {
    for (const kind of ['audio', 'video']) this.dispatchEvent(Object.assign(new Event('track'), { track: { kind, of: this } }));
  }

  close() { this.connectionState = 'closed'; }

  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

// Answers to POST: 201, or what `refuse` says as [status, detail].
class FakeServer {
  requests = [];
  refuse = null;
  // How many PATCHes are refused.
  deaf = 0;
  links = '';

  async fetch(url, { method, headers, body }) {
    this.requests.push({ method, url: String(url), headers, body });
    const answer = (status, text = '', more = {}) => new Response([204, 304].includes(status) ? null : text, { status, headers: more });
    if (this.refuse === 'nothing') throw new TypeError('Failed to fetch');
    if (method === 'POST') {
      if (this.refuse) return answer(this.refuse[0], JSON.stringify({ detail: this.refuse[1] }));
      const number = this.posts.length;
      return answer(201, 'answer', { Location: `/spaces/demo/stage/secret${number}`, 'Spacecast-Speaker': `id${number}` });
    }
    if (method === 'PATCH' && this.deaf-- > 0) return answer(403, JSON.stringify({ detail: 'not yet' }));
    return answer(method === 'GET' ? 204 : 200, '', method === 'GET' && this.links ? { Link: this.links } : {});
  }

  get posts() { return this.requests.filter(({ method }) => method === 'POST'); }
  get told() { return this.requests.filter(({ method }) => method === 'PATCH').map(({ url, body }) => [url.split('/').pop(), JSON.parse(body)]); }
  get left() { return this.requests.filter(({ method }) => method === 'DELETE').map(({ url }) => url.split('/').pop()); }
}

// What was begun goes on as far as it can.
const settle = async () => {
  for (let i = 0; i < 50; ++i) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (ms) => {
  mock.timers.tick(ms);
  await settle();
};

beforeEach(() => {
  connections = [];
  states = [];
  returned = [];
  server = new FakeServer();
  mock.timers.enable({ apis: ['setTimeout'] });
  Object.assign(globalThis, {
    RTCPeerConnection: FakeConnection, RTCRtpSender: { getCapabilities: () => ({ codecs: [] }) }, MediaStream: class {},
    document: { baseURI: 'http://stage.test/studio' }, fetch: (...args) => server.fetch(...args),
  });
  stage = new Stage({ space: 'demo', token: 'token', role: 'host' }, (problem) => states.push(problem ? `${stage.state}: ${problem.message}` : stage.state), (received) => returned.push(received));
});

afterEach(() => {
  stage.abandon();
  mock.timers.reset();
});

async function on_stage() {
  const joined = stage.join('Ada');
  await settle();
  await joined;
  connections.at(-1).become('connected');
  await settle();
  assert.equal(stage.state, 'joined');
}

test('joining', async () => {
  server.links = '<stun:stun.example>; rel="ice-server"';
  await on_stage();
  const [{ url, headers, body }] = server.posts;
  assert.equal(url, '/spaces/demo/stage?name=Ada&role=host');
  assert.equal(headers.Authorization, 'Bearer token');
  assert.equal(headers['Spacecast-Replaces'], undefined);
  assert.equal(body, 'offer');
  assert.deepEqual(connections[0].options.iceServers, [{ urls: 'stun:stun.example' }]);
  assert.deepEqual(connections[0].transceivers.map(({ kind, init }) => [kind, init.direction]), [['audio', 'sendrecv'], ['video', 'sendrecv'], ['video', 'sendonly']]);
  assert.deepEqual(states, ['joining', 'joined']);
  assert.deepEqual(returned.at(-1).map(({ audio, video }) => [audio.of, video.of]), [[connections[0], connections[0]]]);
  assert.deepEqual(server.told, [['id1', { camera: false, muted: true }]]);
});

test('what is sent is replaced without another offer, and told', async () => {
  await on_stage();
  const [microphone, camera, screen] = [{ enabled: true }, {}, {}];
  await stage.setMicrophone(microphone, true);
  await stage.setCamera(camera);
  await stage.setScreen(screen);
  stage.setHand(true);
  await settle();
  assert.deepEqual(connections[0].transceivers.map(({ sender }) => sender.track), [microphone, camera, screen]);
  assert.equal(microphone.enabled, false);
  assert.deepEqual(Object.assign({}, ...server.told.map(([, change]) => change)), { camera: true, muted: true, screen: true, hand: true });
  assert.equal(server.posts.length, 1);
});

test('a server that does not listen at first is told again, with what has changed meanwhile', async () => {
  server.deaf = 2;
  await on_stage();
  assert.equal(stage.telling, true);
  await stage.setCamera({});
  for (let i = 0; i < 3; ++i) await pass(1000);
  assert.deepEqual(server.told.map(([, change]) => change), [{ camera: false, muted: true }, { camera: true, muted: true }, { camera: true, muted: true }]);
  assert.equal(stage.telling, false);
});

test('a short gap mends itself', async () => {
  await on_stage();
  connections[0].become('disconnected');
  assert.equal(stage.state, 'unstable');
  await pass(1000);
  connections[0].become('connected');
  await pass(10000);
  assert.equal(stage.state, 'joined');
  assert.equal(server.posts.length, 1);
});

test('a longer one is mended by a new session in the old place, and nobody has to be told anything twice', async () => {
  await on_stage();
  await stage.setCamera({});
  stage.setHand(true);
  connections[0].become('disconnected');
  await pass(2500);
  assert.equal(stage.state, 'rejoining');
  assert.equal(server.posts[1].headers['Spacecast-Replaces'], 'secret1');
  connections[1].become('connected');
  await settle();
  assert.equal(stage.state, 'joined');
  assert.equal(connections[0].connectionState, 'closed');
  assert.deepEqual(returned.at(-1).map(({ audio }) => audio.of), [connections[1]]);
  assert.deepEqual(server.told.at(-1), ['id2', { camera: true, muted: true, hand: true }]);
});

for (const [what, end] of [['ends it', () => connections[0].become('disconnected')], ['has had the time for it', () => mock.timers.tick(5000)]]) {
  test(`with another network the old connection runs until the server ${what}`, async () => {
    await on_stage();
    stage.renew();
    await settle();
    assert.equal(stage.state, 'moving');
    assert.equal(connections.length, 2);
    assert.deepEqual(returned.at(-1).map(({ audio }) => audio.of), [connections[0]]);
    connections[1].become('connected');
    await settle();
    assert.equal(connections[0].connectionState, 'connected');
    assert.deepEqual(returned.at(-1).map(({ audio }) => audio.of), connections);
    // What is turned off is off on both.
    const camera = {};
    await stage.setCamera(camera);
    assert.deepEqual(connections.map(({ transceivers }) => transceivers[1].sender.track), [camera, camera]);
    end();
    await settle();
    assert.equal(connections[0].connectionState, 'closed');
    assert.deepEqual(returned.at(-1).map(({ audio }) => audio.of), [connections[1]]);
    assert.deepEqual(server.left, ['secret1']);
    assert.deepEqual(states, ['joining', 'joined', 'moving', 'joined']);
  });
}

test('where the new one comes to nothing the old one stays', async () => {
  await on_stage();
  stage.renew();
  await settle();
  connections[1].become('failed');
  await settle();
  assert.equal(stage.state, 'joined');
  assert.equal(connections[0].connectionState, 'connected');
  assert.deepEqual(server.left, ['secret2']);
});

test('a server that is away is asked again and again', async () => {
  await on_stage();
  server.refuse = 'nothing';
  connections[0].become('disconnected');
  await pass(2500);
  for (let i = 0; i < 3; ++i) await pass(10000);
  assert.match(states.at(-1), /^rejoining: the server cannot be reached/);
  server.refuse = null;
  await pass(10000);
  connections.at(-1).become('connected');
  assert.equal(stage.state, 'joined');
});

test('a stage that has become full is waited for', async () => {
  await on_stage();
  server.refuse = [503, 'the stage is full'];
  connections[0].become('failed');
  await pass(2500);
  assert.equal(states.at(-1), 'rejoining: the stage is full');
  server.refuse = null;
  await pass(10000);
  connections.at(-1).become('connected');
  assert.equal(stage.state, 'joined');
});

test('an answer without media is not an answer', async () => {
  const joined = stage.join('Ada');
  await settle();
  await joined;
  await pass(12000);
  assert.deepEqual(states, ['joining', 'lobby: no media connection to the server']);
  assert.deepEqual(server.left, ['secret1']);
});

for (const [status, detail] of [[401, 'the token expired'], [403, 'a host removed you'], [503, 'the stage is full'], [409, 'the Space has ended']]) {
  test(`a refusal of ${status} is the end of joining`, async () => {
    server.refuse = [status, detail];
    await stage.join('Ada');
    await pass(60000);
    assert.deepEqual(states, ['joining', `lobby: ${detail}`]);
    assert.equal(server.posts.length, 1);
  });
}

test('who may not come back does not try', async () => {
  await on_stage();
  server.refuse = [403, 'a host removed you'];
  connections[0].become('failed');
  await pass(2500);
  await pass(60000);
  assert.equal(states.at(-1), 'lobby: a host removed you');
  assert.equal(server.posts.length, 2);
});

test('leaving, and being removed', async () => {
  await on_stage();
  await stage.leave('removed');
  assert.equal(stage.state, 'removed');
  assert.deepEqual(server.left, ['secret1']);
  assert.deepEqual(returned.at(-1), []);
  connections[0].become('failed');
  stage.renew();
  await pass(60000);
  assert.equal(stage.state, 'removed');
  assert.equal(server.posts.length, 1);
});

test('leaving while the answer is on its way leaves nothing behind', async () => {
  const joined = stage.join('Ada');
  const left = stage.leave();
  await settle();
  await Promise.all([joined, left]);
  assert.equal(stage.state, 'lobby');
  assert.equal(server.left.length, server.posts.length);
});
