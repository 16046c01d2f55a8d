// Goal: the STUN and TURN servers of Link headers reach RTCPeerConnection, and nothing else does. Method: a table.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { iceServersOf } from '../../src/web/ice_servers.js';

const kStun = { urls: 'stun:stun.example.net' };
const kTurn = { urls: 'turn:turn.example.net?transport=udp', username: 'user', credential: 'myPassword' };

for (const [what, header, expected] of [
  ['no header', null, []],
  ['nothing in it', '', []],
  // RFC 9725 §4.6, as it stands there.
  ['the example of the standard', '<stun:stun.example.net>; rel="ice-server", <turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; credential="myPassword"; credential-type="password"', [kStun, kTurn]],
  ['without quotes', '<turn:turn.example.net?transport=udp>;rel=ice-server;username=user;credential=myPassword', [kTurn]],
  ['another relation', '<https://example.net/>; rel="preload", <stun:stun.example.net>; rel="ice-server"', [kStun]],
  ['several relations at once', '<stun:stun.example.net>; rel="other ice-server"', [kStun]],
  ['any case', '<stun:stun.example.net>; REL="ICE-Server"', [kStun]],
  ['commas, semicolons and quotes within a value', '<turn:t.example>; rel="ice-server"; username="1700000000:a,b;c"; credential="x\\"y\\\\z=="', [{ urls: 'turn:t.example', username: '1700000000:a,b;c', credential: 'x"y\\z==' }]],
  ['a TURN server without its password', '<turn:t.example>; rel="ice-server"; username="a", <stun:stun.example.net>; rel="ice-server"', [kStun]],
  ['another scheme', '<https://t.example>; rel="ice-server"', []],
  ['over TLS', '<turns:t.example:443?transport=tcp>; rel="ice-server"; username="a"; credential="b"', [{ urls: 'turns:t.example:443?transport=tcp', username: 'a', credential: 'b' }]],
  ['the first parameter of a name counts', '<stun:stun.example.net>; rel="ice-server"; rel="other"', [kStun]],
  ['junk', '<stun:; rel=ice-server,,, <>; ">', []],
]) {
  test(what, () => assert.deepEqual(iceServersOf(header), expected));
}

test('there is an end to them', () => {
  const many = Array.from({ length: 100 }, (_, i) => `<stun:s${i}.example>; rel="ice-server"`).join(', ');
  assert.equal(iceServersOf(many).length, 8);
});
