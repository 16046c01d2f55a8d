// The sound alone: which playlist of a stream has it. A viewer who only listens loads that playlist and nothing
// else; hls.js by itself would keep to the variants with a picture.
import { Problem } from './api.js';

const attribute = (line, name) => new RegExp(`[:,]${name}=(?:"([^"]*)"|([^",]*))`).exec(line)?.slice(1).find((value) => value !== undefined);
const kAudioCodec = /^(mp4a|opus|ac-3|ec-3|flac)\b/i;

// From the text of a multivariant playlist (RFC 8216bis §4.4.6): {url, bitrate, saved_from} of the variant that has
// sound only, else of the first audio rendition, whose bitrate is not told; null without either. Bitrates in bit/s,
// NaN where unknown; `saved_from` is what the cheapest variant with a picture costs. Pure.
export function soundOf(text, base) {
  const lines = text.split(/\r?\n/);
  const variants = lines.flatMap((line, index) => {
    if (!line.startsWith('#EXT-X-STREAM-INF:')) return [];
    const uri = lines.slice(index + 1).find((next) => next && !next.startsWith('#'));
    const codecs = (attribute(line, 'CODECS') ?? '').split(',').filter(Boolean);
    const bitrate = Number(attribute(line, 'AVERAGE-BANDWIDTH') ?? attribute(line, 'BANDWIDTH') ?? NaN);
    const sound_only = codecs.length > 0 && codecs.every((codec) => kAudioCodec.test(codec.trim()));
    return uri ? [{ uri, bitrate, sound_only }] : [];
  });
  const saved_from = Math.min(...variants.filter(({ sound_only }) => !sound_only).map(({ bitrate }) => bitrate));
  const alone = variants.find(({ sound_only }) => sound_only);
  const rendition = lines.find((line) => line.startsWith('#EXT-X-MEDIA:') && attribute(line, 'TYPE') === 'AUDIO' && attribute(line, 'URI'));
  const uri = alone?.uri ?? (rendition && attribute(rendition, 'URI'));
  if (!uri) return null;
  return { url: new URL(uri, base).href, bitrate: alone?.bitrate ?? NaN, saved_from: Number.isFinite(saved_from) ? saved_from : NaN };
}

// Throws a Problem where the playlist cannot be had.
export async function fetchSound(url) {
  const answer = await fetch(url, { cache: 'no-store' }).catch(() => { throw new Problem(0, 'the server cannot be reached'); });
  if (!answer.ok) throw new Problem(answer.status, 'there is no playlist yet');
  const sound = soundOf(await answer.text(), new URL(url, document.baseURI).href);
  if (!sound) throw new Problem(404, 'this stream has no sound of its own');
  return sound;
}
