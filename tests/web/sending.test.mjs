// Goal: a speaker sends what the server hints at, and nothing breaks where a browser cannot. Method: a sender
// made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encodingOf, hintFor, SendingQuality } from '../../src/web/sending.js';

for (const [name, hint, expected] of [
  ['nothing said', null, 'full'],
  ['no speakers', {}, 'full'],
  ['another speaker', { speakers: { b: 'low' } }, 'full'],
  ['low', { speakers: { a: 'low', b: 'full' } }, 'low'],
  ['full', { speakers: { a: 'full' } }, 'full'],
  ['a word of a later version', { speakers: { a: 'tile' } }, 'full'],
]) {
  test(`the hint: ${name}`, () => assert.equal(hintFor('a', hint), expected));
}

test('who is not on stage yet is not hinted at', () => assert.equal(hintFor('', { speakers: { a: 'low' } }), 'full'));

// Takes its time, as a real one does, and refuses parameters that are not its latest.
class FakeSender {
  history = [];
  #transaction = 0;
  encodings = [{ active: true, ...encodingOf('full') }];

  getParameters() {
    return { transactionId: this.#transaction, encodings: structuredClone(this.encodings) };
  }

  async setParameters({ transactionId, encodings, degradationPreference }) {
    assert.equal(transactionId, this.#transaction);
    this.#transaction += 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.encodings = encodings;
    this.preference = degradationPreference;
    this.history.push(encodings[0]?.scaleResolutionDownBy);
  }
}

test('the sender is set and keeps what is not ours', async () => {
  const sender = new FakeSender();
  const quality = new SendingQuality(sender);
  await quality.set('full');
  assert.deepEqual(sender.history, []);
  await quality.set('low');
  assert.deepEqual(sender.encodings, [{ active: true, maxBitrate: 150_000, maxFramerate: 10, scaleResolutionDownBy: 4 }]);
  await quality.set('low');
  await quality.set('full');
  assert.deepEqual(sender.history, [4, 1]);
});

test('changes that come fast are made one after the other, and the last one counts', async () => {
  const sender = new FakeSender();
  const quality = new SendingQuality(sender);
  for (const wish of ['low', 'full', 'low', 'full', 'low']) quality.set(wish);
  await quality.set('low');
  assert.equal(sender.encodings[0].scaleResolutionDownBy, 4);
  quality.set('full');
  quality.set('low');
  await quality.set('full');
  assert.equal(sender.encodings[0].scaleResolutionDownBy, 1);
});

test('what gives way on a slow network is kept through changes of the quality', async () => {
  const sender = new FakeSender();
  const quality = new SendingQuality(sender);
  await quality.prefer('maintain-resolution');
  assert.equal(sender.preference, 'maintain-resolution');
  await quality.set('low');
  assert.equal(sender.preference, 'maintain-resolution');
  quality.set('full');
  await quality.prefer('balanced');
  assert.equal(sender.preference, 'balanced');
  assert.equal(sender.encodings[0].scaleResolutionDownBy, 1);
});

test('a browser that cannot goes on as it does', async () => {
  for (const sender of [
    {},
    { getParameters: () => ({}), setParameters: async () => { throw new Error('unsupported'); } },
    { getParameters: () => { throw new Error('closed'); } },
  ]) {
    const quality = new SendingQuality(sender);
    await quality.set('low');
    await quality.set('full');
  }
});
