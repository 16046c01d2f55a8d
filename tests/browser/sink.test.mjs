// Goal: one gst-launch-1.0 line is a stream that plays in a browser.
// Method: llhlssink with http-port on synthetic sources; hls.js in Chromium on a page of this test, loaded
// with the project's own player module.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage } from './support/browser.mjs';
import { colourName, colourOf, loudnessOf } from './support/picture.mjs';
import { kRoot, startLaunch } from './support/program.mjs';
import { until } from './support/until.mjs';

const kPage = `<!doctype html><title>test</title><video muted playsinline></video><script type="module">
  import { Player } from '/player.js';
  const video = document.querySelector('video');
  const player = new Player(video, new URLSearchParams(location.search).get('src'), () => {});
  window.spacecast = { stats: () => player.snapshot() };
</script>`;

let pages;
let launch;
let browser;
let page;

// A port that was free a moment ago.
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function servePages() {
  const server = createServer(async (request, response) => {
    const name = path.basename(new URL(request.url, 'http://page').pathname);
    if (!name) return response.setHeader('Content-Type', 'text/html').end(kPage);
    const file = name === 'hls.mjs' ? 'node_modules/hls.js/dist/hls.min.mjs' : `src/web/${name}`;
    const body = await readFile(path.join(kRoot, file)).catch(() => null);
    response.writeHead(body ? 200 : 404, { 'Content-Type': 'text/javascript' }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

before(async () => {
  pages = await servePages();
  const port = await freePort();
  launch = startLaunch(`llhlssink name=sink http-port=${port}
    videotestsrc is-live=true pattern=blue ! video/x-raw,width=640,height=360,framerate=30/1
      ! x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max=30 bitrate=600
      ! video/x-h264,profile=constrained-baseline ! sink.video_0
    audiotestsrc is-live=true wave=sine freq=440 volume=0.3 ! audio/x-raw,rate=48000,channels=2
      ! avenc_aac bitrate=96000 ! aacparse ! sink.audio_0`);
  browser = await launchBrowser();
  const source = encodeURIComponent(`http://127.0.0.1:${port}/master.m3u8`);
  page = await openPage(browser, `http://127.0.0.1:${pages.address().port}/?src=${source}`);
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  await launch?.stop();
  pages?.close();
}, { timeout: 60000 });

const stats = () => page.evaluate(() => window.spacecast?.stats() ?? {});

test('it plays, in low-latency mode', { timeout: 60000 }, async () => {
  await until('the picture moves', async () => {
    launch.check();
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
