// STUN and TURN servers, as a WHIP server hands them out: Link headers with rel="ice-server" (RFC 9725 §4.6). Pure.

const kSchemes = /^(stun|stuns|turn|turns):/i;
// A browser asks each of them: a few are enough, many cost every join.
const kMax = 8;

// [{urls, username?, credential?}] for RTCPeerConnection, from the value of all Link headers together; the rest of them
// is left out, as is a TURN server without its credentials, which would make the browser refuse all of them.
export function iceServersOf(header) {
  const servers = [];
  for (const { target, parameters } of links(header ?? '')) {
    const { rel = '', username, credential } = parameters;
    if (!rel.toLowerCase().split(/\s+/).includes('ice-server') || !kSchemes.test(target)) continue;
    if (/^turns?:/i.test(target)) {
      if (username === undefined || credential === undefined) continue;
      servers.push({ urls: target, username, credential });
    } else {
      servers.push({ urls: target });
    }
  }
  return servers.slice(0, kMax);
}

// RFC 8288 §3: <target> and parameters; a value may be a quoted string with commas and semicolons of its own.
function* links(header) {
  const pattern = /<([^>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g;
  for (const [, target, rest] of header.matchAll(pattern)) {
    const parameters = {};
    for (const [, name, quoted, plain] of rest.matchAll(/;\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?/g)) {
      // The first one counts (RFC 8288 §3.3).
      parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    }
    yield { target: target.trim(), parameters };
  }
}
