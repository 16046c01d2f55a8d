// Goal: who watches through the edge has HTTP/2 and TLS and the same picture, and whatever becomes of an edge or of the
// origin, the page is live again without a reload.
// Method: the real worker with a small picture, a shield and an edge (Varnish), HAProxy before it, the viewer's page in
// Chromium. A slow edge, and many viewers, are the business of tests/edge.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, statsOf } from './support/browser.mjs';
import { Cache, startTls } from './support/edge.mjs';
import { makeMediaDir } from './support/media.mjs';
import { startWorker, writeSmallProgram } from './support/program.mjs';
import { freePort } from './support/stream.mjs';
import { until } from './support/until.mjs';

const kNearLive = 3;
const kFloodMs = 8000;

let media;
let options;
let worker;
let shield;
let edge;
let tls;
let browser;
let page;

const stats = () => statsOf(page);
const is = (state) => until(`the page is ${state}`, async () => (await stats()).state === state, { describe: stats, timeout_ms: 60000 });
const is_live_again = async () => {
  await until('the page is near live', async () => {
    const { state, delay, buffer } = await stats();
    return state === 'live' && delay < kNearLive && buffer > 0.1;
  }, { describe: stats, timeout_ms: 60000 });
  assert.ok(await page.evaluate(() => window.here_since), 'without a reload');
};
const plays_on = async () => {
  const { position } = (await stats()).timeline;
  await until('it plays on', async () => (await stats()).timeline?.position > position + 3, { describe: stats, timeout_ms: 60000 });
};

before(async () => {
  media = await makeMediaDir();
  options = {
    listen: `127.0.0.1:${await freePort()}`,
    options: ['--program', await writeSmallProgram(media.dir), '--archive', path.join(media.dir, 'archive')],
  };
  worker = await startWorker(options);
  shield = await new Cache(path.join(media.dir, 'shield'), options.listen).start();
  edge = await new Cache(path.join(media.dir, 'edge'), shield.address, '--shield').start();
  tls = await startTls(path.join(media.dir, 'tls'), edge);
  browser = await launchBrowser({ flags: ['--ignore-certificate-errors'] });
  page = await openPage(browser, tls.url, { width: 480, height: 800 });
  await is('live');
  await page.evaluate(() => { window.here_since = performance.now(); });
}, { timeout: 90000 });

after(async () => {
  await browser?.close();
  await tls?.stop();
  await edge?.kill();
  await shield?.kill();
  await worker?.stop();
  await media?.remove();
}, { timeout: 60000 });

test('everything comes over HTTP/2 and TLS, and the page says how far behind live it is', { timeout: 60000 }, async (t) => {
  await until('parts have come', async () => (await stats()).timeline?.position > 3, { describe: stats });
  const protocols = await page.evaluate(() => [...new Set(performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol))]);
  assert.deepEqual(protocols, ['h2']);
  await is_live_again();
  // It is drawn once a second.
  await until('the page says it', async () => /\d.* behind/.test(await page.textContent('#delay')), { describe: stats });
  t.diagnostic(`${(await stats()).delay.toFixed(2)} s behind live`);
});

for (const [what, cache] of [['an edge', () => edge], ['a shield', () => shield]]) {
  test(`${what} that dies and comes back`, { timeout: 120000 }, async () => {
    await cache().kill();
    await is('reconnecting');
    await cache().start();
    await is_live_again();
    await plays_on();
  });
}

test('an origin that is killed and started again', { timeout: 120000 }, async () => {
  worker.child.kill('SIGKILL');
  await worker.exited;
  worker = await startWorker(options);
  await is_live_again();
  await plays_on();
});

test('a flood of what does not exist', { timeout: 120000 }, async () => {
  await is_live_again();
  const end = Date.now() + kFloodMs;
  let asked = 0;
  const flood = async (name) => {
    while (Date.now() < end) {
      const answer = await fetch(`http://${edge.address}/spaces/demo/hls/${name(asked)}`).catch(() => null);
      asked += 1;
      await answer?.arrayBuffer();
    }
  };
  await Promise.all([
    ...Array(10).fill((i) => `v0/${900000000 + i}.0.m4s`), ...Array(10).fill((i) => `v0.m3u8?_HLS_msn=${999999999 - i}&_HLS_part=0`),
  ].map(flood));
  assert.ok(asked > 200, `${asked} requests`);
  await plays_on();
  await is_live_again();
});

test('the end is told', { timeout: 60000 }, async () => {
  const status = worker.stop();
  await is('ended');
  assert.equal(await status, 0);
});

test('the page reported no error', () => assert.deepEqual(page.errors, []));
