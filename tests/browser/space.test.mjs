// Goal: the main job, from a browser's camera to a browser's player. Two people take turns on stage, a third
// one watches: the picture is of who speaks, the sound is heard, a camera that is off becomes a card, the viewer
// stays close behind live, and finds again who spoke when, live and in the recording.
// Method: the real worker; three Chromium processes; colours and samples taken from the viewer's <video>.
//
// With SPACECAST_SCREENSHOTS=DIR the viewer's page is photographed into DIR.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, statsOf } from './support/browser.mjs';
import { makeCamera, makeMediaDir, makeMicrophone } from './support/media.mjs';
import { onsetNear } from './support/onset.mjs';
import { servePages } from './support/pages.mjs';
import { changeOfPicture, colourName, colourOf, loudnessOf } from './support/picture.mjs';
import { startWorker, writeSmallProgram } from './support/program.mjs';
import { until } from './support/until.mjs';

// Each speaks for 6 s of 20 s. The second page is opened when the first one has just fallen silent, so that
// seconds of silence lie between their turns.
const kVoice = { speech_s: 6, period_s: 20 };
const kSpeaking = 0.3;
const kSilent = 0.1;
// How long a page must not stall and must stay near live.
const kWatchMs = 60000;
const kMaxDelay = 3;
// Seconds between the change of the name and that of the picture: a few frames.
const kInStep = 0.15;
// And between the first sound of a speaker and their picture.
const kWithTheSound = 0.08;

const photos = process.env.SPACECAST_SCREENSHOTS;
// The pages are small while they are only measured: drawing them costs more than anything else here.
const kSmall = { width: 480, height: 800 };
const kLarge = { width: 1280, height: 800 };

const opened = [];
let media;
let worker;
let viewer;
let ada;
let grace;
let pages;
let recording;
// Made beforehand: what is made while others speak would move the turns.
const devices = {};

async function open(url, devices) {
  const browser = await launchBrowser(devices);
  opened.push(browser);
  return openPage(browser, url, kSmall);
}

async function openSpeaker(name, colour) {
  const page = await open(worker.studio, devices[colour]);
  await page.fill('#name', name);
  await until('devices are open', async () => (await statsOf(page)).camera);
  await page.click('#join');
  await until(`${name} is on stage`, async () => (await statsOf(page)).state === 'joined', {
    describe: async () => [await page.textContent('#join-problem'), await statsOf(page)],
  });
  // Its picture is decoded by nobody else here, and costs as much as all the rest.
  await page.locator('#program summary').click();
  return page;
}

const level = async (page) => (await statsOf(page)).level;
const starts_to_speak = async (page) => {
  await until('silence before the turn', async () => (await level(page)) < kSilent);
  await until('the turn begins', async () => (await level(page)) > kSpeaking);
};
const shows = (colour) => until(`the viewer sees ${colour}`, async () => colourName(await colourOf(viewer)) === colour, {
  describe: async () => ({ colour: await colourOf(viewer), viewer: await statsOf(viewer) }),
});

before(async () => {
  media = await makeMediaDir();
  for (const [colour, pitch_hz] of [['red', 190], ['blue', 120]]) {
    devices[colour] = {
      microphone: await makeMicrophone(media.dir, colour, { ...kVoice, pitch_hz }), camera: await makeCamera(media.dir, colour),
    };
  }
  // Two cores also send and receive two cameras and play the stream; a photograph wants the picture as it ships.
  const program = photos ? [] : ['--program', await writeSmallProgram(media.dir)];
  worker = await startWorker({ options: ['--archive', media.dir, ...program] });
}, { timeout: 60000 });

after(async () => {
  await Promise.all(opened.map((browser) => browser.close()));
  await worker?.stop();
  pages?.close();
  await media?.remove();
}, { timeout: 60000 });

test('the viewer sees the Space before anybody is on stage', { timeout: 60000 }, async () => {
  viewer = await open(worker.viewer);
  await until('the page is live', async () => (await statsOf(viewer)).state === 'live', { describe: () => statsOf(viewer) });
  assert.equal((await statsOf(viewer)).onAir, null);
});

