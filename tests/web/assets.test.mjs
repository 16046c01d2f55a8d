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

for (const [name, source] of Object.entries(text)) {
  test(`${name} refers to files that are there`, () => {
    const assets = matches(source, /["'`]\/assets\/([\w.-]+)/g);
    const imports = name.endsWith('.js') ? matches(source, /from '\.\/([\w.-]+)'/g) : [];
    for (const file of [...assets, ...imports]) assert.ok(kServed.has(file), file);
  });
}

test('icons that pages name are in the icon file', () => {
  const icons = new Set(matches(text['icons.svg'], /<symbol id="icon-([\w-]+)"/g));
  for (const source of [text['viewer.html'], text['studio.html']]) {
    for (const icon of matches(source, /href="#icon-([\w-]+)"/g)) assert.ok(icons.has(icon), icon);
  }
});

for (const name of ['viewer.html', 'studio.html']) {
  test(`${name} has no inline script or style`, () => {
    assert.equal(/<script(?![^>]*\bsrc=)/.test(text[name]), false);
    assert.equal(/<style|\sstyle=|\son\w+=/.test(text[name]), false);
  });

  test(`${name}: its script asks for no element that the page does not have`, () => {
    const ids = new Set(matches(text[name], /\bid="([\w-]+)"/g));
    const asked = matches(text[name.replace('.html', '.js')], /by_id\('([\w-]+)'\)/g);
    assert.ok(asked.length > 0);
    for (const id of asked) assert.ok(ids.has(id), id);
  });
}
