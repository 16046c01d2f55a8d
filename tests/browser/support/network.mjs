// The network between a page and a server: a proxy of bytes that can fall silent, as a phone's does in a tunnel.
// Connections stay open and are accepted, and nothing passes; afterwards everything goes on where it was.
import net from 'node:net';

export async function startNetwork(target_url) {
  const target = new URL(target_url);
  const sockets = new Set();
  let frozen = false;
  const server = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.setNoDelay(true);
      if (frozen) from.pause();
      from.on('data', (chunk) => to.write(chunk));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const here = new URL(target_url);
  here.port = server.address().port;
  return {
    url: here.href,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