test('the first speaker comes into the picture, with her name', { timeout: 90000 }, async () => {
  ada = await openSpeaker('Ada Lovelace', 'red');
  await starts_to_speak(ada);
  await shows('red');
  await until('the page names her', async () => (await viewer.textContent('#on-air')) === 'Ada Lovelace', { describe: () => statsOf(viewer) });
  await until('the studio says that she is on air', async () => (await statsOf(ada)).onAir);
});

test('the picture changes to whoever starts to speak', { timeout: 150000 }, async () => {
  await until('Ada falls silent', async () => (await level(ada)) < kSilent && !(await statsOf(ada)).roster.speakers[0].talking);
  grace = await openSpeaker('Grace Hopper', 'blue');
  await shows('blue');
  await starts_to_speak(ada);
  await shows('red');
  await starts_to_speak(grace);
  await shows('blue');
  assert.equal((await statsOf(viewer)).onAir.name, 'Grace Hopper');
});

test('the sound is heard', { timeout: 60000 }, async () => {
  await viewer.click('#unmute');
  assert.equal(await viewer.isVisible('#unmute'), false);
  await until('samples that are not silent', async () => (await loudnessOf(viewer)) > 0.02, { timeout_ms: 40000 });
});

// Plays over the end of a chapter of Ada after which Grace speaks again: the name and the picture change there. Not her
// first turn: she speaks as she joins, and her picture is waited for.
async function changes_in_step(page) {
  const { timeline: { start } } = await statsOf(page);
  const end = await until('Grace speaks again after Ada', () => page.evaluate((from) => {
    const chapters = window.spacecast.chapters();
    const first = chapters.findIndex(({ name }) => name === 'Grace Hopper');
    const index = chapters.findIndex((chapter, i) => i > first && first >= 0 && chapter.name === 'Ada Lovelace' && chapter.end > from + 6 && chapters[i + 1]?.name === 'Grace Hopper');
    return chapters[index]?.end;
  }, start), { describe: () => page.evaluate(() => window.spacecast.chapters()) });
  await page.evaluate((position) => window.spacecast.seek(position), end - 4);
  await until('it is Ada', async () => (await statsOf(page)).onAir?.name === 'Ada Lovelace' && colourName(await colourOf(page)) === 'red', {
    describe: async () => [end, await colourOf(page), await statsOf(page)],
  });
  const changed = await changeOfPicture(page, [0, 2]);
  await until('the page names Grace', async () => (await page.textContent('#on-air')) === 'Grace Hopper', { describe: () => statsOf(page) });
  assert.ok(Math.abs(changed - end) < kInStep, `the name changes at ${end}, the picture at ${changed}`);
  return changed;
}

test('who goes back finds who spoke when, the name in step with the picture, and the picture with the sound', { timeout: 120000 }, async (t) => {
  await until('Ada has a chapter before Grace', async () => (await viewer.locator('#marks span').allTextContents()).join().includes('Ada Lovelace,Grace Hopper'));
  await viewer.click('#chapters-button');
  await viewer.locator('#chapter-list button', { hasText: 'Ada Lovelace' }).first().click();
  await until('it is her', async () => {
    const { state, onAir } = await statsOf(viewer);
    return state === 'rewound' && onAir?.name === 'Ada Lovelace' && colourName(await colourOf(viewer)) === 'red';
  }, { describe: () => statsOf(viewer) });
  const changed = await changes_in_step(viewer);
  const onset = await onsetNear(viewer, changed);
  t.diagnostic(`Grace is heard from ${onset.toFixed(3)} s on, and seen from ${changed.toFixed(3)} s on`);
  assert.ok(Math.abs(changed - onset) < kWithTheSound, `Grace is heard from ${onset} on, and seen from ${changed} on`);
  await viewer.click('#chapters-button');
  await viewer.click('#go-live');
  await until('the page is live', async () => (await statsOf(viewer)).state === 'live', { describe: () => statsOf(viewer) });
});

