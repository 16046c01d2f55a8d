// Plain HLS clients on the command line: what they played, with the time stamps of every frame.
import { Program } from './program.mjs';

// How far two frames may lie apart: what rounding to a timescale explains, far less than a frame.
const kTolerance_s = 0.002;

// How well a row of frames fits together: the number of frames, the seconds they cover, and every place where
// one does not begin where the one before it ended.
export function continuity(frames) {
  const breaks = [];
  for (let i = 1; i < frames.length; ++i) {
    const expected = frames[i - 1].pts + frames[i - 1].duration;
    if (Math.abs(frames[i].pts - expected) > kTolerance_s) breaks.push(`${expected.toFixed(4)} -> ${frames[i].pts.toFixed(4)}`);
  }
  const [first, last] = [frames[0], frames.at(-1)];
  return { frames: frames.length, seconds: frames.length ? last.pts + last.duration - first.pts : 0, breaks };
}

// ffmpeg reads the unchanged init section again whenever it has reloaded a live playlist, and says that each time.
const kHarmless = /Found duplicated MOOV Atom/;

// Decodes `duration_s` of the stream. Returns {status, complaints, video, audio}.
export async function playWithFfmpeg(url, duration_s) {
  const ffmpeg = new Program('ffmpeg', ['-nostdin', '-hide_banner', '-v', 'repeat+warning', '-i', url, '-map', '0:v:0', '-map', '0:a:0',
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
  return { status, complaints, video: continuity(frames[0]), audio: continuity(frames[1]) };
}

// Plays the stream for `duration_s` in step with the clock. Returns {demuxers, problems, seconds}: `problems` are
// errors, warnings, every time it had to stop and buffer once it played, and every frame that videorate or audiorate
// had to add or drop to keep the time stamps continuous; `seconds` how far it got.
export async function playWithGstreamer(url, duration_s) {
  const launch = new Program('gst-launch-1.0', ['-v', '-m', 'uridecodebin3', `uri=${url}`, 'name=source',
    'source.', '!', 'video/x-raw', '!', 'videorate', 'name=video', 'silent=false', 'skip-to-first=true',
    '!', 'progressreport', 'name=progress', 'update-freq=1', '!', 'fakesink', 'sync=true',
    'source.', '!', 'audio/x-raw', '!', 'audioconvert', '!', 'audiorate', 'name=audio', 'silent=false', 'skip-to-first=true',
    `tolerance=${kTolerance_s * 1e9}`, '!', 'fakesink', 'sync=true']);
  const timer = setTimeout(() => launch.child.kill('SIGINT'), duration_s * 1000);
  const status = await launch.exited;
  clearTimeout(timer);
  const demuxers = new Set();
  const problems = status === 0 ? [] : [`ended with ${status}: ${launch.stderr}`];
  let seconds = 0;
  for (const line of launch.lines) {
    const demuxer = /\/Gst(HLSDemux\w*):/.exec(line);
    if (demuxer) demuxers.add(demuxer[1]);
    const progress = /progress, current=\(gint64\)(\d+)/.exec(line);
    if (progress) seconds = Number(progress[1]);
    if (/^(ERROR|WARNING)|Gst(Video|Audio)Rate:\w+: (add|drop|duplicate) = [1-9]/.test(line)) problems.push(line);
    if (seconds > 0 && line.startsWith('Buffering, setting pipeline to PAUSED')) problems.push(`after ${seconds} s: ${line}`);
  }
  return { demuxers: [...demuxers], problems, seconds };
}
