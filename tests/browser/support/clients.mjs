// Plain HLS clients on the command line: what they played, with the time stamps of every frame.
import { Program } from './program.mjs';

// How well a row of frames fits together: the number of frames, the seconds they cover, and every place where
// one does not begin where the one before it ended, give or take `tolerance_s`.
export function continuity(frames, tolerance_s) {
  const breaks = [];
  for (let i = 1; i < frames.length; ++i) {
    const expected = frames[i - 1].pts + frames[i - 1].duration;
    if (Math.abs(frames[i].pts - expected) > tolerance_s) breaks.push(`${expected.toFixed(4)} -> ${frames[i].pts.toFixed(4)}`);
  }
  const [first, last] = [frames[0], frames.at(-1)];
  return { frames: frames.length, seconds: frames.length ? last.pts + last.duration - first.pts : 0, breaks };
}

// ffmpeg reads the unchanged init section again whenever it has reloaded a live playlist, and says that each time.
const kHarmless = /Found duplicated MOOV Atom/;

// Decodes `duration_s` of the stream. Returns {status, complaints, video, audio}.
export async function playWithFfmpeg(url, duration_s) {
  const ffmpeg = new Program('ffmpeg', ['-nostdin', '-hide_banner', '-v', 'warning', '-i', url, '-map', '0:v', '-map', '0:a',
    '-t', String(duration_s), '-fps_mode', 'passthrough', '-f', 'framecrc', '-']);
  const status = await ffmpeg.exited;
  const bases = ffmpeg.lines.map((line) => /^#tb \d+: (\d+)\/(\d+)/.exec(line)).filter(Boolean).map(([, over, under]) => over / under);
  const frames = [[], []];
  for (const line of ffmpeg.lines) {
    if (line.startsWith('#')) continue;
    const [stream, , pts, duration] = line.split(',').map(Number);
    frames[stream].push({ pts: pts * bases[stream], duration: duration * bases[stream] });
  }
  const complaints = ffmpeg.stderr.split('\n').filter((line) => line && !kHarmless.test(line));
  return { status, complaints, video: continuity(frames[0], 0.002), audio: continuity(frames[1], 0.002) };
}

// Plays the stream for `duration_s` in step with the clock. Returns {demuxers, problems, video, audio}; `problems`
// are errors, warnings, and every time the pipeline had to stop and buffer.
export async function playWithGstreamer(url, duration_s) {
  const launch = new Program('gst-launch-1.0', ['-v', 'uridecodebin3', `uri=${url}`, 'name=d',
    'd.', '!', 'video/x-raw', '!', 'fakesink', 'name=video', 'silent=false', 'sync=true',
    'd.', '!', 'audio/x-raw', '!', 'fakesink', 'name=audio', 'silent=false', 'sync=true']);
  const timer = setTimeout(() => launch.child.kill('SIGINT'), duration_s * 1000);
  const status = await launch.exited;
  clearTimeout(timer);
  const frames = { video: [], audio: [] };
  const demuxers = new Set();
  const problems = status === 0 ? [] : [`ended with ${status}: ${launch.stderr}`];
  for (const line of launch.lines) {
    const chain = /FakeSink:(video|audio): last-message = chain .* pts: ([\d:.]+), duration: ([\d:.]+),/.exec(line);
    if (chain) frames[chain[1]].push({ pts: secondsOf(chain[2]), duration: secondsOf(chain[3]) });
    const demuxer = /\/Gst(HLSDemux\w*):/.exec(line);
    if (demuxer) demuxers.add(demuxer[1]);
    if (/^(ERROR|WARNING)|setting pipeline to PAUSED \.\.\.$/.test(line) && !line.startsWith('Setting')) problems.push(line);
  }
  return { demuxers: [...demuxers], problems, video: continuity(frames.video, 0.002), audio: continuity(frames.audio, 0.002) };
}

// "0:00:41.687270833"
const secondsOf = (clock) => clock.split(':').reduce((sum, digits) => sum * 60 + Number(digits), 0);