test('a camera that is off becomes a card, and comes back', { timeout: 150000 }, async () => {
  await grace.keyboard.press('v');
  await until('the switch says so', async () => (await grace.getAttribute('#camera', 'aria-pressed')) === 'false');
  await until('the others are told', async () => {
    const { roster } = await statsOf(ada);
    return roster.speakers.find((speaker) => speaker.name === 'Grace Hopper').camera === false;
  });
  await starts_to_speak(grace);
  await until('the viewer sees her card', async () => {
    const { onAir } = await statsOf(viewer);
    return onAir?.name === 'Grace Hopper' && colourName(await colourOf(viewer)) === '';
  }, { describe: async () => [await colourOf(viewer), await statsOf(viewer)] });
  await grace.keyboard.press('v');
  await shows('blue');
});

test('for a minute the viewer stays close behind live without a stall', { timeout: kWatchMs + 60000 }, async () => {
  await until('the page is live', async () => (await statsOf(viewer)).state === 'live');
  const before_it = await statsOf(viewer);
  const seen = [];
  const end = Date.now() + kWatchMs;
  await until('a minute has passed', async () => {
    const now = await statsOf(viewer);
    seen.push(now.delay);
    assert.equal(now.stalls, before_it.stalls, JSON.stringify(now));
    assert.ok(now.delay < kMaxDelay, JSON.stringify(now));
    return Date.now() > end;
  }, { timeout_ms: kWatchMs + 30000 });
  assert.ok(seen.length > 0);
});

if (photos) test('the page is photographed', { timeout: 120000 }, async () => {
  await viewer.setViewportSize(kLarge);
  await starts_to_speak(ada);
  await shows('red');
  await until('all is well', async () => {
    const watching = await statsOf(viewer);
    return Number(await viewer.getAttribute('#quality', 'data-bars')) >= 3 && watching.state === 'live' && watching.onAir?.name === 'Ada Lovelace';
  }, { timeout_ms: 60000 });
  await viewer.screenshot({ path: path.join(photos, 'viewer.png') });
  await viewer.setViewportSize(kSmall);
});

test('after the network was gone the viewer comes back by itself', { timeout: 60000 }, async () => {
  const network = viewer.context();
  await network.setOffline(true);
  await until('the page says so', async () => (await statsOf(viewer)).state === 'reconnecting', { describe: () => statsOf(viewer) });
  await network.setOffline(false);
  await until('the page is live again', async () => (await statsOf(viewer)).state === 'live', { describe: () => statsOf(viewer) });
});

test('who leaves disappears from the stage', { timeout: 60000 }, async () => {
  await grace.click('#leave');
  await until('she is gone from the roster', async () => (await statsOf(ada)).roster.speakers.every(({ name }) => name !== 'Grace Hopper'));
  assert.equal((await statsOf(grace)).state, 'lobby');
});

test('the end of the Space is told to everybody', { timeout: 60000 }, async () => {
  const status = worker.stop();
  await until('the studio says so', async () => (await statsOf(ada)).state === 'ended', { describe: () => statsOf(ada) });
  await until('the viewer says so', async () => (await statsOf(viewer)).state === 'ended', { describe: () => statsOf(viewer) });
  assert.equal(await status, 0);
});

test('the recording plays from any web server, with its length and who spoke when', { timeout: 120000 }, async () => {
  pages = await servePages({
    '/watch': 'src/web/viewer.html', '/assets/': 'src/web', '/assets/hls.mjs': 'node_modules/hls.js/dist/hls.min.mjs', '/recorded/': media.dir,
  });
  recording = await open(`${pages.url}/watch?src=/recorded/spaces/demo/hls/master.m3u8`);
  await until('it plays', async () => (await recording.getAttribute('#player', 'data-state')) === 'recording', { describe: () => statsOf(recording) });
  assert.match(await recording.textContent('#position'), /^\d+:\d\d \/ \d+:\d\d$/);
  assert.match(await recording.getAttribute('#scrubber', 'aria-valuetext'), / of \d+ minutes?/);
  assert.equal(await recording.isVisible('#go-live'), false);
  await changes_in_step(recording);
  await recording.locator('#scrubber').focus();
  await recording.keyboard.press('End');
  await until('it stops at its end', async () => (await statsOf(recording)).state === 'paused', { describe: () => statsOf(recording) });
});

test('no page reported an error', () => {
  for (const page of [viewer, ada, grace, recording]) assert.deepEqual(page.errors, []);
});
