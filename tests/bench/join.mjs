// How long a camera takes to be seen in full: scripts/bench join [--rounds N] [--json FILE]
//
// A Chromium opens the studio of a worker with a camera of 1280x720 at 30 fps and joins an empty stage over a network
// that has nothing but the loopback interface. From the click on Join it is measured
//
//   connected   until ICE and DTLS are through (the page's connectionState)
//   sent        until the browser has sent a frame of 1280x720 (getStats, outbound-rtp)
//   arrived     until the worker has decoded one (the caps of what it hands to the program, from its log)
//   program     until the first frame of the published program with all its detail: the time of the frame itself on the
//               program's clock (EXT-X-PROGRAM-DATE-TIME), not of its way to viewers
//
// and which sizes were sent when. The camera's middle has stripes one pixel wide: a picture that was ever smaller has
// none. What Chromium and the worker take of the machine's cores is part of it.
import { execFile } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { launchBrowser, openPage, statsOf } from '../browser/support/browser.mjs';
import { makeMediaDir, makeMicrophone } from '../browser/support/media.mjs';
import { startWorker } from '../browser/support/program.mjs';
import { until } from '../browser/support/until.mjs';

const run = promisify(execFile);
const kWidth = 1280;
const kHeight = 720;
const kAim_ms = 3000;
// How long it is watched once the size is there, and how long it is waited for.
const kWatch_ms = 3000;
const kPatience_ms = 40000;
// Of the stripes, in the middle of the camera's picture.
const kPatch = { width: 128, height: 64, x: kWidth / 2 - 64, y: kHeight / 2 - 32 };
const kDark = 60;
const kLight = 180;

