// Goal: the page greets people by what their token says, and never falls over one. Method: tokens made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { claimsOf } from '../../src/web/token.js';

const token_of = (claims) => ['header', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');

test('name and role are read', () => {
  assert.deepEqual(claimsOf(token_of({ name: 'Ada Løvelace 🦊', role: 'host', space: 'demo', exp: 1 })), { name: 'Ada Løvelace 🦊', role: 'host', space: 'demo' });
});

test('what is not text is left out', () => {
  assert.deepEqual(claimsOf(token_of({ name: 7, role: ['host'] })), { name: '', role: '', space: '' });
});

for (const junk of ['', 'a', 'a.b', 'a.!!!.c', `a.${Buffer.from('null').toString('base64url')}.c`, `a.${Buffer.from('{').toString('base64url')}.c`, undefined]) {
  test(`no token: ${junk}`, () => assert.equal(claimsOf(junk), null));
}
