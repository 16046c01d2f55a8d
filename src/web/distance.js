// How far the picture is behind live, and keeping it there: the measures that latency.js decides on, taken from a
// <video> and its engine, and its decisions carried out.
import { LatencyControl, TargetDelay } from './latency.js';

export class Distance {
  #video;
  #engine;
  #control = new LatencyControl();
  #target = new TargetDelay();

  constructor(video, engine) {
    this.#video = video;
    this.#engine = engine;
  }

  // Seconds behind live: behind the end of what the server has published, and how long ago that was.
  delay() {
    const stream = this.#live();
    return stream ? stream.edge + stream.age - this.#video.currentTime : NaN;
  }

  // What it should be; NaN where the browser keeps its own distance.
  target() {
    const hold_back = this.#engine.stream()?.hold_back;
    return hold_back ? this.#target.at(hold_back) : NaN;
  }

  // Seconds to go forward to be where one should be. As far as that can help: what the server is late with is
  // nowhere to be had.
  excess() {
    const stream = this.#live();
    return stream ? stream.edge + Math.min(stream.age, stream.part) - this.#video.currentTime - this.target() : NaN;
  }

  // Seconds that are there to be played.
  buffer() {
    const { buffered, currentTime } = this.#video;
    for (let i = 0; i < buffered.length; ++i) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return 0;
  }

  stalled(now) {
    this.#target.stalled(now);
  }

  // Four times a second while it plays near live: sets the playback rate. Returns {jump, behind}, see latency.js.
  steer(now) {
    const buffer = this.buffer();
    this.#target.observe(now, buffer);
    const target = this.target();
    const { rate, jump, behind } = this.#control.update({ delay: this.excess() + target, target, buffer, now });
    this.#set_rate(rate);
    return { jump, behind };
  }

  // Normal speed.
  rest() {
    this.#control.reset();
    this.#set_rate(1);
  }

  #live() {
    const stream = this.#engine.stream();
    return stream?.live ? stream : null;
  }

  #set_rate(rate) {
    if (this.#video.playbackRate !== rate) this.#video.playbackRate = rate;
  }
}
