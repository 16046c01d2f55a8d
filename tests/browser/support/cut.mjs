// Cuts one UDP flow: what goes to and from a port of this machine is dropped, as by a network that is gone, and nothing
// else. The tests' network namespace is ours (scripts/in-loopback), and so is its packet filter.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const nft = (...args) => run('nft', args);

// Returns what mends it.
export async function cutUdp(port) {
  await nft('add', 'table', 'inet', 'cut');
  await nft('add', 'chain', 'inet', 'cut', 'out', '{ type filter hook output priority 0; }');
  await nft('add', 'rule', 'inet', 'cut', 'out', 'udp', 'dport', String(port), 'drop');
  await nft('add', 'rule', 'inet', 'cut', 'out', 'udp', 'sport', String(port), 'drop');
  return () => nft('delete', 'table', 'inet', 'cut');
}
