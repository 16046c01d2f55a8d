// Goal: who only listens loads the sound and nothing else. Method: multivariant playlists as text.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { soundOf } from '../../src/web/sound.js';

const kBase = 'https://example.org/spaces/demo/hls/master.m3u8';
const kMedia = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Program, live",DEFAULT=YES,URI="a0.m3u8"';
const kVideo = '#EXT-X-STREAM-INF:BANDWIDTH=3292612,AVERAGE-BANDWIDTH=2195074,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"\nv0.m3u8';
const kSmall = '#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="audio"\nv1.m3u8';
const kSound = '#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE,AUDIO="audio"\na0.m3u8';
const text = (...lines) => ['#EXTM3U', '#EXT-X-VERSION:6', ...lines].join('\n');

test('the variant without a picture is found, with what it costs', () => {
  assert.deepEqual(soundOf(text(kMedia, kVideo, kSmall, kSound), kBase), {
    url: 'https://example.org/spaces/demo/hls/a0.m3u8', bitrate: 128000, saved_from: 700000,
  });
});

test('without such a variant the audio rendition has to do', () => {
  const { url, bitrate } = soundOf(text(kMedia, kVideo), kBase);
  assert.equal(url, 'https://example.org/spaces/demo/hls/a0.m3u8');
  assert.ok(Number.isNaN(bitrate));
});

test('a variant that does not say what is in it is not taken for sound', () => {
  assert.equal(soundOf(text('#EXT-X-STREAM-INF:BANDWIDTH=1', 'x.m3u8'), kBase), null);
});

test('a stream of sound is sound, and costs nothing less', () => {
  assert.ok(Number.isNaN(soundOf(text(kSound), kBase).saved_from));
});

test('addresses may be anywhere, lines end in any way', () => {
  const other = kSound.replace('\na0.m3u8', '\r\n# a comment\r\nhttps://cdn.example.net/a.m3u8\r\n');
  assert.equal(soundOf(text(other), kBase).url, 'https://cdn.example.net/a.m3u8');
});

test('what is no multivariant playlist has no sound of its own', () => {
  assert.equal(soundOf('', kBase), null);
  assert.equal(soundOf('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nv0/1.m4s', kBase), null);
});
