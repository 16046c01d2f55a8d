#!/usr/bin/env python3
"""Decodes recordings out of Debian packages into raw clips for the score of the detector.

usage: prepare_clips.py [--lessons] OUT_DIR [ROOT]

Writes OUT_DIR/{tune,judge}-{voice,keys,bangs,music}-NAME.s16: 16 kHz mono, 16 bit, recordings one after
the other with half a second of nothing in between. ROOT is where the packages were unpacked (default /).
Which recording is for tuning and which for judging is written down here and nowhere else: no voice, no
key and no tune is in both. --lessons adds the tunes that the classifier's weights were learned from besides
(packages fillets-ng-data, frozen-bubble-data, drascula-music and pathological); neither set has them.
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
    "judge": ("expl_ball", "shot", "wall", "reflect_paddle", "click", "weak_ball"),
}
LESSON_TUNES = (
    "usr/share/games/fillets-ng/music/rybky0[1-7].ogg",
    "usr/share/games/frozen-bubble/snd/*zik*.ogg",
    "usr/share/games/pathological/music/background.ogg",
    *(f"usr/share/scummvm/drascula/audio/track{n}.ogg" for n in (3, 8, 13, 19, 22, 30)),
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
    wanted = []
    keys = find(root, BUCKLE)
    for part, name in enumerate(("tune", "judge")):
        wanted += [(find(root, pattern)[:PER_VOICE], f"{name}-voice-{voice}")
                   for voice, pattern in VOICES[name].items()]
        wanted.append((keys[part::2], f"{name}-keys-model-m"))
        wanted.append(([os.path.join(root, BREAKOUT, bang + ".wav") for bang in BANGS[name]], f"{name}-bangs-breakout"))
        wanted += [([os.path.join(root, MUSIC, tune + ".mp3")], f"{name}-music-{tune}") for tune in TUNES[name]]
    if "--lessons" in sys.argv:
        wanted += [([tune], "tune-music-" + os.path.basename(tune)[:-4])
                   for pattern in LESSON_TUNES for tune in find(root, pattern)]
    for files, name in wanted:
        target = os.path.join(out, name + ".s16")
        if not os.path.exists(target):
            decode(files, target)
    # Written last: whoever finds it finds everything.
    with open(os.path.join(out, "complete"), "w", encoding="ascii") as mark:
        mark.write("\n".join(name for _, name in wanted) + "\n")


if __name__ == "__main__":
    main()
