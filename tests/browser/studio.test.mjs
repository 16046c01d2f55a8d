// Goal: the stage as people know it from other calls. Two hear each other and not themselves and see the program; the host
// mutes, pins, renames, removes, changes the layout and ends it; hands, push-to-talk, shared screens; a connection that is
// cut, a network that changes and a worker that dies are mended by the page alone, into the same place.
// Method: the real worker; Chromium processes with a voice of a pitch of its own each; UDP dropped by the packet filter, the worker killed.
//
// With SPACECAST_SCREENSHOTS=DIR the pages are photographed into DIR.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, statsOf } from './support/browser.mjs';
import { cutUdp } from './support/cut.mjs';
import { tonesOf } from './support/hearing.mjs';
import { makeCamera, makeMediaDir, makeMicrophone } from './support/media.mjs';
import { colourName, colourOf } from './support/picture.mjs';
import { startWorker, writeSmallProgram } from './support/program.mjs';
import { freePort } from './support/stream.mjs';
import { until } from './support/until.mjs';

// Hz. The pitch of each lies between two harmonics of the other.
const kTones = { ada: 190, grace: 120 };
const kVoice = { speech_s: 9, period_s: 10 };
// dB between the other's pitch and one's own, which is not there: what a coder leaves between the harmonics of a voice is
// 30 dB and more below them.
const kApart = 25;
const kSmall = { width: 480, height: 900 };

const photos = process.env.SPACECAST_SCREENSHOTS;
const opened = [];
let media;
let options;
let worker;
let ada;
let grace;

async function open(url, devices, viewport = kSmall) {
  const browser = await launchBrowser(devices);
  opened.push(browser);
  return openPage(browser, url, viewport);
}

async function join(page, name) {
  await page.fill('#name', name);
  await until('the stage is there', async () => await page.isEnabled('#join'));
  await page.click('#join');
  await on_stage(page);
}

const on_stage = (page) => until('the page is on stage', async () => (await statsOf(page)).state === 'joined', {
  describe: async () => [await page.textContent('#join-problem'), await statsOf(page)],
});
const state_of = async (page) => (await statsOf(page)).state;
const comes_to = (page, state) => until(`the page is ${state}`, async () => (await state_of(page)) === state, { describe: () => statsOf(page) });
const row_of = async (page, name) => (await statsOf(page)).roster.speakers.find((speaker) => speaker.name === name);
const roster_says = (page, name, what, probe) => until(`the roster says that ${name} ${what}`, async () => {
  const row = await row_of(page, name);
  return row !== undefined && probe(row);
}, { describe: async () => (await statsOf(page)).roster });
const names_of = async (page) => (await statsOf(page)).roster.speakers.map(({ name }) => name).sort();

// A host's button beside somebody's name.
async function manage(page, name, action) {
  await page.getByRole('button', { name: `Options for ${name}` }).click();
  await page.locator(`.actions:not([hidden]) [data-action="${action}"]`).click();
}

const hears = (page, heard, silent) => until('the page hears the other and not itself', async () => {
  const [other, own] = await tonesOf(page, [heard, silent]);
  return other > -60 && other - own > kApart;
}, { describe: () => tonesOf(page, [heard, silent]), timeout_ms: 40000 });

const program_of = (page) => colourOf(page, '#program-video');

before(async () => {
  media = await makeMediaDir();
  const program = await writeSmallProgram(media.dir);
  options = { listen: `127.0.0.1:${await freePort()}`, options: ['--program', program] };
  worker = await startWorker(options);
}, { timeout: 60000 });

after(async () => {
  await Promise.all(opened.map((browser) => browser.close()));
  await worker?.stop();
  await media?.remove();
}, { timeout: 60000 });

test('a camera is sent at its full size from the start', { timeout: 90000 }, async (t) => {
  ada = await open(`${worker.studio}?role=host`, {
    microphone: await makeMicrophone(media.dir, 'ada', { ...kVoice, pitch_hz: kTones.ada }), camera: await makeCamera(media.dir, 'red', { scale: 2 }),
  });
  await until('devices are open', async () => (await statsOf(ada)).camera);
  const start = Date.now();
  await join(ada, 'Ada Lovelace');
  const sent = async () => (await ada.evaluate(() => window.spacecast.report())).find(({ type, mid, frameWidth }) => type === 'outbound-rtp' && mid === '1' && frameWidth);
  const { frameWidth, frameHeight } = await until('a picture is sent', sent);
  t.diagnostic(`${frameWidth}x${frameHeight} after ${Date.now() - start} ms`);
  await until('it is 1280x720', async () => (await sent()).frameHeight === 720, { describe: sent });
  t.diagnostic(`1280x720 after ${Date.now() - start} ms`);
});

