// Goal: the viewer's page keeps its viewer in the Space whatever the network does, and lets them go back, pause and
// listen only; what they chose stays as they chose it.
// Method: the real worker with a small picture and nobody on stage; the real page, behind a network that falls silent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, statsOf } from './support/browser.mjs';
import { makeMediaDir } from './support/media.mjs';
import { startNetwork } from './support/network.mjs';
import { startWorker, writeSmallProgram } from './support/program.mjs';
import { countRequests } from './support/requests.mjs';
import { until } from './support/until.mjs';
import { kJumpBehind } from '../../src/web/latency.js';

const kLossMs = 20000;
// A page that is at most this far behind has come back to live.
const kNearLive = 3;

let media;
let worker;
let network;
let browser;
let page;

before(async () => {
  media = await makeMediaDir();
  worker = await startWorker({ options: ['--program', await writeSmallProgram(media.dir)] });
  network = await startNetwork(worker.viewer);
  browser = await launchBrowser();
  page = await openPage(browser, network.url, { width: 480, height: 800 });
  await is('live');
  // What a reload would lose.
  await page.evaluate(() => { window.here_since = performance.now(); });
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  network?.close();
  await worker?.stop();
  await media?.remove();
}, { timeout: 60000 });

const stats = () => statsOf(page);
const is = (state) => until(`the page is ${state}`, async () => (await stats()).state === state, { describe: stats });
const passes = (what, duration_ms) => {
  const end = Date.now() + duration_ms;
  return until(what, () => Date.now() > end, { timeout_ms: duration_ms + 10000 });
};
const isSettled = () => until('the page is near live', async () => {
  const { state, delay, targetDelay, buffer } = await stats();
  return state === 'live' && delay < kNearLive && delay - targetDelay < 0.4 && buffer > 0.2;
}, { describe: stats, timeout_ms: 90000 });
// From now on: the extremes of the playback rate, and how far the picture was from its target before each jump.
const record = () => page.evaluate(() => {
  const video = document.querySelector('video');
  window.recorder?.abort();
  window.recorder = new AbortController();
  const { signal } = window.recorder;
  const seen = { jumps: [], fastest: 1, slowest: 1 };
  let excess = NaN;
  const timer = setInterval(() => {
    const { delay, targetDelay } = window.spacecast.stats();
    if (!video.seeking) excess = delay - targetDelay;
  }, 50);
  signal.addEventListener('abort', () => clearInterval(timer));
  video.addEventListener('seeking', () => seen.jumps.push(excess), { signal });
  video.addEventListener('ratechange', () => {
    seen.fastest = Math.max(seen.fastest, video.playbackRate);
    seen.slowest = Math.min(seen.slowest, video.playbackRate);
  }, { signal });
  window.recorded = seen;
});
const recorded = () => page.evaluate(() => window.recorded);

test('after a stall it catches up by playing faster, without a jump', { timeout: 150000 }, async () => {
  await isSettled();
  await record();
  const { stalls } = await stats();
  network.freeze();
  await until('the picture is behind', async () => {
    const { delay, targetDelay } = await stats();
    return delay - targetDelay > 1.5;
  }, { describe: stats });
  network.thaw();
  await isSettled();
  const seen = await recorded();
  assert.ok((await stats()).stalls > stalls, 'there was a stall');
  // A machine that is busy with other things may fall behind further.
  assert.deepEqual(seen.jumps.filter((excess) => !(excess > kJumpBehind - 0.2)), []);
  assert.ok(seen.fastest > 1.03, `fastest ${seen.fastest}`);
});

async function comes_back(lose, find) {
  await isSettled();
  await lose();
  try {
    await is('reconnecting');
    await passes('the loss', kLossMs);
    assert.equal((await stats()).state, 'reconnecting');
  } finally {
    await find();
  }
  await is('live');
  await until('it is near live', async () => (await stats()).delay < kNearLive, { describe: stats });
  assert.ok(await page.evaluate(() => window.here_since), 'without a reload');
}

test('it comes back after 20 s without a network', { timeout: 150000 }, () => comes_back(
  () => page.context().setOffline(true), () => page.context().setOffline(false),
));

test('it comes back after 20 s in which nothing was answered', { timeout: 150000 }, () => comes_back(
  () => network.freeze(), () => network.thaw(),
));

