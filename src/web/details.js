// For who wants to know more (the key "i"): the numbers behind the picture.
import { formatBitrate } from './quality.js';

const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} s` : '–');

// `list`: a <dl>; `now`: a snapshot of the player.
export function draw_details(list, now) {
  const rows = [
    ['State', now.state], ['Delay behind live', seconds(now.delay)], ['Target', seconds(now.targetDelay)],
    ['Delay by the clock', seconds(now.clockDelay)], ['Buffer', seconds(now.buffer)], ['Part', seconds(now.partTarget)],
    ['Playback rate', now.rate.toFixed(3)], ['Stalls', now.stalls], ['Bandwidth', formatBitrate(now.bandwidth)],
    ['Stream', formatBitrate(now.bitrate)], ['Picture', now.width ? `${now.width} × ${now.height}` : '–'],
    ['Dropped frames', now.droppedFrames],
  ];
  list.replaceChildren(...rows.flatMap(([term, value]) => {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = value;
    return [dt, dd];
  }));
}