test('two people hear each other and not themselves', { timeout: 120000 }, async () => {
  grace = await open(worker.studio, { microphone: await makeMicrophone(media.dir, 'grace', { ...kVoice, pitch_hz: kTones.grace }), camera: await makeCamera(media.dir, 'blue') });
  await until('devices are open', async () => (await statsOf(grace)).camera);
  await join(grace, 'Grace Hopper');
  await hears(ada, kTones.grace, kTones.ada);
  await hears(grace, kTones.ada, kTones.grace);
});

test('the others are heard on the output that is chosen', { timeout: 60000 }, async () => {
  const sink_of = () => ada.evaluate(() => document.querySelector('#return').sinkId);
  assert.equal(await sink_of(), '');
  await ada.selectOption('#output', { label: 'Fake Audio Output 2' });
  await until('the output is another one', async () => (await sink_of()) !== '' && (await sink_of()) === (await ada.inputValue('#output')), { describe: sink_of });
  await hears(ada, kTones.grace, kTones.ada);
});

test('the program comes back beside the own picture, and can be put away', { timeout: 60000 }, async () => {
  for (const page of [ada, grace]) {
    await until('the program is shown', async () => ['red', 'blue'].includes(colourName(await program_of(page))), { describe: () => program_of(page) });
  }
  await ada.locator('#program summary').click();
  await until('it is not decoded any more', () => ada.evaluate(() => document.querySelector('#program-video').srcObject === null));
  await ada.locator('#program summary').click();
  await until('the program is back', async () => colourName(await program_of(ada)) !== '');
});

test('the quality of the connection is a word', { timeout: 30000 }, async () => {
  await until('it has been measured', () => grace.isVisible('#link'));
  assert.match(await grace.textContent('#link'), /Connection: (Good|Fair|Poor)/);
  assert.match(await grace.getAttribute('#link', 'title'), /^\d+ ms there and back, [\d.]+ % lost, sending /);
});

test('the others are told who speaks', { timeout: 40000 }, async () => {
  await roster_says(ada, 'Grace Hopper', 'speaks', ({ talking }) => talking);
  await until('her row shows it', async () => (await ada.locator('li.is-talking', { hasText: 'Grace Hopper' }).count()) === 1);
});

test('who talks while muted is told so, and is heard while the Space bar is held', { timeout: 90000 }, async () => {
  await grace.keyboard.press('m');
  await roster_says(ada, 'Grace Hopper', 'is muted', ({ muted }) => muted);
  await until('the hint is shown', () => grace.isVisible('#muted-hint'));
  await grace.keyboard.down(' ');
  await roster_says(ada, 'Grace Hopper', 'is heard', ({ muted }) => !muted);
  assert.equal(await grace.textContent('#microphone-word'), 'On while you hold Space');
  await hears(ada, kTones.grace, kTones.ada);
  await grace.keyboard.up(' ');
  await roster_says(ada, 'Grace Hopper', 'is muted', ({ muted }) => muted);
  // With the focus on a switch the Space bar is the switch's.
  await grace.locator('#camera').focus();
  await grace.keyboard.press(' ');
  await roster_says(ada, 'Grace Hopper', 'has no camera', ({ camera, muted }) => !camera && muted);
  await grace.keyboard.press(' ');
  await roster_says(ada, 'Grace Hopper', 'has a camera', ({ camera }) => camera);
  await grace.locator('#camera').blur();
  await grace.keyboard.press('m');
  await roster_says(ada, 'Grace Hopper', 'is not muted', ({ muted }) => !muted);
});

test('a hand goes up and down', { timeout: 40000 }, async () => {
  await grace.keyboard.press('h');
  await roster_says(ada, 'Grace Hopper', 'has a hand up', ({ hand }) => hand);
  assert.equal(await grace.getAttribute('#hand', 'aria-pressed'), 'true');
  await until('her row shows it', async () => /Hand up/.test(await ada.locator('li', { hasText: 'Grace Hopper' }).textContent()));
  await grace.click('#hand');
  await roster_says(ada, 'Grace Hopper', 'has no hand up', ({ hand }) => !hand);
});

test('only the host has the host\'s controls', async () => {
  assert.equal(await ada.isVisible('#host'), true);
  assert.equal(await ada.isVisible('#end'), true);
  assert.equal(await ada.getByRole('button', { name: 'Options for Grace Hopper' }).isVisible(), true);
  assert.equal(await grace.isVisible('#host'), false);
  assert.equal(await grace.locator('.more:not([hidden])').count(), 0);
});

