// Who spoke when: the chapters of a stream, from the date ranges that also name the speaker on air. Pure.
import { kOnAirClass } from './onair.js';

// Two ranges of one speaker that are no further apart than this are one chapter.
const kSamePause = 1;
// A shorter chapter is part of the one before it: nobody looks for a cough.
const kLeastChapter = 1;

// `ranges`: as hls.js gives them; `position_of`: from a date to media time; `end`: of the timeline.
// Returns [{speaker, name, start, end, date}] in order, without those who were on air when nobody was.
export function chaptersOf(ranges, position_of, end) {
  const on_air = Object.values(ranges ?? {}).filter((range) => range?.class === kOnAirClass && Number.isFinite(+range.startDate));
  on_air.sort((a, b) => a.startDate - b.startDate);
  const pieces = on_air.map((range, index) => {
    // A range without an end lasts until the next one starts.
    const over = [range.endDate, on_air[index + 1]?.startDate].filter(Boolean).map(position_of);
    const speaker = range.attr['X-SPEAKER'] ?? '';
    return {
      speaker, name: range.attr['X-NAME'] || speaker, date: range.startDate,
      start: position_of(range.startDate), end: Math.min(end, ...over),
    };
  });
  return joined(pieces);
}

// The same from all metadata cues of a browser that plays HLS by itself: one cue an attribute, those of a
// range begin together. `date_at`: from media time to a date.
export function chaptersOfCues(cues, date_at, end) {
  const pieces = new Map();
  for (const cue of cues ?? []) {
    const { key, data } = cue.value ?? {};
    if (key !== 'X-SPEAKER' && key !== 'X-NAME') continue;
    const piece = pieces.get(cue.startTime) ?? { speaker: '', name: '', start: cue.startTime, end: Math.min(end, cue.endTime), date: date_at(cue.startTime) };
    piece[key === 'X-NAME' ? 'name' : 'speaker'] = data;
    pieces.set(cue.startTime, piece);
  }
  const sorted = [...pieces.values()].sort((a, b) => a.start - b.start);
  return joined(sorted.map((piece) => ({ ...piece, name: piece.name || piece.speaker })));
}

function joined(pieces) {
  const chapters = [];
  for (const piece of pieces) {
    if (!piece.speaker || !(piece.end > piece.start)) continue;
    const last = chapters.at(-1);
    const goes_on = last?.speaker === piece.speaker && piece.start - last.end <= kSamePause;
    if (goes_on) last.end = Math.max(last.end, piece.end);
    else chapters.push({ ...piece });
  }
  // The last one may have begun just now.
  return chapters.filter((chapter, index) => index === chapters.length - 1 || chapter.end - chapter.start >= kLeastChapter);
}

// Those that can be played, cut to the timeline.
export function chaptersWithin(chapters, { start, end }) {
  return chapters
    .filter((chapter) => chapter.end > start && chapter.start < end)
    .map((chapter) => ({ ...chapter, start: Math.max(start, chapter.start), end: Math.min(end, chapter.end) }));
}

export const chapterAt = (chapters, position) =>
  chapters.find((chapter) => chapter.start <= position && position < chapter.end) ?? null;
