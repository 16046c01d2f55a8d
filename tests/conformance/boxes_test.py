"""Goal: what the checker reads out of MP4 boxes is what ISO/IEC 14496-12 says, and broken boxes are found.
Method: boxes built here, byte by byte."""
import struct
import unittest

from hlscheck.boxes import BadBox, parse_boxes
from hlscheck.media import first_frame, nal_types, read_fragments, read_init


def box(kind, *payload):
    data = b"".join(payload)
    return struct.pack(">I4s", 8 + len(data), kind.encode()) + data


def full(kind, version, flags, *payload):
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def fragment(samples, tfdt=900, sequence=5, per_sample=True):
    """moof and mdat of one track; samples are (duration, data, flags)."""
    run = b"".join(u32(d, len(data), flags) for d, data, flags in samples) if per_sample else b""
    flags = 0x701 if per_sample else 0x001

    def moof(offset):
        tfhd = (full("tfhd", 0, 0x020000, u32(1)) if per_sample else
                full("tfhd", 0, 0x020038, u32(1, samples[0][0], len(samples[0][1]), samples[0][2])))
        return box("moof", full("mfhd", 0, 0, u32(sequence)), box(
            "traf", tfhd, full("tfdt", 1, 0, struct.pack(">Q", tfdt)),
            full("trun", 0, flags, u32(len(samples), offset), run)))
    return moof(len(moof(0)) + 8) + box("mdat", *(data for _, data, _ in samples))


def init(codec_entry, handler=b"vide", elst=b""):
    stbl = box("stbl", full("stsd", 0, 0, u32(1), codec_entry), *(full(name, 0, 0, u32(0, 0)) for name in
                                                               ("stts", "stsc", "stsz", "stco")))
    minf = box("minf", box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1))), stbl)
    mdia = box("mdia", full("mdhd", 0, 0, u32(0, 0, 90000, 0)), full("hdlr", 0, 0, u32(0), handler, bytes(13)), minf)
    trak = box("trak", full("tkhd", 0, 3, u32(0, 0, 1, 0, 0), bytes(60)), elst, mdia)
    mvex = box("mvex", full("trex", 0, 0, u32(1, 1, 0, 0, 0)))
    return box("ftyp", b"iso6", u32(0), b"cmfc") + box("moov", full("mvhd", 0, 0, u32(0, 0, 1000, 0)), trak, mvex)


AVC = box("avc1", bytes(24), struct.pack(">HH", 320, 180), bytes(50), box("avcC", bytes([1, 0x42, 0xC0, 0x1F, 0xFF])))
AAC = box("mp4a", bytes(28), full("esds", 0, 0, bytes([3, 25, 0, 0, 0, 4, 17, 0x40, *bytes(12), 5, 2, 0x11, 0x90])))
SYNC, OTHER = 0x02000000, 0x01010000


class Boxes(unittest.TestCase):
    def test_a_tree(self):
        boxes = parse_boxes(fragment([(3000, b"abc", SYNC)]))
        self.assertEqual([b.type for b in boxes], ["moof", "mdat"])
        self.assertEqual(boxes[0].one("traf/tfdt").u64(0), 900)

    def test_boxes_that_do_not_fill_their_container_are_found(self):
        whole = fragment([(3000, b"abc", SYNC)])
        for bad in (whole[:-1], whole + b"x", b"\0\0\0\4moof", u32(100) + b"mdat"):
            with self.assertRaises(BadBox):
                parse_boxes(bad)


class Init(unittest.TestCase):
    def test_video(self):
        read = read_init(init(AVC))
        track = read.tracks[0]
        self.assertEqual((track.codecs, track.width, track.height, track.timescale), ("avc1.42c01f", 320, 180, 90000))
        self.assertEqual((track.nal_length_size, track.external_data, read.brands), (4, False, ("iso6", "cmfc")))
        self.assertEqual(set(track.sample_tables.values()), {0})

    def test_audio_with_an_edit_list(self):
        elst = box("edts", full("elst", 0, 0, u32(1), u32(0, 1024, 0x10000)))
        track = read_init(init(AAC, b"soun", elst)).tracks[0]
        self.assertEqual((track.codecs, track.handler, track.elst), ("mp4a.40.2", "soun", ((0, 1024),)))


class Fragments(unittest.TestCase):
    def test_samples_with_fields_of_their_own(self):
        data = fragment([(3000, b"abc", SYNC), (3003, b"de", OTHER)])
        read, = read_fragments(data)
        self.assertEqual((read.tfdt, read.duration, read.sequence_number, read.data_fits), (900, 6003, 5, True))
        self.assertEqual([(s.sync, s.data) for s in read.samples], [(True, b"abc"), (False, b"de")])
        self.assertEqual(first_frame(data[:-2], (0, 0, 0)), b"abc")
        self.assertEqual(first_frame(data[:-3], (0, 0, 0)), b"")

    def test_samples_by_default(self):
        read, = read_fragments(fragment([(1024, b"abcd", SYNC)] * 3, per_sample=False))
        self.assertEqual((read.duration, len(read.samples), read.data_fits), (3072, 3, True))

    def test_a_part_of_two_chunks(self):
        first = fragment([(3000, b"abc", SYNC)])
        read = read_fragments(first + fragment([(3000, b"d", OTHER)], tfdt=3900, sequence=6))
        self.assertEqual([(f.tfdt, f.moof_offset) for f in read], [(900, 0), (3900, len(first))])

    def test_media_without_moof_and_moof_without_media_are_found(self):
        for bad in (box("mdat", b"abc"), fragment([(1, b"a", SYNC)]) + box("styp", b"msdh"), b""):
            with self.assertRaises(BadBox):
                read_fragments(bad)

    def test_nal_units(self):
        self.assertEqual(nal_types(u32(2) + b"\x65a" + u32(1) + b"\x41", 4), [5, 1])
        with self.assertRaises(BadBox):
            nal_types(u32(9) + b"\x65", 4)


if __name__ == "__main__":
    unittest.main()
