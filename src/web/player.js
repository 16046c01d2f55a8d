// A <video> that plays one live playlist and keeps itself playing: hls.js in low-latency mode with our own
// latency control, retries and recovery; or the browser's own HLS where there is no Media Source (old
// iPhones). Knows nothing of the page around it: it reports through `snapshot()` and `on_change`.
import { Backoff } from './backoff.js';
import Hls from './hls.mjs';
import { LatencyControl, TargetDelay } from './latency.js';
import { onAirAt, onAirOfCues } from './onair.js';
import { kStallMemoryMs } from './quality.js';
import { viewerState } from './states.js';

const kTickMs = 250;
// A pause of the picture shorter than this is counted as a stall but is not worth a word.
const kTellStallMs = 400;
// Waiting for data right after a jump is the jump's doing, no stall.
const kJumpSettlesMs = 1500;
// hls.js 1.7 gives up a low-latency playlist whose reload failed without a fatal error. So where the picture
// stands still and nothing has arrived for this long, the page takes it up again itself:
const kSilenceMs = 3000;
// this often from where it was, then everything anew.
const kResumeAttempts = 2;

const kHlsConfig = {
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

export class Player {
  #video;
  #url;
  #on_change;
  #hls = null;
  #native = false;
  #control = new LatencyControl();
  #target = new TargetDelay();
  #backoff = new Backoff();
  #retry_timer = 0;
  #retry_action = null;
  #resumes = 0;
  #arrived_at = 0;
  #media_error_at = -Infinity;
  #stalled_since = 0;
  #moved_at = -Infinity;
  #stall_times = [];
  #stalls = 0;
  #facts = {
    supported: true, ended: false, reachable: true, found: null,
    started: false, paused: false, stalled: false, behind: false,
  };

  constructor(video, url, on_change) {
    this.#video = video;
    this.#url = url;
    this.#on_change = on_change;
    video.addEventListener('playing', () => this.#playing());
    video.addEventListener('waiting', () => this.#waiting());
    video.addEventListener('ended', () => this.#end());
    addEventListener('online', () => this.#retry_now());
    document.addEventListener('visibilitychange', () => this.#visible_again());
    setInterval(() => this.#tick(), kTickMs);

    if (Hls.isSupported()) {
      this.#load();
    } else if (video.canPlayType('application/vnd.apple.mpegurl')) {
      this.#native = true;
      this.#watch_native();
      this.#load_native();
    } else {
      this.#set({ supported: false });
    }
  }

  play() {
    this.#set({ paused: false });
    this.#to_live();
    // The one refusal there is: a browser that wants a click first. The page then offers one.
    this.#video.play().catch((error) => {
      if (error.name === 'NotAllowedError') this.#set({ paused: true });
    });
  }

  pause() {
    this.#set({ paused: true });
    this.#video.pause();
  }

  // Loads everything anew, after the end of a Space for the next one.
  restart() {
    this.#set({ ended: false, found: null, started: false, paused: false });
    if (this.#native) this.#load_native();
    else this.#load();
  }

  snapshot() {
    const video = this.#video;
    const details = this.#hls?.latestLevelDetails;
    const shown_date = this.#date();
    return {
      state: viewerState(this.#facts),
      delay: this.#delay(),
      targetDelay: this.#target_delay(),
      // Against the worker's wall clock, as far as the viewer's own clock is right.
      clockDelay: shown_date ? (Date.now() - shown_date) / 1000 : NaN,
      buffer: this.#buffer(),
      stalls: this.#stalls,
      recentStalls: this.#stall_times.filter((time) => performance.now() - time < kStallMemoryMs).length,
      rate: video.playbackRate,
      onAir: this.#native ? onAirOfCues(this.#native_cues()) : onAirAt(details?.dateRanges, shown_date),
      bandwidth: this.#hls?.bandwidthEstimate ?? NaN,
      bitrate: this.#hls?.levels[0]?.bitrate ?? NaN,
      droppedFrames: video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0,
      width: video.videoWidth,
      height: video.videoHeight,
      partTarget: details?.partTarget ?? NaN,
    };
  }

  #set(change) {
    const before = viewerState(this.#facts);
    Object.assign(this.#facts, change);
    if (viewerState(this.#facts) !== before) this.#on_change();
  }

  // --- hls.js

  #load() {
    this.#hls?.destroy();
    this.#control.reset();
    this.#stalled_since = 0;
    this.#arrived_at = performance.now();
    this.#set({ started: false, stalled: false, behind: false });
    const hls = new Hls(kHlsConfig);
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_LOADED, () => this.#set({ found: true }));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => this.#level_updated(details));
    hls.on(Hls.Events.FRAG_BUFFERED, () => this.#arrived());
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && this.#failed(hls, data));
    hls.loadSource(this.#url);
    hls.attachMedia(this.#video);
    if (!this.#facts.paused) this.play();
  }

  #level_updated(details) {
    // Somebody who comes after the end is told so; whoever was there sees the rest first.
    if (!details.live && !this.#facts.started) this.#end();
  }

  #arrived() {
    this.#arrived_at = performance.now();
    this.#backoff.reset();
    this.#resumes = 0;
    this.#set({ reachable: true });
  }

  #failed(hls, { type, details, response }) {
    if (hls !== this.#hls || this.#facts.ended) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      const again = performance.now() - this.#media_error_at < 5000;
      this.#media_error_at = performance.now();
      if (again) this.#retry(() => this.#load());
      else hls.recoverMediaError();
      return;
    }
    if (details.startsWith('manifest')) {
      this.#set(response?.code >= 400 ? { reachable: true, found: false } : { reachable: false });
      this.#retry(() => this.#load());
    } else {
      this.#reconnect();
    }
  }

  #reconnect() {
    const hls = this.#hls;
    // After the end the server may go before everything has been fetched.
    if (hls.latestLevelDetails?.live === false) {
      this.#end();
      return;
    }
    this.#set({ reachable: false });
    this.#resumes += 1;
    this.#retry(this.#resumes > kResumeAttempts ? () => this.#load() : () => hls.startLoad());
  }

  #retry(action) {
    clearTimeout(this.#retry_timer);
    this.#retry_action = action;
    this.#retry_timer = setTimeout(() => this.#retry_now(), this.#backoff.next());
  }

  #retry_now() {
    clearTimeout(this.#retry_timer);
    const action = this.#retry_action;
    this.#retry_action = null;
    this.#arrived_at = performance.now();
    action?.();
  }

  // --- the browser's own HLS

  #load_native() {
    this.#video.src = this.#url;
    this.#video.load();
    this.play();
  }

  #watch_native() {
    const video = this.#video;
    video.addEventListener('loadedmetadata', () => this.#set({ reachable: true, found: true }));
    video.addEventListener('error', async () => {
      // The element does not say why; the playlist does.
      const answer = await fetch(this.#url, { cache: 'no-store' }).catch(() => null);
      this.#set({ reachable: answer !== null, found: answer?.ok ? null : false, started: false });
      this.#retry(() => this.#load_native());
    });
  }

  #native_cues() {
    const tracks = [...this.#video.textTracks].filter((track) => track.kind === 'metadata');
    for (const track of tracks) track.mode = 'hidden';
    return tracks.flatMap((track) => [...(track.activeCues ?? [])]);
  }

  // --- the picture

  #playing() {
    this.#stalled_since = 0;
    this.#set({ started: true, stalled: false });
    if (this.#native) this.#arrived();
  }

  #waiting() {
    if (!this.#facts.started || this.#facts.paused || this.#video.seeking || this.#facts.ended) return;
    if (this.#stalled_since) return;
    this.#stalled_since = performance.now();
    if (this.#stalled_since - this.#moved_at < kJumpSettlesMs) return;
    this.#stalls += 1;
    this.#target.stalled(this.#stalled_since);
    this.#stall_times = [...this.#stall_times, this.#stalled_since].slice(-20);
  }

  #end() {
    clearTimeout(this.#retry_timer);
    this.#retry_action = null;
    this.#hls?.destroy();
    this.#hls = null;
    this.#set({ ended: true });
  }

  #visible_again() {
    // Phones stop a video in the background; nobody pressed pause.
    if (document.visibilityState === 'visible' && !this.#facts.paused && this.#video.paused) this.play();
  }

  #tick() {
    const video = this.#video;
    const now = performance.now();
    if (this.#stalled_since && now - this.#stalled_since > kTellStallMs) this.#set({ stalled: true });
    const { found, started, stalled, paused } = this.#facts;
    const silent = found && (stalled || !started) && !paused && now - this.#arrived_at > kSilenceMs;
    if (silent && this.#hls && !this.#retry_action) this.#reconnect();
    if (!this.#hls || !this.#facts.started || video.paused || video.seeking) return;
    const buffer = this.#buffer();
    this.#target.observe(now, buffer);
    const { rate, jump, behind } = this.#control.update({
      delay: this.#gap(),
      target: this.#target_delay(),
      buffer,
      now,
    });
    if (video.playbackRate !== rate) video.playbackRate = rate;
    // While nothing arrives there is no live position to jump to.
    if (jump && !this.#stalled_since) this.#to_live();
    this.#set({ behind });
  }

  #to_live() {
    const ahead = this.#gap() - this.#target_delay();
    if (!(ahead > 0.5)) return;
    this.#moved_at = performance.now();
    this.#video.currentTime += ahead;
  }

  #target_delay() {
    const hold_back = this.#hls?.targetLatency;
    return hold_back ? this.#target.at(hold_back) : NaN;
  }

  // Seconds behind live: behind the end of what the server has published, and how long ago that was.
  #delay() {
    const details = this.#details();
    return details ? details.edge + details.age - this.#video.currentTime : NaN;
  }

  // The same as far as playing faster can help: what the server is late with is nowhere to be had.
  #gap() {
    const details = this.#details();
    return details ? details.edge + Math.min(details.age, details.partTarget) - this.#video.currentTime : NaN;
  }

  #details() {
    const details = this.#hls?.latestLevelDetails;
    return details?.live && this.#facts.started ? details : null;
  }

  #buffer() {
    const { buffered, currentTime } = this.#video;
    for (let i = 0; i < buffered.length; ++i) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return 0;
  }

  // Wall-clock time of the frame on screen (EXT-X-PROGRAM-DATE-TIME).
  #date() {
    if (this.#hls) return this.#hls.playingDate;
    const start = this.#video.getStartDate?.();
    return start && Number.isFinite(+start) ? new Date(+start + this.#video.currentTime * 1000) : null;
  }
}
