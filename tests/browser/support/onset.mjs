// When somebody begins to be heard, on the media timeline of the viewer's page: from the very segments that it plays,
// decoded in the browser. The page plays a live stream (its dates say what lies where).

const kBefore = 4;
const kAfter = 2;

// The first sound after half a second of silence that lies nearest to `around`, in seconds of media time.
export function onsetNear(page, around) {
  return page.evaluate(async ([middle, before, after]) => {
    const video = document.querySelector('video');
    const date_of_zero = Date.now() / 1000 - window.spacecast.stats().clockDelay - video.currentTime;
    const url = new URL(`/spaces/${document.querySelector('#space').textContent}/hls/a0.m3u8`, location.href);
    const bytes_of = async (uri) => new Uint8Array(await (await fetch(new URL(uri, url))).arrayBuffer());
    const text = await (await fetch(url)).text();
    const wanted = [];
    let init = '';
    let date = NaN;
    let duration = 0;
    let first = NaN;
    for (const line of text.split('\n')) {
      if (line.startsWith('#EXT-X-MAP')) init = /URI="([^"]+)"/.exec(line)[1];
      else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) date = Date.parse(line.slice(25)) / 1000;
      else if (line.startsWith('#EXTINF:')) duration = Number.parseFloat(line.slice(8));
      else if (line && !line.startsWith('#')) {
        const start = date - date_of_zero;
        if (start + duration > middle - before && start < middle + after) {
          if (Number.isNaN(first)) first = start;
          wanted.push(line);
        }
        date += duration;
      }
    }
    const pieces = await Promise.all([init, ...wanted].map(bytes_of));
    const file = await new Blob(pieces).arrayBuffer();
    const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(file);
    const samples = sound.getChannelData(0);
    const step = sound.sampleRate / 100;
    const loud = [];
    for (let i = 0; i + step <= samples.length; i += step) {
      loud.push(samples.subarray(i, i + step).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0));
    }
    const threshold = 0.05 * Math.max(...loud);
    const onsets = [];
    let silent = 0;
    loud.forEach((peak, i) => {
      if (peak < threshold) {
        silent += 1;
        return;
      }
      if (silent >= 50) onsets.push(first + i / 100);
      silent = 0;
    });
    return onsets.reduce((best, onset) => (Math.abs(onset - middle) < Math.abs(best - middle) ? onset : best), Infinity);
  }, [around, kBefore, kAfter]);
}
