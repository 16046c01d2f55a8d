// The browser's own HLS (Safari, old iPhones), behind the same questions as HlsEngine (engine_hls.js). It keeps its
// own distance from live, so nothing is steered.
import { chaptersOfCues } from './chapters.js';
import { reasonOfStatus } from './engine_hls.js';
import { onAirOfCues } from './onair.js';

export class NativeEngine {
  steers = false;
  bandwidth = NaN;
  bitrate = NaN;
  #video;
  #events;
  #url = '';

  static supported(video) {
    return Boolean(video.canPlayType('application/vnd.apple.mpegurl'));
  }

  constructor(video, events) {
    this.#video = video;
    this.#events = events;
    video.addEventListener('loadedmetadata', () => {
      events.found();
      events.updated();
    });
    video.addEventListener('progress', () => events.arrived());
    video.addEventListener('error', async () => {
      const url = this.#url;
      // The element does not say why; the playlist does.
      const answer = url && await fetch(url, { cache: 'no-store' }).catch(() => null);
      if (url && url === this.#url) events.failed(answer?.ok ? 'media' : reasonOfStatus(answer?.status));
    });
  }

  load(url) {
    this.#url = url;
    this.#video.src = url;
    this.#video.load();
  }

  resume() {
    this.load(this.#url);
  }

  recover() {
    this.load(this.#url);
  }

  close() {
    this.#url = '';
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  stream() {
    const { seekable, duration } = this.#video;
    if (!seekable.length) return null;
    const live = duration === Infinity;
    return { live, start: seekable.start(0), edge: seekable.end(seekable.length - 1), age: 0, part: 0, hold_back: NaN };
  }

  date_at(position) {
    const start = this.#video.getStartDate?.();
    return start && Number.isFinite(+start) ? new Date(+start + position * 1000) : null;
  }

  position_at(date) {
    const start = this.#video.getStartDate?.();
    return start && Number.isFinite(+start) ? (date - start) / 1000 : NaN;
  }

  on_air() {
    return onAirOfCues(this.#cues('activeCues'));
  }

  chapters() {
    const stream = this.stream();
    return stream ? chaptersOfCues(this.#cues('cues'), (position) => this.date_at(position), stream.edge) : [];
  }

  #cues(which) {
    const tracks = [...this.#video.textTracks].filter((track) => track.kind === 'metadata');
    for (const track of tracks) track.mode = 'hidden';
    return tracks.flatMap((track) => [...(track[which] ?? [])]);
  }
}
