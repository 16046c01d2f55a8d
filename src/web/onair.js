// Who is on air in the picture that is being shown. Pure.
//
// The playlist says it in EXT-X-DATERANGE tags (RFC 8216bis §4.4.5.1), ahead of the picture by the
// viewer's delay; so it is looked up by the wall-clock time of the frame on screen, not by what the
// newest tag says.

export const kOnAirClass = 'org.spacecast.on-air';

// `ranges`: {class, startDate, endDate?, attr} as hls.js gives them; `date`: of the frame on screen.
// Returns {speaker, name} or null.
export function onAirAt(ranges, date) {
  if (!date) return null;
  let current = null;
  for (const range of Object.values(ranges ?? {})) {
    if (!range || range.class !== kOnAirClass || !(range.startDate <= date)) continue;
    if (range.endDate && range.endDate <= date) continue;
    // A range without an end lasts until the next one starts.
    if (!current || range.startDate > current.startDate) current = range;
  }
  if (!current) return null;
  const speaker = current.attr['X-SPEAKER'] ?? '';
  return speaker ? { speaker, name: current.attr['X-NAME'] || speaker } : null;
}

// The same from the metadata cues of a browser that plays HLS by itself: one cue an attribute, each with
// a {key, data} value.
export function onAirOfCues(cues) {
  let speaker = '';
  let name = '';
  for (const cue of cues ?? []) {
    if (cue.value?.key === 'X-SPEAKER') speaker = cue.value.data;
    if (cue.value?.key === 'X-NAME') name = cue.value.data;
  }
  return speaker ? { speaker, name: name || speaker } : null;
}
