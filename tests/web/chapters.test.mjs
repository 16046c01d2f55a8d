// Goal: the list of who spoke when is what the date ranges say, as somebody would tell it.
// Method: ranges as hls.js gives them, and cues as Safari does, on a timeline that starts at a date.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chapterAt, chaptersOf, chaptersOfCues, chaptersWithin } from '../../src/web/chapters.js';
import { kOnAirClass } from '../../src/web/onair.js';

const kStart = Date.parse('2026-01-01T12:00:00Z');
const date = (seconds) => new Date(kStart + seconds * 1000);
const position_of = (when) => (when - kStart) / 1000;
const range = (from, to, speaker, name, cls = kOnAirClass) => ({
  class: cls, startDate: date(from), endDate: to === null ? null : date(to), attr: { 'X-SPEAKER': speaker, 'X-NAME': name },
});
const brief = (chapters) => chapters.map(({ name, start, end }) => [name, start, end]);
const of = (...ranges) => brief(chaptersOf({ ...ranges }, position_of, 100));

for (const [what, ranges, expected] of [
  ['each range is a chapter', [range(0, 10, 'a', 'Ada'), range(10, 14, 'b', 'Grace')], [['Ada', 0, 10], ['Grace', 10, 14]]],
  ['the order is that of the dates', [range(10, 14, 'b', 'Grace'), range(0, 10, 'a', 'Ada')], [['Ada', 0, 10], ['Grace', 10, 14]]],
  ['an open range lasts until the next one', [range(0, null, 'a', 'Ada'), range(10, null, 'b', 'Grace')], [['Ada', 0, 10], ['Grace', 10, 100]]],
  ['nobody on air is no chapter', [range(0, 10, 'a', 'Ada'), range(10, 20, '', ''), range(20, 30, 'b', 'Grace')], [['Ada', 0, 10], ['Grace', 20, 30]]],
  ['who goes on speaking has one chapter', [range(0, 10, 'a', 'Ada'), range(10.5, 20, 'a', 'Ada')], [['Ada', 0, 20]]],
  ['who comes back later has two', [range(0, 10, 'a', 'Ada'), range(15, 20, 'a', 'Ada')], [['Ada', 0, 10], ['Ada', 15, 20]]],
  ['two of one name stay apart', [range(0, 10, 'a', 'Ada'), range(10, 20, 'b', 'Ada')], [['Ada', 0, 10], ['Ada', 10, 20]]],
  ['a cough is none', [range(0, 10, 'a', 'Ada'), range(10, 10.6, 'b', 'Grace'), range(10.6, 30, 'c', 'Bo')], [['Ada', 0, 10], ['Bo', 10.6, 30]]],
  ['who has just begun has one', [range(0, 99.5, 'a', 'Ada'), range(99.5, null, 'b', 'Grace')], [['Ada', 0, 99.5], ['Grace', 99.5, 100]]],
  ['without a name the id has to do', [range(0, 10, 'a', '')], [['a', 0, 10]]],
  ['other classes are none of ours', [range(0, 10, 'a', 'Advertisement', 'com.example.other')], []],
]) {
  test(what, () => assert.deepEqual(of(...ranges), expected));
}

test('without ranges, and with broken ones, there are no chapters', () => {
  assert.deepEqual(chaptersOf(undefined, position_of, 100), []);
  assert.deepEqual(chaptersOf({ gone: undefined, bad: { class: kOnAirClass, startDate: new Date(NaN), attr: {} } }, position_of, 100), []);
});

test('metadata cues of a native player say the same', () => {
  const cue = (startTime, endTime, key, data) => ({ startTime, endTime, value: { key, data } });
  const cues = [
    cue(10, Infinity, 'X-SPEAKER', 'b'), cue(10, Infinity, 'X-NAME', 'Grace'), cue(10, Infinity, 'CLASS', kOnAirClass),
    cue(0, 10, 'X-NAME', 'Ada'), cue(0, 10, 'X-SPEAKER', 'a'), { startTime: 5, endTime: 6 },
  ];
  const chapters = chaptersOfCues(cues, date, 50);
  assert.deepEqual(brief(chapters), [['Ada', 0, 10], ['Grace', 10, 50]]);
  assert.equal(+chapters[1].date, +date(10));
  assert.deepEqual(chaptersOfCues(null, date, 50), []);
});

test('chapters are cut to what can be played', () => {
  const chapters = chaptersOf([range(0, 10, 'a', 'Ada'), range(10, 20, 'b', 'Grace'), range(20, 30, 'c', 'Bo')], position_of, 100);
  assert.deepEqual(brief(chaptersWithin(chapters, { start: 12, end: 25 })), [['Grace', 12, 20], ['Bo', 20, 25]]);
  assert.equal(chapterAt(chapters, 10).name, 'Grace');
  assert.equal(chapterAt(chapters, 31), null);
});
