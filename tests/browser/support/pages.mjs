// A small server for the pages that tests bring along, on loopback.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

import { kRoot } from './program.mjs';

const kTypes = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

// `places`: URL path prefix → folder or file, in the repository or with an absolute path; the longest one counts.
// Returns {url, close}.
export async function servePages(places) {
  const prefixes = Object.keys(places).sort((a, b) => b.length - a.length);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://page');
    const prefix = prefixes.find((start) => pathname.startsWith(start));
    const file = prefix && path.join(path.resolve(kRoot, places[prefix]), decodeURIComponent(pathname.slice(prefix.length)));
    const body = file && await readFile(file).catch(() => null);
    response.writeHead(body ? 200 : 404, { 'Content-Type': kTypes[path.extname(file ?? '')] ?? 'application/octet-stream' });
    response.end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
