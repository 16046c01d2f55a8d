// A live LL-HLS stream that costs next to nothing: a small test picture and a tone from gst-launch-1.0, served
// by llhlssink itself.
import net from 'node:net';

import { startLaunch } from './program.mjs';
import { until } from './until.mjs';

// A port that was free a moment ago.
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Returns {url, check, stop} when `segments` are listed. `pattern`: of videotestsrc.
export async function startStream({ pattern = 'ball', segments = 1 } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/master.m3u8`;
  const launch = startLaunch(`llhlssink name=sink http-port=${port}
    videotestsrc is-live=true pattern=${pattern} ! video/x-raw,width=640,height=360,framerate=30/1
      ! x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max=30 bitrate=600
      ! video/x-h264,profile=constrained-baseline ! sink.video_0
    audiotestsrc is-live=true wave=sine freq=440 volume=0.3 ! audio/x-raw,rate=48000,channels=2
      ! avenc_aac bitrate=96000 ! aacparse ! sink.audio_0`);
  await until('the stream has begun', async () => {
    launch.check();
    const answer = await fetch(new URL('v0.m3u8', url)).catch(() => null);
    return answer?.ok && (await answer.text()).match(/^#EXTINF/mg)?.length >= segments;
  });
  return { url, check: () => launch.check(), stop: () => launch.stop() };
}