test('the host mutes somebody, who is told and can speak again', { timeout: 60000 }, async () => {
  await manage(ada, 'Grace Hopper', 'mute');
  await until('her switch says so', async () => (await grace.getAttribute('#microphone', 'aria-pressed')) === 'false');
  assert.match(await grace.textContent('#message'), /A host has muted you/);
  await grace.click('#message-close');
  assert.equal(await grace.isVisible('#message'), false);
  await grace.keyboard.press('m');
  await roster_says(ada, 'Grace Hopper', 'is not muted', ({ muted }) => !muted);
  await hears(ada, kTones.grace, kTones.ada);
});

test('the host pins somebody on air, and renames them', { timeout: 90000 }, async () => {
  for (const [name, colour] of [['Grace Hopper', 'blue'], ['Ada Lovelace', 'red']]) {
    await manage(ada, name, 'pin');
    await roster_says(grace, name, 'is pinned', ({ pinned, onAir }) => pinned && onAir);
    await until(`${name} is in the picture`, async () => colourName(await program_of(grace)) === colour, { describe: () => program_of(grace) });
    await manage(ada, name, 'unpin');
    await roster_says(grace, name, 'is not pinned', ({ pinned }) => !pinned);
  }
  await manage(ada, 'Grace Hopper', 'rename');
  await ada.fill('#ask-input', 'Admiral Hopper');
  await ada.click('#ask-yes');
  await roster_says(grace, 'Admiral Hopper', 'is there', () => true);
  await manage(ada, 'Admiral Hopper', 'rename');
  await ada.fill('#ask-input', 'Nobody');
  await ada.keyboard.press('Escape');
  assert.deepEqual(await names_of(grace), ['Ada Lovelace', 'Admiral Hopper']);
});

test('the host changes the picture\'s layout', { timeout: 40000 }, async () => {
  for (const layout of ['gallery', 'speaker']) {
    await ada.locator(`#layout [value="${layout}"]`).check({ force: true });
    await until('everybody is told', async () => (await statsOf(grace)).roster.layout === layout);
    assert.equal(await ada.locator('#layout :checked').getAttribute('value'), layout);
  }
});

test('a screen is shared, pinned, and ends with the browser\'s own button', { timeout: 90000 }, async () => {
  await ada.click('#screen');
  await roster_says(grace, 'Ada Lovelace', 'shares a screen', ({ screen }) => screen);
  assert.equal((await statsOf(ada)).screen, true);
  await until('it is sent', async () => (await ada.evaluate(() => window.spacecast.report())).some(({ type, mid, framesSent }) => type === 'outbound-rtp' && mid === '2' && framesSent > 5));
  // What the browser does when its own "stop sharing" is pressed cannot be pressed without a screen: the track ends.
  await ada.evaluate(() => window.spacecast.screen().dispatchEvent(new Event('ended')));
  await roster_says(grace, 'Ada Lovelace', 'shares nothing', ({ screen }) => !screen);
  assert.equal(await ada.getAttribute('#screen', 'aria-pressed'), 'false');
});

