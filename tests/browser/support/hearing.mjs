// What a speaker's page hears of the others: the spectrum of the track that comes back.

// Level of each of `tones_hz` in dB, the median over `window_ms`, for which a click is nothing; -Infinity off stage.
export function tonesOf(page, tones_hz, window_ms = 2000) {
  return page.evaluate(async ([tones, duration]) => {
    const stream = document.querySelector('#return').srcObject;
    if (!stream) return tones.map(() => -Infinity);
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 16384;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    const levels = tones.map(() => []);
    const end = performance.now() + duration;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      analyser.getFloatFrequencyData(bins);
      tones.forEach((tone, i) => {
        const bin = Math.round(tone / (context.sampleRate / analyser.fftSize));
        levels[i].push(Math.max(...bins.subarray(bin - 1, bin + 2)));
      });
    }
    await context.close();
    return levels.map((seen) => Math.round(seen.sort((a, b) => a - b)[seen.length >> 1]));
  }, [tones_hz, window_ms]);
}
