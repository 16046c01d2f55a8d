// hls.js in low-latency mode behind the few questions that the player asks of any engine. It decides nothing: what
// happens is told through `events`, {found, updated, arrived, failed(reason)}, with the reasons
//   'media'         the browser could not go on with what it was given
//   'missing'       the server answered that there is no such playlist
//   'refused'       it answered something else than a playlist
//   'unreachable'   no answer for the first playlist
//   'lost'          the stream broke off later
import { chaptersOf } from './chapters.js';
import Hls from './hls.mjs';
import { onAirAt } from './onair.js';

const kConfig = {
  lowLatencyMode: true,
  // The page has a target of its own, which also comes back.
  liveSyncOnStallIncrease: 0,
  // Parts are short; the default tolerance would step over them.
  maxFragLookUpTolerance: 0.1,
  // The browser drops what was played when its own limit is reached. When hls.js 1.7.4 removes it while a
  // part is being appended, it forgets the parts of that segment (detectEvictedFragments), and the picture
  // stands still until the segment is complete. 30 was a stall every few minutes.
  backBufferLength: Infinity,
  // fMP4 passes through as it is; there is nothing for a worker to do.
  enableWorker: false,
  // Who is on air is read from the playlist's date ranges themselves.
  enableDateRangeMetadataCues: false,
  enableEmsgMetadataCues: false,
  enableID3MetadataCues: false,
  enableInterstitialPlayback: false,
  // The first answer may be held until the Space has something to show.
  manifestLoadPolicy: {
    default: { maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 20000, timeoutRetry: null, errorRetry: null },
  },
};

export class HlsEngine {
  // The player keeps the distance from live.
  steers = true;
  #video;
  #events;
  #hls = null;

  static supported() {
    return Hls.isSupported();
  }

  constructor(video, events) {
    this.#video = video;
    this.#events = events;
  }

  load(url) {
    this.close();
    const hls = new Hls(kConfig);
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_LOADED, () => this.#events.found());
    hls.on(Hls.Events.LEVEL_UPDATED, () => this.#events.updated());
    hls.on(Hls.Events.FRAG_BUFFERED, () => this.#events.arrived());
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal && hls === this.#hls) this.#events.failed(reasonOf(data));
    });
    hls.loadSource(url);
    hls.attachMedia(this.#video);
  }

  // After 'lost': from where it was. What was aborted has to be over first: hls.js 1.7.4 takes the late word of it for
  // the new request of the same part, and leaves a hole there.
  resume() {
    const hls = this.#hls;
    hls?.stopLoad();
    setTimeout(() => hls === this.#hls && hls?.startLoad());
  }

  // After 'media'.
  recover() {
    this.#hls?.recoverMediaError();
  }

  close() {
    this.#hls?.destroy();
    this.#hls = null;
  }

  // What can be played, in seconds of media time: {live, start, edge, age, part, hold_back}. `edge` is the end of
  // what the server has published, `age` how long ago it did. Null before the first playlist.
  stream() {
    const details = this.#hls?.latestLevelDetails;
    if (!details?.fragments.length) return null;
    const { live, fragmentStart, edge, age, partTarget } = details;
    return { live, start: fragmentStart, edge, age: live ? age : 0, part: partTarget || details.targetduration, hold_back: this.#hls.targetLatency };
  }

  // What it costs, in bit/s; NaN where unknown.
  get bandwidth() {
    return this.#hls?.bandwidthEstimate ?? NaN;
  }

  get bitrate() {
    const { levels, loadLevel } = this.#hls ?? {};
    return levels?.[Math.max(0, loadLevel)]?.bitrate || NaN;
  }

  // Wall-clock time of media time and back (EXT-X-PROGRAM-DATE-TIME).
  date_at(position) {
    const fragment = this.#fragment((candidate) => candidate.start <= position);
    return fragment ? new Date(fragment.programDateTime + (position - fragment.start) * 1000) : null;
  }

  position_at(date) {
    const fragment = this.#fragment((candidate) => candidate.programDateTime <= date);
    return fragment ? fragment.start + (date - fragment.programDateTime) / 1000 : NaN;
  }

  // Who is on air at a place, and who was when.
  on_air(position) {
    return onAirAt(this.#date_ranges(), this.date_at(position));
  }

  chapters() {
    const stream = this.stream();
    return stream ? chaptersOf(this.#date_ranges(), (date) => this.position_at(date), stream.edge) : [];
  }

  #date_ranges() {
    return this.#hls?.latestLevelDetails?.dateRanges ?? {};
  }

  // The last fragment with a date that `begun` is true of, else the first one.
  #fragment(begun) {
    const fragments = this.#hls?.latestLevelDetails?.fragments ?? [];
    const dated = fragments.filter(({ programDateTime }) => Number.isFinite(programDateTime));
    return dated.findLast(begun) ?? dated[0];
  }
}

// `status`: of the answer to the first request, 0 or nothing where none came.
export function reasonOfStatus(status) {
  if (!status) return 'unreachable';
  return status === 404 ? 'missing' : 'refused';
}

function reasonOf({ type, details, response }) {
  if (type === Hls.ErrorTypes.MEDIA_ERROR) return 'media';
  if (!details.startsWith('manifest')) return 'lost';
  return reasonOfStatus(response?.code);
}