test('a device that is lost is replaced while live', { timeout: 60000 }, async () => {
  const track_of = () => grace.evaluate(() => document.querySelector('#video').srcObject?.getVideoTracks()[0].id);
  const old = await track_of();
  await grace.evaluate(() => {
    const [track] = document.querySelector('#video').srcObject.getVideoTracks();
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await until('there is another one', async () => ![undefined, old].includes(await track_of()));
  const frames = async () => (await grace.evaluate(() => window.spacecast.report())).find(({ type, mid }) => type === 'outbound-rtp' && mid === '1').framesSent;
  const sent = await frames();
  await until('its picture is sent', async () => (await frames()) > sent + 10);
  assert.equal((await statsOf(grace)).camera, true);
});

// Runs `break_it`, and waits until `page` is on stage with another session; the others never see a third person.
async function mended(page, other, break_it) {
  const { sessions } = await statsOf(page);
  const names = await names_of(other);
  let most = 0;
  const watching = setInterval(async () => { most = Math.max(most, (await names_of(other).catch(() => [])).length); }, 200);
  await break_it();
  await until('there is another session', async () => {
    const now = await statsOf(page);
    return now.state === 'joined' && now.sessions > sessions;
  }, { describe: () => statsOf(page), timeout_ms: 60000 });
  clearInterval(watching);
  assert.ok(most <= 2, `${most} people were on the roster`);
  assert.deepEqual(await names_of(other), names);
}

test('after a change of the network a new connection takes the place of the old one', { timeout: 90000 }, async () => {
  const states = new Set();
  const watching = setInterval(async () => states.add(await state_of(grace).catch(() => '')), 50);
  // With loopback alone Chromium is never online, so it never comes back to be.
  await mended(grace, ada, () => grace.evaluate(() => { dispatchEvent(new Event('online')); }));
  clearInterval(watching);
  assert.ok(!states.has('rejoining') && !states.has('unstable'), [...states].join());
  await hears(ada, kTones.grace, kTones.ada);
  await hears(grace, kTones.ada, kTones.grace);
});

test('who is cut off comes back by themselves', { timeout: 120000 }, async () => {
  const port = await grace.evaluate(async () => {
    const report = await window.spacecast.report();
    const pair = report.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded');
    return report.find(({ id }) => id === pair.localCandidateId).port;
  });
  const mend = await cutUdp(port);
  try {
    await mended(grace, ada, () => comes_to(grace, 'rejoining'));
  } finally {
    await mend();
  }
  await hears(ada, kTones.grace, kTones.ada);
  await hears(grace, kTones.ada, kTones.grace);
});

test('when the worker dies and is started again, everybody comes back', { timeout: 120000 }, async () => {
  worker.child.kill('SIGKILL');
  await worker.exited;
  worker = await startWorker(options);
  await until('both are on stage', async () => (await names_of(ada)).length === 2 && (await names_of(grace)).length === 2, {
    describe: async () => [await statsOf(ada), await statsOf(grace)], timeout_ms: 60000,
  });
  for (const page of [ada, grace]) await on_stage(page);
  await hears(ada, kTones.grace, kTones.ada);
});

if (photos) test('the pages are photographed', { timeout: 60000 }, async () => {
  await ada.setViewportSize({ width: 1280, height: 800 });
  // Fake devices are called like their files.
  await ada.evaluate(() => { document.querySelector('#video-device option').textContent = 'Integrated camera'; });
  await roster_says(ada, 'Ada Lovelace', 'speaks', ({ talking, onAir }) => talking && onAir);
  await until('the program shows her', async () => colourName(await program_of(ada)) === 'red' && (await ada.getAttribute('#link', 'data-bars')) === '3');
  await ada.screenshot({ path: path.join(photos, 'studio.png') });
  await grace.setViewportSize({ width: 390, height: 844 });
  await grace.screenshot({ path: path.join(photos, 'studio-phone.png') });
});

test('who is removed is told so and stays off', { timeout: 60000 }, async () => {
  const joins = [];
  grace.on('request', (request) => request.method() === 'POST' && joins.push(request.url()));
  const [{ name }] = (await statsOf(ada)).roster.speakers.filter((speaker) => speaker.name !== 'Ada Lovelace');
  await manage(ada, name, 'remove');
  await ada.click('#ask-yes');
  await comes_to(grace, 'removed');
  assert.match(await grace.textContent('#join-problem'), /A host has taken you off the stage/);
  await until('the roster has one', async () => (await names_of(ada)).length === 1);
  // Longer than any attempt to come back would wait.
  const end = Date.now() + 5000;
  await until('time has passed', () => Date.now() > end);
  assert.deepEqual(joins, []);
  assert.equal(await state_of(grace), 'removed');
});

test('whose devices are refused is told why, and can listen', { timeout: 90000 }, async () => {
  const browser = await launchBrowser({ without: ['--use-fake-ui-for-media-stream'] });
  opened.push(browser);
  const shy = await openPage(browser, worker.studio, kSmall);
  for (const [kind, device] of [['audio', 'microphone'], ['video', 'camera']]) {
    await until('the page says so', () => shy.isVisible(`#${kind}-problem`));
    assert.match(await shy.textContent(`#${kind}-problem`), new RegExp(`The ${device} is blocked`));
    assert.equal(await shy.textContent(`#${device}-word`), 'Not available');
  }
  await join(shy, 'Katherine Johnson');
  await roster_says(ada, 'Katherine Johnson', 'only listens', ({ muted, camera }) => muted && !camera);
  await until('she hears', async () => (await tonesOf(shy, [kTones.ada]))[0] > -60);
  await shy.click('#leave');
  await comes_to(shy, 'lobby');
});

test('the host ends the Space for everyone', { timeout: 60000 }, async () => {
  await join(grace, 'Grace Hopper');
  await ada.click('#end');
  await ada.click('#ask-no');
  assert.equal(await state_of(ada), 'joined');
  await ada.click('#end');
  await ada.click('#ask-yes');
  for (const page of [ada, grace]) {
    await comes_to(page, 'ended');
    assert.match(await page.textContent('#join-problem'), /This Space has ended/);
    assert.equal(await page.isEnabled('#join'), false);
  }
  assert.equal(await worker.exited, 0);
});

test('no page reported an error', () => {
  for (const page of [ada, grace]) assert.deepEqual(page.errors, []);
});
