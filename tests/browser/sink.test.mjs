// Goal: one gst-launch-1.0 line is a stream that plays in a browser.
// Method: llhlssink with http-port on synthetic sources; hls.js in Chromium on a page of this test, loaded
// with the project's own player module.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage } from './support/browser.mjs';
import { servePages } from './support/pages.mjs';
import { colourName, colourOf, loudnessOf } from './support/picture.mjs';
import { startStream } from './support/stream.mjs';
import { until } from './support/until.mjs';

let pages;
let stream;
let browser;
let page;

before(async () => {
  pages = await servePages({
    '/': 'src/web', '/hls.mjs': 'node_modules/hls.js/dist/hls.min.mjs', '/players/': 'tests/browser/support/players',
  });
  stream = await startStream({ pattern: 'blue' });
  browser = await launchBrowser();
  page = await openPage(browser, `${pages.url}/players/own.html?src=${encodeURIComponent(stream.url)}`);
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  await stream?.stop();
  pages?.close();
}, { timeout: 60000 });

const stats = () => page.evaluate(() => window.spacecast?.stats() ?? {});

test('it plays, in low-latency mode', { timeout: 60000 }, async () => {
  await until('the picture moves', async () => {
    stream.check();
    return (await stats()).state === 'live';
  }, { describe: stats });
  const { partTarget, targetDelay } = await stats();
  assert.ok(partTarget > 0 && partTarget < 1, `part target ${partTarget}`);
  assert.ok(Math.abs(targetDelay - 3 * partTarget) < 0.4, `target ${targetDelay}`);
  await until('the picture is the source\'s', async () => colourName(await colourOf(page)) === 'blue', { describe: () => colourOf(page) });
});

test('its sound is heard', { timeout: 60000 }, async () => {
  // Browsers give sound only to a page that somebody has touched.
  await page.mouse.click(5, 5);
  await page.evaluate(() => { document.querySelector('video').muted = false; });
  await until('samples that are not silent', async () => (await loudnessOf(page)) > 0.1);
});

test('no error was reported', () => assert.deepEqual(page.errors, []));
