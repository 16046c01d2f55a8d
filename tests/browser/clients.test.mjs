// Goal: a WHIP client for browsers that others have written gets on stage and leaves it, with its candidates in the offer and with
// candidates that come later.
// Method: @eyevinn/whip-web-client as it comes from npm, in Chromium, on a page of another origin than the worker's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage } from './support/browser.mjs';
import { servePages } from './support/pages.mjs';
import { startWorker } from './support/program.mjs';
import { until } from './support/until.mjs';

let pages;
let worker;
let browser;
let page;

before(async () => {
  pages = await servePages({ '/': 'tests/browser/support/whip', '/npm/': 'node_modules' });
  worker = await startWorker();
  browser = await launchBrowser();
  page = await openPage(browser, `${pages.url}/client.html`);
  await until('the client is loaded', () => page.evaluate(() => 'whip' in window), { describe: () => page.errors });
}, { timeout: 60000 });

after(async () => {
  await browser?.close();
  await worker?.stop();
  pages?.close();
}, { timeout: 60000 });

const api = () => worker.stage.replace(/\/stage$/, '/api/stage');
const speakers = async () => (await (await fetch(api())).json()).speakers;

async function join_and_leave(options) {
  const endpoint = worker.stage.replace(/\/stage$/, '/whip?name=Visitor');
  const session = await page.evaluate(([url, opts]) => window.whip.join(url, opts), [endpoint, options]);
  assert.match(session, /\/spaces\/demo\/stage\/[\w-]{22}$/);
  await until('sound and picture arrive', async () => {
    const [visitor] = await speakers();
    return visitor?.connection === 'connected' && visitor.audioPackets > 50 && visitor.videoPackets > 50;
  }, { describe: speakers, timeout_ms: 30000 });
  assert.deepEqual((await speakers()).map(({ name, camera }) => [name, camera]), [['Visitor', true]]);
  await page.evaluate(() => window.whip.leave());
  await until('nobody is on stage', async () => (await speakers()).length === 0, { describe: speakers });
}

test('with all candidates in the offer', { timeout: 60000 }, () => join_and_leave({ noTrickleIce: true }));

// This client sends its ETag in a header of that name, where RFC 9725 §4.3.1 wants If-Match: the worker refuses its PATCH, and the
// connection is made all the same, from its side.
test('with candidates that come later', { timeout: 60000 }, () => join_and_leave({}));

test('no error was reported', () => assert.deepEqual(page.errors, []));
