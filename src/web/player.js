// A <video> that plays one stream and keeps itself playing: it stays near live with its own latency control, or
// where the viewer has put it, and takes a stream up again that broke off. Knows nothing of the page around it: it
// reports through `snapshot()` and `on_change`.
import { Distance } from './distance.js';
import { HlsEngine, reasonOfStatus } from './engine_hls.js';
import { NativeEngine } from './engine_native.js';
import { kJumpBehind } from './latency.js';
import { Retry } from './retry.js';
import { fetchSound } from './sound.js';
import { Stalls } from './stalls.js';
import { viewerState } from './states.js';
import { kSnapToLive, within } from './timeline.js';

const kTickMs = 250;
// Live is where it is to within this; less is the latency control's business.
const kNearLive = 0.5;
// hls.js 1.7 tells of no fatal error while it waits for a browser that calls itself offline, which some do wrongly. So
// where the picture stands still and nothing has arrived for this long, the page takes it up again itself. That costs
// what is left of a segment, as a browser drops all frames between a new start and the next key frame: not before the
// picture is so late that it would have to jump anyway.
const kSilenceMs = (kJumpBehind + 1) * 1000;
// So often from where it was, then everything anew.
const kResumeAttempts = 2;
// A second fault of the browser's decoder so soon after the first one needs more than a new buffer.
const kMediaErrorAgainMs = 5000;

