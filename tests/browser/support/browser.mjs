// Chromium for a test. A browser process has one fake camera and one fake microphone, so every speaker is a
// process of its own.
import { chromium } from 'playwright-core';

const kFlags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
  // Windows that nobody looks at run at full speed.
  '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding',
];

// `microphone` and `camera`: files that are played in a loop from the moment the device is opened. `flags`: more of
// Chromium's; `without`: those of the usual ones that are left out.
export async function launchBrowser({ microphone, camera, flags = [], without = [] } = {}) {
  const files = [];
  if (microphone) files.push(`--use-file-for-fake-audio-capture=${microphone}`);
  if (camera) files.push(`--use-file-for-fake-video-capture=${camera}`);
  return chromium.launch({
    executablePath: process.env.SPACECAST_CHROMIUM ?? '/usr/bin/chromium',
    args: [...kFlags.filter((flag) => !without.includes(flag)), ...files, ...flags],
  });
}

// A page whose script errors fail the test: they are collected in `errors`.
export async function openPage(browser, url, viewport = { width: 1280, height: 800 }) {
  const page = await browser.newPage({ viewport });
  page.errors = [];
  // Where there is only loopback, Chromium says that it is offline, and players wait for the day when it is not.
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true }));
  page.on('pageerror', (error) => page.errors.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) page.errors.push(message.text());
  });
  await page.goto(url);
  return page;
}

export const statsOf = (page) => page.evaluate(() => window.spacecast.stats());
