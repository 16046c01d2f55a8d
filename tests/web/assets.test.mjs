// Goal: the pages ask only for what the worker serves, and keep to its Content-Security-Policy.
// Method: every reference in the pages' text is looked up among the files.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const kWeb = new URL('../../src/web/', import.meta.url);
// hls.mjs comes from npm and is installed beside the rest.
const kServed = new Set([...readdirSync(kWeb), 'hls.mjs']);
const text = Object.fromEntries(
  readdirSync(kWeb).filter((name) => /\.(html|js|css|svg)$/.test(name)).map((name) => [name, readFileSync(new URL(name, kWeb), 'utf8')]),
);
const matches = (source, pattern) => [...source.matchAll(pattern)].map((match) => match[1]);
const imports = (source) => matches(source, /from '\.\/([\w.-]+)'/g);

// A script and all that it imports.
function modules(name, found = new Set()) {
  if (found.has(name) || !text[name]) return found;
  found.add(name);
  for (const other of imports(text[name])) modules(other, found);
  return found;
}

for (const [name, source] of Object.entries(text)) {
  test(`${name} refers to files that are there`, () => {
    const assets = matches(source, /["'`]\/assets\/([\w.-]+)/g);
    const imported = name.endsWith('.js') ? imports(source) : [];
    for (const file of [...assets, ...imported]) assert.ok(kServed.has(file), file);
  });
}

test('icons that pages and scripts name are in the icon file', () => {
  const icons = new Set(matches(text['icons.svg'], /<symbol id="icon-([\w-]+)"/g));
  for (const source of Object.entries(text).filter(([name]) => name !== 'icons.svg').map(([, source]) => source)) {
    for (const icon of matches(source, /["'`]#icon-([\w-]+)["'`]/g)) assert.ok(icons.has(icon), icon);
    for (const icon of matches(source, /\bicon\('([\w-]+)'\)/g)) assert.ok(icons.has(icon), icon);
  }
});

test('the viewer loads nothing of the studio', () => {
  for (const name of ['stage.js', 'peer.js', 'session.js', 'own_devices.js']) {
    assert.ok(modules('studio.js').has(name), name);
    assert.equal(modules('viewer.js').has(name), false, name);
  }
});

for (const name of ['viewer.html', 'studio.html']) {
  test(`${name} has no inline script or style`, () => {
    assert.equal(/<script(?![^>]*\bsrc=)/.test(text[name]), false);
    assert.equal(/<style|\sstyle=|\son\w+=/.test(text[name]), false);
  });

  test(`${name}: its script asks for no element that the page does not have`, () => {
    const ids = new Set(matches(text[name], /\bid="([\w-]+)"/g));
    const asked = [...modules(name.replace('.html', '.js'))].flatMap((script) => matches(text[script], /by_id\('([\w-]+)'\)/g));
    assert.ok(asked.length > 0);
    for (const id of asked) assert.ok(ids.has(id), id);
  });
}