export class Player {
  #video;
  #url;
  #on_change;
  #engine = null;
  #loads = 0;
  #listening = false;
  #sound = null;
  // Whether it stays near live; not where the viewer chose another place.
  #following = true;
  #return_to = null;
  #seen = false;
  #plays_recordings;
  #distance = null;
  #stalls = new Stalls();
  #retry = new Retry();
  #resumes = 0;
  // What is to be tried next is tried because of silence alone.
  #silent = false;
  #arrived_at = 0;
  #media_error_at = -Infinity;
  #paused_at = 0;
  #facts = {
    supported: true, ended: false, reachable: true, found: null, recording: false,
    started: false, paused: false, stalled: false, behind: false, rewound: false,
  };

  // `listening`: begins without the picture; `recording`: what is there is over and is played from its start.
  constructor(video, url, on_change, { listening = false, recording = false } = {}) {
    this.#video = video;
    this.#url = url;
    this.#on_change = on_change;
    this.#listening = listening;
    this.#plays_recordings = recording;
    const events = {
      found: () => this.#set({ found: true }),
      updated: () => this.#updated(),
      arrived: () => this.#arrived(),
      failed: (reason) => this.#failed(reason),
    };
    const Engine = [HlsEngine, NativeEngine].find((candidate) => candidate.supported(video));
    if (!Engine) {
      this.#set({ supported: false });
      return;
    }
    this.#engine = new Engine(video, events);
    this.#distance = new Distance(video, this.#engine);
    video.addEventListener('loadedmetadata', () => this.#return());
    video.addEventListener('playing', () => this.#playing());
    video.addEventListener('waiting', () => this.#waiting());
    video.addEventListener('ended', () => (this.#facts.recording ? this.pause() : this.#end()));
    addEventListener('online', () => this.#retry.now());
    document.addEventListener('visibilitychange', () => this.#visible_again());
    setInterval(() => this.#tick(), kTickMs);
    this.#load();
  }

  // --- what the viewer does

  play() {
    this.#keep_place();
    this.#set({ paused: false });
    this.#play();
  }

  pause() {
    if (!this.#facts.paused) this.#paused_at = Date.now();
    this.#set({ paused: true });
    this.#video.pause();
  }

  // To a place of the timeline; near its end that is live.
  seek(position) {
    const timeline = this.timeline();
    if (!timeline) return;
    if (timeline.live && position > timeline.end - kSnapToLive) {
      this.go_live();
      return;
    }
    this.#follow(false);
    this.#move(within(timeline, position));
    this.#on_change();
  }

  step(seconds) {
    const timeline = this.timeline();
    if (timeline && !(this.#following && seconds > 0)) this.seek(timeline.position + seconds);
  }

  go_live() {
    this.#return_to = null;
    this.#follow(true);
    this.#to_live();
    this.#set({ paused: false });
    this.#play();
    this.#on_change();
  }

  // With or without the picture, from the same place on.
  listen(listening) {
    if (!this.#engine || listening === this.#listening) return;
    this.#listening = listening;
    this.#set({ paused: false });
    if (!this.#facts.ended) this.#load();
  }

  // Loads everything anew, after the end of a Space for the next one, or for what was recorded of it.
  restart() {
    this.#plays_recordings = true;
    this.#seen = false;
    this.#return_to = null;
    this.#follow(true);
    this.#set({ ended: false, found: null, started: false, paused: false });
    this.#load();
  }

  // --- what can be seen of it

  snapshot() {
    const video = this.#video;
    const now = performance.now();
    const date = this.#engine?.date_at(video.currentTime);
    return {
      state: viewerState(this.#facts),
      following: this.#following && !this.#facts.recording,
      listening: this.#listening,
      sound: this.#sound,
      timeline: this.timeline(),
      delay: this.#facts.started ? this.#distance.delay() : NaN,
      targetDelay: this.#distance?.target() ?? NaN,
      // Against the worker's wall clock, as far as the viewer's own clock is right.
      clockDelay: date && !this.#facts.recording ? (Date.now() - date) / 1000 : NaN,
      buffer: this.#distance?.buffer() ?? 0,
      stalls: this.#stalls.count,
      recentStalls: this.#stalls.recent(now),
      rate: video.playbackRate,
      onAir: this.#facts.started ? this.#engine.on_air(video.currentTime) : null,
      bandwidth: this.#engine?.bandwidth ?? NaN,
      bitrate: this.#engine?.bitrate ?? NaN,
      droppedFrames: video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0,
      width: video.videoWidth,
      height: video.videoHeight,
      partTarget: this.#engine?.stream()?.part ?? NaN,
    };
  }

  // See timeline.js; null before there is one.
  timeline() {
    const stream = this.#engine?.stream();
    if (!stream || !this.#facts.started || this.#facts.ended) return null;
    const { live, start, edge } = stream;
    const end = live ? Math.max(start, edge - (this.#distance.target() || 0)) : edge;
    const position = this.#video.currentTime;
    const behind = live ? Math.max(0, this.#engine.steers ? this.#distance.delay() : edge - position) : 0;
    return { live, start, end, position, behind };
  }

  chapters() {
    return this.#facts.started && !this.#facts.ended ? this.#engine.chapters() : [];
  }

  #set(change) {
    const before = viewerState(this.#facts);
    Object.assign(this.#facts, change);
    if (viewerState(this.#facts) !== before) this.#on_change();
  }

  // --- the stream

  async #load() {
    const load = ++this.#loads;
    // Where the viewer is must be said as a date: another playlist may have another zero.
    if (!this.#following || this.#facts.recording) this.#return_to ??= this.#engine.date_at(this.#video.currentTime);
    this.#engine.close();
    this.#distance.rest();
    this.#stalls.over();
    this.#arrived_at = performance.now();
    this.#sound = null;
    this.#set({ started: false, stalled: false, behind: false });
    let url = this.#url;
    if (this.#listening) {
      const sound = await fetchSound(url).catch((problem) => problem);
      if (load !== this.#loads) return;
      if (sound instanceof Error) {
        this.#failed(reasonOfStatus(sound.status));
        return;
      }
      this.#sound = sound;
      url = sound.url;
    }
    this.#engine.load(url);
    if (!this.#facts.paused) this.#play();
  }

  #updated() {
    const { live } = this.#engine.stream() ?? {};
    if (live) this.#keep_within();
    if (live !== false) return;
    if (this.#plays_recordings) this.#set({ recording: true });
    // Somebody who comes after the end is told so; whoever was there sees the rest first.
    else if (!this.#facts.started) this.#end();
    else if (!this.#following) this.#set({ recording: true });
  }

  #arrived() {
    this.#arrived_at = performance.now();
    // It came by itself. To ask for it again would take what is under way from it.
    if (this.#silent) this.#retry.cancel();
    this.#silent = false;
    this.#retry.succeeded();
    this.#resumes = 0;
    this.#set({ reachable: true });
  }

  #failed(reason) {
    if (this.#facts.ended) return;
    this.#silent = false;
    if (reason === 'media') {
      const again = performance.now() - this.#media_error_at < kMediaErrorAgainMs;
      this.#media_error_at = performance.now();
      if (again) this.#try_again(() => this.#load());
      else this.#engine.recover();
    } else if (reason === 'lost') {
      this.#reconnect();
    } else {
      // Before anything was seen of it, whatever the server answers means that the Space has not begun.
      const waits = reason === 'missing' || (reason === 'refused' && !this.#seen);
      this.#set(waits ? { reachable: true, found: false } : { reachable: false });
      this.#try_again(() => this.#load());
    }
  }

  #reconnect() {
    // After the end the server may go before everything has been fetched.
    if (!this.#plays_recordings && this.#engine.stream()?.live === false) {
      this.#end();
      return;
    }
    this.#set({ reachable: false });
    this.#resumes += 1;
    this.#try_again(this.#resumes > kResumeAttempts ? () => this.#load() : () => this.#engine.resume());
  }

  #try_again(action) {
    this.#retry.later(() => {
      this.#arrived_at = performance.now();
      action();
    });
  }

  #end() {
    this.#retry.cancel();
    this.#loads += 1;
    this.#engine.close();
    this.#set({ ended: true, recording: false });
  }

  // --- the picture

  #play() {
    // The one refusal there is: a browser that wants a click first. The page then offers one.
    this.#video.play().catch((error) => {
      if (error.name === 'NotAllowedError') this.#set({ paused: true });
    });
  }

  #playing() {
    this.#stalls.over();
    this.#seen = true;
    this.#set({ started: true, stalled: false });
    if (!this.#engine.steers) this.#arrived();
  }

  #waiting() {
    const { started, paused, ended } = this.#facts;
    if (!started || paused || ended || this.#video.seeking) return;
    const now = performance.now();
    if (this.#stalls.waiting(now)) this.#distance.stalled(now);
  }

  #visible_again() {
    // Phones stop a video in the background; nobody pressed pause.
    if (document.visibilityState !== 'visible' || this.#facts.paused || this.#facts.ended || !this.#video.paused) return;
    if (this.#following) this.#to_live();
    this.#play();
  }

  #tick() {
    const now = performance.now();
    if (this.#stalls.worthAWord(now)) this.#set({ stalled: true });
    const { found, started, stalled, paused, ended } = this.#facts;
    const silent = found && (stalled || !started) && !paused && !ended && now - this.#arrived_at > kSilenceMs;
    if (silent && this.#engine.steers && !this.#retry.pending) {
      this.#reconnect();
      this.#silent = true;
    }
    this.#keep_place();
    if (!started || ended || this.#video.paused || this.#video.seeking) return;
    if (this.#following && this.#engine.steers) this.#keep_near_live(now);
  }

  // A pause keeps the place; one so short that playing faster makes up for it does not count.
  #keep_place() {
    const { started, paused, ended } = this.#facts;
    if (!started || !paused || ended || !this.#following) return;
    if (Date.now() - this.#paused_at > kJumpBehind * 1000) this.#follow(false);
  }

  #keep_near_live(now) {
    const { jump, behind } = this.#distance.steer(now);
    // While nothing arrives there is no live position to jump to.
    if (jump && !this.#stalls.lasting) this.#to_live();
    this.#set({ behind });
  }

  // What a viewer watches, or has paused at, may leave the window that the server keeps. hls.js would go to live.
  #keep_within() {
    const timeline = this.#following ? null : this.timeline();
    if (timeline?.live && timeline.position < timeline.start) this.#move(within(timeline, timeline.position));
  }

  #follow(following) {
    this.#following = following;
    this.#distance.rest();
    this.#set({ rewound: !following, behind: false });
  }

  #to_live() {
    const stream = this.#facts.started ? this.#engine.stream() : null;
    if (!stream?.live) return;
    const ahead = this.#engine.steers ? this.#distance.excess() : stream.edge - this.#video.currentTime;
    if (ahead > kNearLive) this.#move(this.#video.currentTime + ahead);
  }

  // After another playlist has been loaded: where the viewer was.
  #return() {
    const stream = this.#engine.stream();
    const position = this.#return_to ? this.#engine.position_at(this.#return_to) : NaN;
    this.#return_to = null;
    if (stream && Number.isFinite(position)) this.#move(within({ ...stream, end: stream.edge }, position));
  }

  #move(position) {
    this.#stalls.jumped(performance.now());
    this.#video.currentTime = position;
  }
}