// A second of somebody's outline, swaying, with the stripes in the middle.
async function make_camera(dir) {
  const file = path.join(dir, 'camera.y4m');
  const { width, height, x, y } = kPatch;
  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=gray:size=${kWidth}x${kHeight}:rate=30:duration=1,format=yuv420p,`
    + `geq=lum='if(between(X,${x},${x + width - 1})*between(Y,${y},${y + height - 1}),if(mod(X,2),${kLight},${kDark}),70+50*Y/${kHeight}+90*lt(hypot(X-640-24*sin(2*PI*N/30),Y-300),150))'`
    + ":cb='110':cr='145'", '-pix_fmt', 'yuv420p', file]);
  // Chromium knows this word for 4:2:0 only.
  const handle = await open(file, 'r+');
  const head = Buffer.alloc(200);
  await handle.read(head, 0, head.length, 0);
  const line = head.subarray(0, head.indexOf('\n')).toString();
  const plain = line.replace(/ C420\S*/, ' C420').replace(/ X\S*/g, '');
  // The length stays: what is too much becomes a comment.
  await handle.write(plain.length === line.length ? plain : `${plain} X`.padEnd(line.length, '_'), 0);
  await handle.close();
  return file;
}

// Before the page's own script: the connection, and what it sends, looked at every 20 ms.
function watch_connection() {
  const seen = { sizes: [] };
  window.bench = seen;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') seen.connected ??= performance.timeOrigin + performance.now();
      });
      const timer = setInterval(async () => {
        if (this.connectionState === 'closed') return clearInterval(timer);
        const now = performance.timeOrigin + performance.now();
        for (const report of (await this.getStats()).values()) {
          if (report.type !== 'outbound-rtp' || report.kind !== 'video' || !report.frameWidth || !report.packetsSent) continue;
          const { frameWidth: width, frameHeight: height, qualityLimitationReason: limit, targetBitrate: target } = report;
          const last = seen.sizes.at(-1);
          if (last?.width !== width || last?.limit !== limit) seen.sizes.push({ at: now, width, height, limit, target });
        }
      }, 20);
    }
  };
  document.addEventListener('click', (event) => {
    if (event.target.closest('#join')) seen.clicked = performance.timeOrigin + performance.now();
  }, true);
}

// When the worker's program was first handed a picture of that size, from the worker's log.
function watch_log(worker) {
  const seen = {};
  let rest = '';
  worker.child.stderr.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (/slot_\d+_video.*width=\(int\)1280.*height=\(int\)720/.test(line)) seen.arrived ??= Date.now();
    }
  });
  return seen;
}

// Wall times in ms of the recorded program's frames that have the stripes.
async function sharp_frames(archive) {
  const folder = path.join(archive, 'spaces/demo/hls');
  const playlist = await readFile(path.join(folder, 'v0.m3u8'), 'utf8');
  const begin = Date.parse(playlist.match(/#EXT-X-PROGRAM-DATE-TIME:(\S+)/)[1]);
  const media = path.join(archive, 'program.mp4');
  const names = [playlist.match(/#EXT-X-MAP:URI="([^"]+)"/)[1], ...playlist.match(/^[^#\s].*\.m4s.*$/gm)];
  // A segment that a machine was too slow to make is listed with a gap, and is no file.
  const files = await Promise.all(names.map((name) => readFile(path.join(folder, name)).catch(() => Buffer.alloc(0))));
  await writeFile(media, Buffer.concat(files));
  const { stdout: times } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', media]);
  const pts = times.trim().split('\n').map((time) => parseFloat(time));
  const { width, height, x, y } = kPatch;
  const { stdout: pixels } = await run('ffmpeg', ['-v', 'error', '-i', media, '-fps_mode', 'passthrough', '-vf', `crop=${width}:${height}:${x}:${y},format=gray`,
    '-f', 'rawvideo', '-'], { encoding: 'buffer', maxBuffer: 1 << 30 });
  const sharp = [];
  for (let frame = 0; (frame + 1) * width * height <= pixels.length; ++frame) {
    let contrast = 0;
    for (let i = 0; i < width * height; i += 2) contrast += pixels[frame * width * height + i + 1] - pixels[frame * width * height + i];
    contrast /= width * height / 2;
    if (contrast > (kLight - kDark) / 2) sharp.push(begin + 1000 * (pts[frame] - pts[0]));
  }
  return sharp;
}

async function measure(devices, media) {
  const archive = path.join(media, 'archive');
  const worker = await startWorker({ options: ['--archive', archive], env: { GST_DEBUG: 'appsrc:5', GST_DEBUG_NO_COLOR: '1' } });
  const log = watch_log(worker);
  let browser;
  try {
    browser = await launchBrowser(devices);
    const page = await openPage(browser, 'about:blank');
    await page.addInitScript(watch_connection);
    await page.goto(worker.studio);
    await page.fill('#name', 'Ada');
    await until('devices are open', async () => (await statsOf(page)).camera && page.isEnabled('#join'));
    await page.click('#join');
    await until('it has been watched for long enough', () => page.evaluate(([width, watch, patience]) => {
      const now = performance.timeOrigin + performance.now();
      const { clicked, sizes } = window.bench;
      return now > clicked + patience || sizes.some((size) => size.width === width && now > size.at + watch);
    }, [kWidth, kWatch_ms, kPatience_ms]), { timeout_ms: 2 * kPatience_ms });
    const seen = await page.evaluate(() => window.bench);
    if (!seen.connected) process.stderr.write(`not on stage: ${await page.textContent('#join-problem')}\n`);
    await browser.close();
    browser = null;
    await worker.stop();
    const since = (time) => (time === undefined ? Infinity : Math.round(time - seen.clicked));
    const program = (await sharp_frames(archive)).find((time) => time >= seen.clicked);
    return {
      connected: since(seen.connected), sent: since(seen.sizes.find(({ width }) => width === kWidth)?.at), arrived: since(log.arrived), program: since(program),
      sizes: seen.sizes.map(({ at, width, height, limit, target }) => ({ at: since(at), width, height, limit, target })),
    };
  } finally {
    await browser?.close();
    await worker.stop();
    await rm(archive, { recursive: true, force: true });
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const seconds = (ms) => (Number.isFinite(ms) ? (ms / 1000).toFixed(2) : 'never').padStart(10);
const kColumns = ['connected', 'sent', 'arrived', 'program'];

const { values: { rounds: rounds_text, json } } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, json: { type: 'string' } } });
const rounds = Number(rounds_text);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a positive number');

const { dir, remove } = await makeMediaDir();
const results = [];
try {
  const devices = {
    camera: await make_camera(dir), microphone: await makeMicrophone(dir, 'voice', { pitch_hz: 190, speech_s: 20, period_s: 20 }),
  };
  for (let round = 1; round <= rounds; ++round) {
    results.push(await measure(devices, dir));
    const { sizes } = results.at(-1);
    process.stderr.write(`round ${round} of ${rounds}: ${sizes.map(({ at, width, height, limit }) => `${width}x${height} at ${(at / 1000).toFixed(2)} s (${limit})`).join(', ')}\n`);
  }
} finally {
  await remove();
}
console.log(`\nseconds from the click on Join to a camera of ${kWidth}x${kHeight}; load of the ${os.cpus().length} cores: ${os.loadavg()[0].toFixed(1)}\n`);
console.log(`${'round'.padEnd(8)}${kColumns.map((name) => name.padStart(10)).join('')}`);
results.forEach((result, index) => console.log(`${String(index + 1).padEnd(8)}${kColumns.map((name) => seconds(result[name])).join('')}`));
const medians = Object.fromEntries(kColumns.map((name) => [name, median(results.map((result) => result[name]))]));
console.log(`${'median'.padEnd(8)}${kColumns.map((name) => seconds(medians[name])).join('')}`);
const late = results.filter(({ arrived }) => arrived > kAim_ms).length;
console.log(`\n${rounds - late} of ${rounds} within the aim of ${kAim_ms / 1000} s until it has arrived`);
if (json) await writeFile(json, `${JSON.stringify({ rounds: results, medians }, null, 1)}\n`);
