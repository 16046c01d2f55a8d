// Caches in front of a worker, started as an operator does: Varnish and, before it, HAProxy with TLS and HTTP/2.
import path from 'node:path';

import { Program, kRoot } from './program.mjs';
import { freePort } from './stream.mjs';
import { until } from './until.mjs';

const kEdge = path.join(kRoot, 'scripts/deploy/edge');

// A cache that asks `origin` ("127.0.0.1:8080"), or another cache. `dir`: for its files. It can be killed and started
// again at the same address.
export class Cache {
  constructor(dir, origin, option = '--origin') {
    this.arguments = [option, origin, '--space', 'demo', '--memory', '64M', '--hold', '10', '--directory', dir];
  }

  async start() {
    this.address ??= `127.0.0.1:${await freePort()}`;
    this.program = new Program(path.join(kEdge, 'start'), ['--listen', this.address, ...this.arguments]);
    await until('the cache answers', async () => {
      this.program.check();
      return (await fetch(`http://${this.address}/healthz`).catch(() => null))?.ok;
    });
    return this;
  }

  async kill() {
    // The manager's child has the sockets.
    this.program.child.kill('SIGTERM');
    await this.program.exited;
  }
}

// TLS with a certificate of its own in front of a cache; `url` is what browsers open.
export async function startTls(dir, cache) {
  const address = `127.0.0.1:${await freePort()}`;
  const program = new Program(path.join(kEdge, 'start-tls'), ['--cache', cache.address, '--listen', address, '--self-signed', dir, '--connections', '200']);
  await until('somebody listens', async () => {
    program.check();
    return fetch(`https://${address}/`).catch((error) => error.cause?.code ?? '').then((code) => code !== 'ECONNREFUSED');
  });
  return { url: `https://${address}/`, stop: () => program.stop() };
}
