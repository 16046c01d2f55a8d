// Runs programs for a test and ends them with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { until } from './until.mjs';

export const kRoot = fileURLToPath(new URL('../../..', import.meta.url));
const kBuild = path.resolve(process.env.SPACECAST_BUILD ?? path.join(kRoot, 'build'));

export class Program {
  lines = [];

  constructor(command, args, env = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.stderr = '';
    this.child.stderr.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-20000);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(line));
    this.exited = once(this.child, 'exit').then(([code, signal]) => {
      this.status = code ?? signal;
      return this.status;
    });
  }

  // Ends it in order; returns its exit status.
  async stop() {
    if (this.status === undefined) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20000);
    const status = await this.exited;
    clearTimeout(timer);
    return status;
  }

  // Whether it still runs; a program that ended says why.
  check() {
    if (this.status !== undefined) throw new Error(`ended with ${this.status}:\n${this.stderr}`);
  }
}

// One Space, on ports that the system picks where `listen` names none. Returns the program with `viewer`, `studio`
// and `stage` URLs. `options`: more of its command line; `env`: of its environment.
export async function startWorker({ listen = '127.0.0.1:0', options = [], env = {} } = {}) {
  const worker = new Program(path.join(kRoot, 'scripts/spacecast'), [
    'run', '--space', 'demo', '--open', '--listen', listen, '--admin', '127.0.0.1:0', '--ice-address', '127.0.0.1', ...options,
  ], { SPACECAST_BUILD: kBuild, ...env });
  const url = (word) => worker.lines.find((line) => line.startsWith(`${word} `))?.split(' ')[1];
  await until('the worker says where it listens', () => {
    worker.check();
    return url('viewer') && url('studio') && url('stage');
  });
  worker.viewer = url('viewer');
  worker.studio = url('studio');
  worker.stage = url('stage');
  return worker;
}

// The worker's own program with a picture that costs little: its file.
export async function writeSmallProgram(dir) {
  const text = await readFile(path.join(kRoot, 'pipelines/program.launch'), 'utf8');
  const file = path.join(dir, 'small.launch');
  await writeFile(file, text.replaceAll('width=1280,height=720', 'width=640,height=360').replaceAll('speed-preset=veryfast', 'speed-preset=ultrafast'));
  return file;
}

// gst-launch-1.0 with our own elements.
export function startLaunch(description) {
  return new Program('gst-launch-1.0', ['-q', '-e', ...description.split(/\s+/).filter(Boolean)], {
    GST_PLUGIN_PATH: path.join(kBuild, 'plugins'),
    LD_LIBRARY_PATH: path.join(kBuild, 'src'),
  });
}
