#include "conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "noises.h"

namespace spacecast::score {

namespace {

using speaker::SpeakerId;

MediaTime time_of(std::size_t sample) {
  return MediaTime(static_cast<std::int64_t>(sample) * (1'000'000'000 / kRate));
}

std::size_t samples_of(double seconds) {
  return static_cast<std::size_t>(std::max(0.0, seconds) * kRate);
}

constexpr float kAboveRoom = 6;  // dB.

struct Person {
  const Voice* voice = nullptr;
  float level = -26;     // While speaking, dBov.
  float floor = -65;     // Of the room.
  double eagerness = 1;  // How often they take the floor.
  std::size_t next_phrase = 0;
  std::size_t busy_until = 0;  // With what they say.
  std::optional<std::size_t> left;
};

struct Span {
  std::size_t onset = 0;
  std::size_t end = 0;
};

// What a family's conversations are like. Rates are per hour.
struct Manner {
  double shortest, longest;  // Of a turn, seconds.
  double short_turns;        // Share of turns of 0.8 to 1.5 s.
  double abutting;           // Share of turns that begin up to 0.4 s before the last one ends.
  double interruptions;      // Share of turns that begin 0.6 to 2 s before.
  double long_gaps;          // Share of turns after a gap of 1 to 4 s.
  double backchannels;       // Per hour.
  double attempts;           // Per hour: vain ones, 0.6 to 0.9 s.
};

Manner manner_of(Family family) {
  switch (family) {
    case Family::kCalm:
      return {3, 15, 0.05, 0, 0, 0.15, 30, 0};
    case Family::kLively:
      return {1.2, 8, 0.25, 0.15, 0.15, 0.05, 120, 12};
    case Family::kHostile:
      return {1.5, 10, 0.15, 0.08, 0.07, 0.15, 120, 6};
    case Family::kEdges:
      return {2, 12, 0.1, 0.05, 0.05, 0.1, 60, 0};
  }
  return {};
}

class Builder {
 public:
  Builder(const Clips& clips, const Plan& plan)
      : clips_(clips), plan_(plan), manner_(manner_of(plan.family)), random_(plan.seed) {
    conversation_.name = fmt::format("{}-{}", to_string(plan.family), plan.seed);
    conversation_.family = plan.family;
    conversation_.length = plan.length;
    samples_ = static_cast<std::size_t>(plan.length.count() / 1'000'000 * (kRate / 1'000));
    conversation_.tracks.assign(plan.speakers, Sound(samples_));
    choose_people();
  }

  Conversation build() {
    talk();
    if (plan_.family == Family::kHostile) disturb();
    for (SpeakerId id = 0; id < people_.size(); ++id) finish(id);
    if (plan_.family == Family::kHostile) echo();
    std::ranges::stable_sort(conversation_.utterances, {}, &Utterance::onset);
    std::ranges::stable_sort(conversation_.noises, {}, &Noise::start);
    return std::move(conversation_);
  }

 private:
  void choose_people() {
    std::vector<const Voice*> voices;
    for (const Voice& voice : clips_.voices) voices.push_back(&voice);
    for (std::size_t i = voices.size(); i > 1; --i)
      std::swap(voices[i - 1], voices[random_.below(i)]);
    // Voices with much to say come first, so that short ones are heard in large rounds only.
    std::ranges::stable_partition(voices, [](const Voice* v) { return v->phrases.size() > 40; });
    for (unsigned i = 0; i < plan_.speakers; ++i) {
      Person person;
      person.voice = voices[i % voices.size()];
      person.level = static_cast<float>(random_.uniform(-34, -20));
      person.floor = static_cast<float>(random_.uniform(-74, -60));
      person.eagerness = 1.0 / (1.0 + i);
      person.next_phrase = random_.below(person.voice->phrases.size());
      people_.push_back(person);
    }
  }

  // The conversation itself: one turn after the other, listeners' words in between.
  void talk() {
    double at = random_.uniform(0.8, 1.6);
    std::optional<Span> last;
    std::size_t count = 0;
    while (at * kRate < static_cast<double>(samples_) - 6 * kRate) {
      const SpeakerId id = next_speaker();
      const bool whispered = plan_.family == Family::kEdges && ++count % 9 == 5;
      // Who begins while another talks outlasts them: a vain attempt is no turn.
      double wanted = turn_length();
      if (last) wanted = std::max(wanted, static_cast<double>(last->end) / kRate - at + 1);
      Span span = speak(id, samples_of(at), wanted, whispered);
      if (plan_.family == Family::kEdges) span = edge(id, span, count);
      note(id, span, Kind::kTurn, whispered);
      listen(id, span);
      last_but_one_ = last_;
      last_ = id;
      last = span;
      at = next_onset(span, count);
    }
  }

  SpeakerId next_speaker() {
    const auto may = [&](SpeakerId id) { return id != last_ && !people_[id].left; };
    if (last_but_one_ && may(*last_but_one_) && random_.chance(0.5)) return *last_but_one_;
    double total = 0;
    for (SpeakerId id = 0; id < people_.size(); ++id) total += may(id) ? people_[id].eagerness : 0;
    double at = random_.uniform(0, total);
    SpeakerId chosen = 0;
    for (SpeakerId id = 0; id < people_.size(); ++id) {
      if (!may(id)) continue;
      chosen = id;
      at -= people_[id].eagerness;
      if (at <= 0) break;
    }
    return chosen;
  }

  double turn_length() {
    if (random_.chance(manner_.short_turns)) return random_.uniform(0.8, 1.5);
    const double u = random_.uniform();
    return manner_.shortest + (manner_.longest - manner_.shortest) * u * u;
  }

  double next_onset(const Span& span, std::size_t count) {
    const double onset = static_cast<double>(span.onset) / kRate;
    const double end = static_cast<double>(span.end) / kRate;
    if (plan_.family == Family::kEdges && count % 11 == 7) return end + random_.uniform(15, 30);
    const double kind = random_.uniform();
    double gap = 0;
    if (kind < manner_.interruptions) {
      gap = -random_.uniform(0.6, 2.0);
    } else if (kind < manner_.interruptions + manner_.abutting) {
      gap = -random_.uniform(0, 0.4);
    } else if (kind > 1 - manner_.long_gaps) {
      gap = random_.uniform(1, 4);
    } else {
      gap = 0.05 + std::min(random_.exponential(0.3), 0.95);
    }
    // Nobody is interrupted before they have said something.
    return std::max(end + gap, onset + std::min(1.0, end - onset));
  }

  // Phrases one after the other with a speaker's pauses, until there is enough.
  Span speak(SpeakerId id, std::size_t at, double seconds, bool whispered) {
    Person& person = people_[id];
    // Nobody says two things at once.
    if (person.busy_until > 0) at = std::max(at, person.busy_until + samples_of(0.3));
    std::optional<Span> heard;
    std::size_t end = at;
    const std::size_t wanted = samples_of(seconds);
    std::size_t position = at;
    while (end < at + wanted && end < samples_) {
      const auto& phrases = person.voice->phrases;
      const Phrase& phrase = phrases[person.next_phrase];
      person.next_phrase = (person.next_phrase + 1) % phrases.size();
      const std::size_t length = phrase.end - phrase.onset;
      // What is left need not be a long phrase.
      if (end > at && length > 2 * (at + wanted - end) && random_.chance(0.7)) break;
      if (end == at && length > 3 * wanted) continue;
      const Span span = put(id, phrase, position, whispered);
      heard = {heard ? heard->onset : span.onset, span.end};
      end = position + length;
      position = end + samples_of(random_.chance(0.8) ? random_.uniform(0.12, 0.4)
                                                      : random_.uniform(0.4, 0.9));
    }
    person.busy_until = end;
    return heard.value_or(Span{at, end});
  }

  // The phrase's onset comes to lie at `at`. From when to when it can be told from the room that is
  // on the same microphone: nobody hears an onset that is not louder than that.
  Span put(SpeakerId id, const Phrase& phrase, std::size_t at, bool whispered) {
    const Person& person = people_[id];
    Sound sound = whispered ? whisper(phrase.samples, random_) : phrase.samples;
    const float own = level_of(&phrase.samples[phrase.onset], phrase.end - phrase.onset);
    // People vary; recordings of different days vary too much.
    const float kept = std::clamp(own - person.voice->level, -5.0F, 5.0F);
    const float gain = db_to_gain(person.level + kept - own - (whispered ? 6 : 0));
    const std::size_t from = at - std::min(at, phrase.onset);
    for (float& sample : sound) sample *= gain;
    for (std::size_t i = 0; i < sound.size() && from + i < samples_; ++i) {
      conversation_.tracks[id][from + i] += sound[i];
    }
    const auto audible = [&](std::size_t sample) {
      return level_of(&sound[sample], kFrame) >= person.floor + kAboveRoom;
    };
    Span span{phrase.onset, phrase.end};
    while (span.onset + kFrame < span.end && !audible(span.onset)) span.onset += kFrame;
    while (span.end > span.onset + kFrame && !audible(span.end - kFrame)) span.end -= kFrame;
    span = {from + span.onset, from + span.end};
    conversation_.stretches.push_back({id, time_of(span.onset), time_of(span.end)});
    return span;
  }

  void note(SpeakerId id, const Span& span, Kind kind, bool whispered = false) {
    conversation_.utterances.push_back(
        {id, time_of(span.onset), time_of(std::min(span.end, samples_)), kind, whispered});
  }

  // What listeners say during a turn.
  void listen(SpeakerId talking, const Span& turn) {
    const double seconds = static_cast<double>(turn.end - turn.onset) / kRate;
    if (seconds < 2.5) return;
    const auto say = [&](double rate, double shortest, double longest) {
      double at = random_.exponential(3600 / rate);
      while (at < seconds - 2) {
        const auto id = static_cast<SpeakerId>(random_.below(people_.size()));
        const auto onset = turn.onset + samples_of(0.8 + at);
        if (id != talking && id != last_ && !people_[id].left && people_[id].busy_until < onset) {
          if (const Phrase* phrase = short_phrase(id, shortest, longest)) {
            const Span span = put(id, *phrase, onset, false);
            people_[id].busy_until = span.end;
            note(id, span, Kind::kBackchannel);
          }
        }
        at += 1.5 + random_.exponential(3600 / rate);
      }
    };
    if (manner_.backchannels > 0) say(manner_.backchannels, 0.15, 0.6);
    if (manner_.attempts > 0) say(manner_.attempts, 0.6, 0.9);
  }

  const Phrase* short_phrase(SpeakerId id, double shortest, double longest) {
    const auto& phrases = people_[id].voice->phrases;
    const std::size_t from = random_.below(phrases.size());
    for (std::size_t i = 0; i < phrases.size(); ++i) {
      const Phrase& phrase = phrases[(from + i) % phrases.size()];
      const double seconds = static_cast<double>(phrase.end - phrase.onset) / kRate;
      if (seconds >= shortest && seconds <= longest) return &phrase;
    }
    return nullptr;
  }

  // Edges: a second speaker for 15 s; one who leaves in the middle of a word.
  Span edge(SpeakerId id, Span span, std::size_t count) {
    if (count % 8 == 3) {
      const SpeakerId other = last_ ? *last_ : (id + 1) % plan_.speakers;
      if (other != id && !people_[other].left) {
        const Span first = speak(id, span.end + samples_of(0.2), 15, false);
        const Span second =
            speak(other, span.onset + samples_of(random_.uniform(1, 2.5)), 15, false);
        note(other, second, Kind::kTurn);
        return {span.onset, first.end};
      }
    }
    const auto present = std::ranges::count_if(people_, [](const Person& p) { return !p.left; });
    if (count % 10 == 9 && present > 3 && span.end > span.onset + kRate) {
      const std::size_t at =
          span.onset + samples_of(random_.uniform(
                           0.8, static_cast<double>(span.end - span.onset) / kRate - 0.1));
      people_[id].left = at;
      conversation_.leaves.push_back({id, time_of(at)});
      return {span.onset, at};
    }
    return span;
  }

  // Hostile: what happens on microphones, by itself or again and again.
  void disturb() {
    const double seconds = static_cast<double>(samples_) / kRate;
    const auto again = [&](double rate, auto&& happen) {
      for (double at = random_.exponential(3600 / rate); at < seconds - 3;
           at += random_.exponential(3600 / rate)) {
        happen(static_cast<SpeakerId>(random_.below(people_.size())), at);
      }
    };
    again(60, [&](SpeakerId id, double at) {
      add(id, at, cough(*people_[id].voice, random_),
          people_[id].level + static_cast<float>(random_.uniform(-4, 4)), "cough");
    });
    again(60, [&](SpeakerId id, double at) {
      add(id, at, typing(clips_.keys, random_.uniform(2, 7), random_),
          static_cast<float>(random_.uniform(-46, -34)), "keys");
    });
    again(40, [&](SpeakerId id, double at) {
      add(id, at, clips_.bangs[random_.below(clips_.bangs.size())],
          static_cast<float>(random_.uniform(-32, -18)), "bang");
    });
    again(60, [&](SpeakerId id, double at) {
      add(id, at, rustle(random_.uniform(0.8, 2.5), random_),
          static_cast<float>(random_.uniform(-42, -28)), "rustle");
    });
    again(8, [&](SpeakerId id, double at) {
      add(id, at, room(samples_of(45), random_), static_cast<float>(random_.uniform(-50, -42)),
          "fan");
    });
    again(4, [&](SpeakerId id, double at) {
      add(id, at, hum(samples_of(30), random_), static_cast<float>(random_.uniform(-50, -36)),
          "hum");
    });
    music();
  }

  // A minute of music on the microphone of somebody who has just spoken and is on air, again and
  // again.
  void music() {
    const auto turns = conversation_.utterances;
    double next = 60;
    for (const Utterance& turn : turns) {
      const double end = std::chrono::duration<double>(turn.end).count();
      if (turn.kind != Kind::kTurn || end < next) continue;
      const Sound& tune = clips_.music[random_.below(clips_.music.size())];
      const std::size_t length = samples_of(60);
      const std::size_t from = random_.below(tune.size() - length);
      Sound sound(tune.begin() + static_cast<std::ptrdiff_t>(from),
                  tune.begin() + static_cast<std::ptrdiff_t>(from + length));
      add(turn.speaker, end - 0.5, std::move(sound),
          people_[turn.speaker].level - static_cast<float>(random_.uniform(0, 8)), "music");
      next = end + std::chrono::duration<double>(plan_.music_every).count();
    }
  }

  void add(SpeakerId id, double at, Sound sound, float level, std::string kind) {
    normalise(sound, level);
    const std::size_t from = samples_of(at);
    // What lasts is switched on, not cut in.
    const std::size_t ramp = std::min<std::size_t>(sound.size() / 8, kRate / 2);
    for (std::size_t i = 0; i < sound.size() && from + i < samples_; ++i) {
      const std::size_t edge = std::min(i, sound.size() - i);
      const bool lasting = sound.size() > 10 * kRate;
      const float fade =
          lasting && edge < ramp ? static_cast<float>(edge) / static_cast<float>(ramp) : 1.0F;
      conversation_.tracks[id][from + i] += fade * sound[i];
    }
    conversation_.noises.push_back(
        {id, time_of(from), time_of(std::min(from + sound.size(), samples_)), std::move(kind)});
  }

  // The room, and 16 bits; nothing from one who left.
  void finish(SpeakerId id) {
    Sound& track = conversation_.tracks[id];
    Sound silence = room(samples_, random_);
    normalise(silence, people_[id].floor);
    const std::size_t left = people_[id].left.value_or(samples_);
    for (std::size_t i = 0; i < samples_; ++i) {
      const float sample = i < left ? track[i] + silence[i] : 0.0F;
      track[i] = std::round(std::clamp(sample, -1.0F, 1.0F) * 32767.0F) / 32768.0F;
    }
  }

  // One speaker has loudspeakers and a poor echo canceller: what the others say comes back, late,
  // low and dull.
  void echo() {
    const auto id = static_cast<SpeakerId>(random_.below(people_.size()));
    const std::size_t delay = samples_of(random_.uniform(0.12, 0.35));
    const float gain = db_to_gain(random_.uniform(-30, -20));
    constexpr std::size_t kTaps[] = {0, 113, 271, 599};
    constexpr float kGains[] = {1.0F, 0.6F, -0.4F, 0.25F};
    Sound sum(samples_);
    for (SpeakerId other = 0; other < people_.size(); ++other) {
      if (other == id) continue;
      for (std::size_t i = 0; i < samples_; ++i) sum[i] += conversation_.tracks[other][i];
    }
    Sound& track = conversation_.tracks[id];
    float dull = 0;
    for (std::size_t i = delay + kTaps[3]; i < samples_; ++i) {
      float back = 0;
      for (std::size_t tap = 0; tap < 4; ++tap) back += kGains[tap] * sum[i - delay - kTaps[tap]];
      dull += 0.5F * (back - dull);
      track[i] += gain * dull;
    }
    conversation_.noises.push_back({id, MediaTime::zero(), conversation_.length, "echo"});
  }

  const Clips& clips_;
  const Plan& plan_;
  const Manner manner_;
  Random random_;
  std::size_t samples_ = 0;
  Conversation conversation_;
  std::vector<Person> people_;
  std::optional<SpeakerId> last_;
  std::optional<SpeakerId> last_but_one_;
};

}  // namespace

std::string_view to_string(Family family) {
  switch (family) {
    case Family::kCalm:
      return "calm";
    case Family::kLively:
      return "lively";
    case Family::kHostile:
      return "hostile";
    case Family::kEdges:
      return "edges";
  }
  return "";
}

Conversation make_conversation(const Clips& clips, const Plan& plan) {
  return Builder(clips, plan).build();
}

std::vector<Plan> plans(Part part) {
  using namespace std::chrono_literals;
  const std::uint64_t seed = part == Part::kTune ? 100 : 700;
  std::vector<Plan> all;
  const auto add = [&](Family family, std::initializer_list<unsigned> sizes) {
    for (const unsigned speakers : sizes) {
      all.push_back({family, seed + all.size(), speakers, 10min});
    }
  };
  add(Family::kCalm, {3, 5, 8, 13});
  add(Family::kLively, {3, 4, 6, 8, 13});
  add(Family::kHostile, {3, 4, 5, 6, 8, 13});
  add(Family::kEdges, {5, 6, 8});
  return all;
}

std::vector<Plan> lessons() {
  using namespace std::chrono_literals;
  std::vector<Plan> all;
  for (std::uint64_t i = 0; i < 48; ++i) {
    const Family family = i % 6 == 4   ? Family::kLively
                          : i % 6 == 5 ? Family::kEdges
                                       : Family::kHostile;
    all.push_back({family, 5000 + i, 3 + static_cast<unsigned>(i % 4), 10min, 2min});
  }
  return all;
}

}  // namespace spacecast::score
