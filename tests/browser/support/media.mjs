// Faces and voices for fake cameras and microphones, made at test time: a plain colour with something moving
// in it, and speech-like sound in turns.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function makeMediaDir() {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'spacecast-media-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

const kHues = { red: [1, 0.22, 0.26], blue: [0.2, 0.34, 1] };

// Two seconds of motion JPEG at 15 frames a second, as Chromium's fake camera wants it: somebody's outline,
// swaying, in shades of one colour. 640x360, or `scale` times as much.
export async function makeCamera(dir, colour, { scale = 1 } = {}) {
  const file = path.join(dir, `${colour}.mjpeg`);
  const sway = '(320+12*sin(PI*N/15))';
  const head = `lt(hypot(X-${sway},Y-150),70)`;
  const shoulders = `lt(hypot((X-${sway})/1.5,Y-390),150)`;
  const light = `(if(${head}+${shoulders},215,70+50*Y/360))`;
  const [r, g, b] = kHues[colour].map((share) => `'${share}*${light}'`);
  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i',
    `color=black:s=640x360:r=15:d=2,format=gbrp,geq=r=${r}:g=${g}:b=${b},scale=iw*${scale}:-1`,
    '-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p', file]);
  return file;
}

// A voice of `pitch_hz`: harmonics through three formants, in syllables, `speech_s` long; then silence up to
// `period_s`, over and over.
export async function makeMicrophone(dir, name, { pitch_hz, speech_s, period_s }) {
  const file = path.join(dir, `${name}.wav`);
  await run('sox', ['-n', '-r', '48000', '-c', '1', '-b', '16', file,
    'synth', String(speech_s), 'sawtooth', String(pitch_hz),
    'equalizer', '700', '1q', '14', 'equalizer', '1220', '1q', '10', 'equalizer', '2600', '1q', '8', 'lowpass', '5000',
    'tremolo', '3.7', '90', 'norm', '-9', 'fade', 't', '0.02', String(speech_s), '0.05',
    'pad', '0', String(period_s - speech_s)]);
  return file;
}
