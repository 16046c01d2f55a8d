// What a viewer's page shows and plays.

// Mean [r, g, b] of the middle of the picture; null before there is one.
export function colourOf(page, selector = 'video') {
  return page.evaluate((which) => {
    const video = document.querySelector(which);
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 8;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const [width, height] = [video.videoWidth, video.videoHeight];
    context.drawImage(video, width * 0.4, height * 0.4, width * 0.2, height * 0.2, 0, 0, 8, 8);
    const { data } = context.getImageData(0, 0, 8, 8);
    const sum = [0, 0, 0];
    data.forEach((value, index) => index % 4 < 3 && (sum[index % 4] += value));
    return sum.map((value) => Math.round(value / 64));
  }, selector);
}

// 'red', 'blue', … or '' where no colour stands out.
export function colourName(rgb) {
  if (!rgb) return '';
  const [r, g, b] = rgb;
  const stands_out = (value, ...others) => value > 90 && others.every((other) => value > other + 60);
  if (stands_out(r, g, b)) return 'red';
  if (stands_out(g, r, b)) return 'green';
  return stands_out(b, r, g) ? 'blue' : '';
}

// Plays until the picture changes from one strongest colour channel to another (0 red, 1 green, 2 blue). Returns the
// media time of the first frame with the new one. Each frame is asked for its own time: a busy machine shows it late.
export function changeOfPicture(page, [from, to], timeout_ms = 30000) {
  return page.evaluate(([old_channel, new_channel, limit]) => new Promise((resolve, reject) => {
    const video = document.querySelector('video');
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    let seen_old = false;
    const look = (_, { mediaTime }) => {
      const [width, height] = [video.videoWidth, video.videoHeight];
      context.drawImage(video, width * 0.4, height * 0.4, width * 0.2, height * 0.2, 0, 0, 1, 1);
      const pixel = [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
      const channel = pixel.indexOf(Math.max(...pixel));
      seen_old ||= channel === old_channel;
      if (seen_old && channel === new_channel) resolve(mediaTime);
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    setTimeout(() => reject(new Error('the picture has not changed')), limit);
  }), [from, to, timeout_ms]);
}

// Loudness of what the page plays: the largest sample over `window_ms`. The page must have its sound on.
export function loudnessOf(page, window_ms = 1500) {
  return page.evaluate(async (duration) => {
    if (!window.testEar) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      const source = context.createMediaElementSource(document.querySelector('video'));
      source.connect(analyser);
      analyser.connect(context.destination);
      await context.resume();
      window.testEar = analyser;
    }
    const samples = new Float32Array(window.testEar.fftSize);
    const end = performance.now() + duration;
    let peak = 0;
    while (performance.now() < end) {
      window.testEar.getFloatTimeDomainData(samples);
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    return peak;
  }, window_ms);
}
