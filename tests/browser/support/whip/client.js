// @eyevinn/whip-web-client on a page. It comes as CommonJS, so its modules are fetched, then run in the order in which they ask
// for each other.
const kModules = {
  '@eyevinn/whip-web-client': '/npm/@eyevinn/whip-web-client/dist/whip-client.js',
  events: '/npm/events/events.js',
  'sdp-transform': '/npm/sdp-transform/lib/index.js',
  './parser': '/npm/sdp-transform/lib/parser.js',
  './writer': '/npm/sdp-transform/lib/writer.js',
  './grammar': '/npm/sdp-transform/lib/grammar.js',
};

const sources = Object.fromEntries(await Promise.all(Object.entries(kModules).map(async ([name, url]) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return [name, await answer.text()];
})));
const loaded = {};

function require(name) {
  if (!(name in loaded)) {
    const module = { exports: {} };
    loaded[name] = module;
    new Function('module', 'exports', 'require', sources[name])(module, module.exports, require);
  }
  return loaded[name].exports;
}

const { WHIPClient } = require('@eyevinn/whip-web-client');
let client = null;

window.whip = {
  async join(endpoint, options) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    client = new WHIPClient({ endpoint, opts: options });
    await client.ingest(stream);
    return client.getResourceUrl();
  },
  leave: () => client.destroy(),
};
