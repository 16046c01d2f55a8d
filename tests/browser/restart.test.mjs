// Goal: a Space whose process dies and is started again on the same archive goes on for everybody who watches: players
// play on without a reload.
// Method: the real worker on one port with --archive, killed with SIGKILL and started anew; hls.js, Shaka Player,
// video.js and the viewer's page watch it. How long each picture stood still is said, not judged.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, statsOf } from './support/browser.mjs';
import { makeMediaDir } from './support/media.mjs';
import { servePages } from './support/pages.mjs';
import { startWorker, writeSmallProgram } from './support/program.mjs';
import { freePort } from './support/stream.mjs';
import { until } from './support/until.mjs';

const kPlayers = ['hls', 'shaka', 'vhs'];
// What a player has to play after the restart, to show that it is not the rest of its buffer.
const kPlaysOn = 20;

let media;
let pages;
let worker;
let options;
let browser;
let viewer;
let playlist;
const watchers = {};

const start = () => startWorker(options);
const read = (page) => page.evaluate(() => window.watch?.read() ?? {});
const moves = (page) => until('the picture moves', async () => (await read(page)).time > 1, { describe: () => read(page), timeout_ms: 60000 });

before(async () => {
  media = await makeMediaDir();
  pages = await servePages({ '/node_modules/': 'node_modules', '/': 'tests/browser/support/players' });
  const program = await writeSmallProgram(media.dir);
  options = { listen: `127.0.0.1:${await freePort()}`, options: ['--program', program, '--archive', path.join(media.dir, 'archive')] };
  worker = await start();
  playlist = new URL('spaces/demo/hls/v0.m3u8', worker.viewer);
  browser = await launchBrowser();
  const source = encodeURIComponent(new URL('master.m3u8', playlist));
  viewer = await openPage(browser, worker.viewer, { width: 480, height: 800 });
  for (const name of kPlayers) watchers[name] = await openPage(browser, `${pages.url}/${name}.html?src=${source}`, { width: 480, height: 360 });
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  await worker?.stop();
  pages?.close();
  await media?.remove();
}, { timeout: 60000 });

const listed = async () => {
  const answer = await fetch(playlist).catch(() => null);
  return answer?.ok ? answer.text() : '';
};
const parts = (text) => text.match(/^#EXT-X-PART:/gm)?.length ?? 0;

test('everybody watches', { timeout: 120000 }, async () => {
  for (const page of Object.values(watchers)) await moves(page);
  await until('the page is live', async () => (await statsOf(viewer)).state === 'live', { describe: () => statsOf(viewer) });
  for (const page of Object.values(watchers)) await page.evaluate(() => window.watch.begin());
});

test('the process dies and comes back', { timeout: 120000 }, async (t) => {
  const sequence = (text) => Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1]);
  const before_it = await listed();
  worker.child.kill('SIGKILL');
  await worker.exited;
  const killed_at = Date.now();
  worker = await start();
  const text = await until('parts after the discontinuity', async () => {
    const now = await listed();
    return parts(now.split('#EXT-X-DISCONTINUITY\n')[1] ?? '') > 0 && now;
  }, { describe: listed });
  t.diagnostic(`${Date.now() - killed_at} ms from the kill to the next part`);
  assert.ok(sequence(text) >= sequence(before_it));
});

for (const name of kPlayers) {
  test(`${name} plays on`, { timeout: 180000 }, async (t) => {
    const page = watchers[name];
    const { time } = await read(page);
    await until('it plays what came after', async () => (await read(page)).time > time + kPlaysOn, { describe: () => read(page), timeout_ms: 120000 });
    const { longestPause, errors, waits, seeks, latency, behind, media, wall } = await read(page);
    t.diagnostic(JSON.stringify({ longestPause, media, wall, waits: waits.length, seeks, latency, behind, errors }));
  });
}

test('the viewer\'s page is live again', { timeout: 120000 }, async () => {
  await until('it is near live', async () => {
    const { state, delay } = await statsOf(viewer);
    return state === 'live' && delay < 4;
  }, { describe: () => statsOf(viewer), timeout_ms: 60000 });
  assert.deepEqual(viewer.errors, []);
});
