// What a page asks an LL-HLS origin for, by kind.
const kKinds = [
  ['parts', /\/\d+\.\d+\.m4s$/],
  ['segments', /\/\d+\.m4s$/],
  ['blocking', /\.m3u8\?.*_HLS_msn=/],
  ['playlists', /\.m3u8/],
];

// Counts from now on. `failures` are answers of 400 and more, and requests without an answer; those that the
// player gave up by itself are counted apart.
export function countRequests(page, origin) {
  const counts = { parts: 0, segments: 0, blocking: 0, playlists: 0, givenUp: 0, failures: [] };
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin)) return;
    const kind = kKinds.find(([, pattern]) => pattern.test(url))?.[0];
    if (kind) counts[kind] += 1;
  });
  page.on('response', (response) => {
    if (response.url().startsWith(origin) && response.status() >= 400) counts.failures.push(`${response.status()} ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    if (!request.url().startsWith(origin)) return;
    const { errorText } = request.failure();
    if (errorText === 'net::ERR_ABORTED') counts.givenUp += 1;
    else counts.failures.push(`${errorText} ${request.url()}`);
  });
  return counts;
}
