#!/usr/bin/env python3
"""Decodes recordings out of Debian packages into raw clips for the score of the detector.

usage: prepare_clips.py [--lessons] OUT_DIR [ROOT]

Writes OUT_DIR/{tune,judge}-{voice,keys,bangs,music}-NAME.s16: 16 kHz mono, 16 bit, recordings one after
the other with half a second of nothing in between, where that has not been done yet by this version of the
script. ROOT is where the packages were unpacked (default /).
Which recording is for tuning and which for judging is written down here and nowhere else: no voice, no
key, no bang and no tune is in both. With --lessons the tuning tune gives way to those that the classifier's
weights were learned from (packages fillets-ng-data, frozen-bubble-data, drascula-music and pathological); neither
set has them.
"""
import glob
import hashlib
import os
import subprocess
import sys

RATE = 16000
PER_VOICE = 60  # Files; more would only be longer.
# Tones, music and monkeys among the prompts; letters and digits come from sub-directories.
NO_SPEECH = ("beep", "tone", "tt-", "silence", "ascii", "conf-waitforleader")

SOUNDS = "usr/share/asterisk/sounds/"
FISH = "usr/share/games/fillets-ng/sound/**/"
POTATO = "usr/share/ktuberling/sounds/"
BUCKLE = "usr/share/buckle/wav/*.wav"
BREAKOUT = "usr/share/games/lbreakout2/sounds/"
MUSIC = "usr/share/games/asc/music/"

VOICES = {
    "tune": {
        "fr-armelle": SOUNDS + "fr/*.gsm",
        "es-co": SOUNDS + "es/*.gsm",
        "cs-small-fish": FISH + "cs/*-m-*.ogg",
        "cs-big-fish": FISH + "cs/*-v-*.ogg",
        **{"potato-" + name: POTATO + name + "/*"
           for name in ("da", "el", "en", "fr", "ga", "nl", "pt", "ro", "ru", "sr", "wa")},
    },
    "judge": {
        "en-allison": SOUNDS + "en_US_f_Allison/*.g722",
        "it-carlo": SOUNDS + "it_IT_m_Carlo/*.g722",
        "ru-ivr": SOUNDS + "ru_RU_f_IvrvoiceRU/*.g722",
        "nl-small-fish": FISH + "nl/*-m-*.ogg",
        "nl-big-fish": FISH + "nl/*-v-*.ogg",
        **{"potato-" + name: POTATO + name + "/*"
           for name in ("ca", "de", "es", "fi", "gl", "it", "lt", "nn", "sl", "sv", "uk")},
    },
}
BANGS = {
    "tune": ("exp", "metal", "reflect_brick", "attach", "chaos"),
    "judge": ("shot", "wall", "reflect_paddle", "click"),
}
LESSON_TUNES = (
    "usr/share/games/fillets-ng/music/rybky0[1-79].ogg",
    "usr/share/games/fillets-ng/music/rybky15.ogg",
    "usr/share/games/frozen-bubble/snd/*zik*.ogg",
    "usr/share/games/pathological/music/background.ogg",
    *(f"usr/share/scummvm/drascula/audio/track{n}.ogg" for n in (2, 3, 6, 8, 9, 10, 13, 14, 16, 19, 22, 23, 26, 30)),
)
TUNES = {"tune": ("machine_wars",), "judge": ("frontiers", "time_to_strike")}


def in_fixed_order(files):
    """Shuffled, the same way everywhere and at all times."""
    return sorted(files, key=lambda path: hashlib.sha256(os.path.basename(path).encode()).digest())


def find(root, pattern):
    files = glob.glob(os.path.join(root, pattern), recursive=True)
    # A few of the packages' files are empty.
    return in_fixed_order(f for f in files if not any(word in os.path.basename(f) for word in NO_SPEECH)
                          and os.path.getsize(f) > 2000)


def content(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def recordings(root, lessons=False):
    """Which files make which clip, [(files, name)]."""
    wanted = []
    keys = find(root, BUCKLE)
    # Some keys sound alike to the byte; what is heard while tuning is not judged by.
    tuning_keys = {content(key) for key in keys[0::2]}
    shares = {"tune": keys[0::2], "judge": [key for key in keys[1::2] if content(key) not in tuning_keys]}
    for part, voices in VOICES.items():
        wanted += [(find(root, pattern)[:PER_VOICE], f"{part}-voice-{voice}") for voice, pattern in voices.items()]
        wanted.append((shares[part], f"{part}-keys-model-m"))
        wanted.append(([os.path.join(root, BREAKOUT, bang + ".wav") for bang in BANGS[part]], f"{part}-bangs-breakout"))
        if part == "judge" or not lessons:
            wanted += [([os.path.join(root, MUSIC, tune + ".mp3")], f"{part}-music-{tune}") for tune in TUNES[part]]
    if lessons:
        wanted += [([tune], "tune-music-" + os.path.basename(tune)[:-4])
                   for pattern in LESSON_TUNES for tune in find(root, pattern)]
    return wanted


def decode(files, out):
    if not files:
        sys.exit(f"{out}: no recordings; are the packages of scripts/packages.txt installed?")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
    for path in files:
        command += (["-f", "g722"] if path.endswith(".g722") else []) + ["-i", path]
    chain = "".join(
        f"[{i}:a]aresample={RATE},aformat=sample_fmts=s16:channel_layouts=mono,apad=pad_len={RATE // 2}[c{i}];"
        for i in range(len(files)))
    chain += "".join(f"[c{i}]" for i in range(len(files))) + f"concat=n={len(files)}:v=0:a=1[out]"
    command += ["-filter_complex", chain, "-map", "[out]", "-flags", "bitexact", "-f", "s16le", out + ".part"]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"{out}: ffmpeg could not decode the recordings")
    os.replace(out + ".part", out)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--lessons"]
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    out, root = arguments[0], arguments[1] if len(arguments) == 2 else "/"
    os.makedirs(out, exist_ok=True)
    # Names everything that is there; written last.
    complete = os.path.join(out, "complete")
    wanted = recordings(root, "--lessons" in sys.argv)
    with open(__file__, "rb") as file:
        version = hashlib.sha256(file.read()).hexdigest()
    mark = "\n".join([version, *(name for _, name in wanted), ""])
    if os.path.exists(complete):
        with open(complete, encoding="ascii") as file:
            if file.read() == mark:
                return
        os.remove(complete)
    for clip in glob.glob(os.path.join(glob.escape(out), "*.s16")):
        os.remove(clip)
    for files, name in wanted:
        decode(files, os.path.join(out, name + ".s16"))
    with open(complete, "w", encoding="ascii") as file:
        file.write(mark)


if __name__ == "__main__":
    main()
