// Goal: the players that people use play the stream for two minutes, each in its own low-latency mode, without an
// error, a jump or a stall (video.js only when it has settled, see there); and clients that know nothing of low latency
// play it, too.
// Method: llhlssink on a synthetic source; each player with its defaults on a page of its own in Chromium; ffmpeg
// and GStreamer's hlsdemux2 at the same time as the first of them. What latency a player ran at is said, not judged.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchBrowser, openPage } from './support/browser.mjs';
import { playWithFfmpeg, playWithGstreamer } from './support/clients.mjs';
import { servePages } from './support/pages.mjs';
import { countRequests } from './support/requests.mjs';
import { startStream } from './support/stream.mjs';
import { until } from './support/until.mjs';

const kWatchMs = 120000;
// Media may run this much faster or slower than the clock. Without a sound card Chromium's clock is a thread that only
// pretends to play: on a busy machine it came 1.3 % short, with no wait, no gap and no stall that the player knew of. What
// a viewer would see as a stall is counted in `waits`; parts that are not fetched in time, in `requests`.
const kDrift = 0.05;

// A player that has to find its distance from live has settled when it has played for so many seconds without a wait.
const kCalm = 30;
const kMostToSettleMs = 150000;

let pages;
let stream;
let browser;

before(async () => {
  pages = await servePages({ '/node_modules/': 'node_modules', '/': 'tests/browser/support/players' });
  // A plain client begins three segments behind live, so as many have to be there.
  stream = await startStream({ segments: 4 });
  browser = await launchBrowser();
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  await stream?.stop();
  pages?.close();
}, { timeout: 60000 });

// Plays for two minutes and returns what was seen; `requests` are those of the two minutes. They begin with the first
// frame, or when the player has settled: then `beginning` is what it did before.
async function watch(name, { settles = false } = {}) {
  const page = await openPage(browser, 'about:blank', { width: 640, height: 480 });
  await page.goto(`${pages.url}/${name}.html?src=${encodeURIComponent(stream.url)}`);
  const read = () => page.evaluate(() => window.watch?.read() ?? {});
  const describe = async () => [await read(), page.errors];
  await until('the picture moves', async () => {
    const { started, time } = await read();
    return started && time > 0;
  }, { describe });
  if (settles) {
    await page.evaluate(() => window.watch.begin());
    await until('it has settled', async () => (await read()).calm > kCalm, { describe, timeout_ms: kMostToSettleMs });
  }
  const beginning = await read();
  const requests = countRequests(page, new URL(stream.url).origin);
  await page.evaluate(() => window.watch.begin());
  const end = Date.now() + kWatchMs;
  await until('two minutes have passed', () => Date.now() > end, { timeout_ms: kWatchMs + 10000 });
  const seen = await read();
  const counts = structuredClone(requests);
  await page.close();
  return { ...seen, errors: [...beginning.errors, ...seen.errors, ...page.errors], beginning: settles ? beginning.waits : [], requests: counts };
}

function judge(test, seen) {
  test.diagnostic(JSON.stringify(seen));
  assert.deepEqual(seen.errors, []);
  assert.deepEqual(seen.waits, [], 'it had to wait');
  assert.equal(seen.waiting, false);
  assert.deepEqual(seen.seeks, [], 'it jumped');
  assert.deepEqual(seen.requests.failures, []);
  assert.ok(Math.abs(seen.media / seen.wall - 1) < kDrift, `${seen.media} s of media in ${seen.wall} s`);
  // Three parts a second and more in two renditions.
  assert.ok(seen.requests.parts > 4 * kWatchMs / 1000, 'parts are fetched');
  assert.ok(seen.requests.blocking > 4 * kWatchMs / 1000, 'playlists are waited for');
}

const kTimeout = { timeout: kWatchMs + 60000 };

// A client that waits for nothing more than segments plays the rest of the first segment list in one go, so it
// covers the two minutes, and a little more or less at the end.
function judgeFrames(what, { frames, seconds, breaks }, frames_per_second) {
  assert.deepEqual(breaks, [], `${what} is continuous`);
  assert.ok(Math.abs(frames - seconds * frames_per_second) < 2, `${what}: ${frames} frames in ${seconds} s`);
  assert.ok(seconds > kWatchMs / 1000 - 10, `${what}: ${seconds} s`);
}

describe('two minutes at the same time', { concurrency: true }, () => {
  test('hls.js', kTimeout, async (t) => judge(t, await watch('hls')));

  test('ffmpeg', kTimeout, async (t) => {
    const played = await playWithFfmpeg(stream.url, kWatchMs / 1000);
    t.diagnostic(JSON.stringify(played));
    assert.equal(played.status, 0);
    assert.deepEqual(played.complaints, []);
    judgeFrames('video', played.video, 30);
    judgeFrames('audio', played.audio, 48000 / 1024);
  });

  test('GStreamer\'s hlsdemux2', kTimeout, async (t) => {
    const played = await playWithGstreamer(stream.url, kWatchMs / 1000);
    t.diagnostic(JSON.stringify(played));
    assert.deepEqual(played.demuxers, ['HLSDemux2']);
    assert.deepEqual(played.problems, []);
    assert.ok(played.seconds > kWatchMs / 1000 - 10, `it played ${played.seconds} s`);
  });
});

test('Shaka Player', kTimeout, async (t) => judge(t, await watch('shaka')));
// VHS 3.17 takes the segment in the making for a whole one, so it may begin nearer to live than anything is published;
// and while each reload of the playlist brings one part, it appends the init section before each, after which a browser
// drops all frames up to the next key frame. Both are over with its first stall. Its loader of sound may also sit out a
// second when it looks for work while a picture is being appended. It has no way to keep a distance: each stall moves it
// further from live by as much as it lasted, until it is out of reach of the next.
test('video.js (VHS)', { timeout: kWatchMs + kMostToSettleMs + 60000 }, async (t) => judge(t, await watch('vhs', { settles: true })));