test('it comes back after 20 s of 503', { timeout: 150000 }, () => comes_back(
  () => page.route('**/hls/**', (route) => route.fulfill({ status: 503, headers: { 'Retry-After': '1' } })),
  () => page.unroute('**/hls/**'),
));

test('who goes back ten seconds stays there', { timeout: 120000 }, async () => {
  await isSettled();
  await until('there is enough to go back', async () => {
    const { timeline } = await stats();
    return timeline.end - timeline.start > 16;
  }, { describe: stats });
  await page.click('#back');
  await is('rewound');
  await until('the picture moves', async () => (await stats()).buffer > 1, { describe: stats });
  await record();
  const { delay } = await stats();
  assert.ok(delay > 10, `${delay} s behind`);
  await passes('a while', 6000);
  const seen = await recorded();
  const now = await stats();
  assert.deepEqual(seen, { jumps: [], fastest: 1, slowest: 1 });
  assert.equal(now.state, 'rewound');
  assert.ok(Math.abs(now.delay - delay) < 0.7, `${delay} s behind, then ${now.delay}`);
});

test('a pause keeps the place', { timeout: 60000 }, async () => {
  await page.keyboard.press('k');
  await is('paused');
  const place = (await stats()).timeline.position;
  await passes('a while', 2000);
  await page.keyboard.press('k');
  await is('rewound');
  const now = (await stats()).timeline.position;
  assert.ok(now >= place && now - place < 1.5, `${place}, then ${now}`);
});

test('the slider says where one is, and goes by keys', { timeout: 60000 }, async () => {
  const slider = page.locator('#scrubber');
  const said = () => slider.getAttribute('aria-valuetext');
  assert.match(await said(), /^1\d seconds behind live$/);
  await slider.focus();
  await page.keyboard.press('Home');
  await until('it is at the start', async () => {
    const { timeline } = await stats();
    return timeline.position - timeline.start < 6;
  }, { describe: stats });
  await page.keyboard.press('End');
  await is('live');
  await until('it says so', async () => (await said()) === 'Live');
  assert.equal(await page.isDisabled('#go-live'), true);
});

test('a button goes back to live', { timeout: 60000 }, async () => {
  await page.keyboard.press('j');
  await is('rewound');
  await page.click('#go-live');
  await is('live');
  await until('it is near live', async () => (await stats()).delay < kNearLive, { describe: stats });
});

test('who pauses while live goes on from there', { timeout: 60000 }, async () => {
  await isSettled();
  await page.click('#play');
  await is('paused');
  const { position } = (await stats()).timeline;
  await passes('more than a moment', 5000);
  await page.click('#play');
  await is('rewound');
  assert.ok((await stats()).timeline.position - position < 1.5);
  await page.click('#go-live');
  await is('live');
});

test('listen only loads no picture, and is remembered', { timeout: 90000 }, async () => {
  await page.click('#listen');
  await is('live');
  const requests = countRequests(page, new URL(network.url).origin);
  const pictures = [];
  page.on('request', (request) => request.url().includes('/v0') && pictures.push(request.url()));
  await until('parts are played', async () => requests.parts > 6 && (await stats()).buffer > 0.2, { describe: stats });
  assert.equal(await page.getAttribute('#listen', 'aria-checked'), 'true');
  assert.equal(await page.isVisible('#listening'), true);
  await page.reload();
  await is('live');
  assert.equal((await stats()).listening, true);
  assert.deepEqual(pictures, []);
  assert.equal((await stats()).width, 0);
});

test('listening, one can go back, and see the picture of there', { timeout: 90000 }, async () => {
  await page.click('#back');
  await is('rewound');
  const before_it = (await stats()).delay;
  await page.click('#listen');
  await is('rewound');
  await until('there is a picture', async () => (await stats()).width > 0, { describe: stats });
  const { delay, listening } = await stats();
  assert.equal(listening, false);
  assert.ok(Math.abs(delay - before_it) < 3, `${before_it} s behind, then ${delay}`);
  assert.equal(await page.isVisible('#listening'), false);
});

test('the end is told', { timeout: 60000 }, async () => {
  await page.click('#go-live');
  await is('live');
  const status = worker.stop();
  await is('ended');
  assert.equal(await status, 0);
});

test('the page reported no error', () => assert.deepEqual(page.errors, []));
