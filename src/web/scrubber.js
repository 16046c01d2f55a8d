// The slider on which a viewer moves through the stream, with a mark for each time that somebody spoke, and the
// same as a list. It shows what `draw` is given and tells `on_seek` where the viewer wants to be.
import { chapterAt, chaptersWithin } from './chapters.js';
import { hueOf } from './roster.js';
import { canRewind, clock, shareOf, shownPosition, spoken, spokenPosition, timeOf } from './timeline.js';

// The list is for finding one's way; after an hour of conversation its older part is on the slider only.
const kListed = 200;

export class Scrubber {
  #parts;
  #on_seek;
  #timeline = null;
  #chapters = [];
  #drawn = '';
  // Where the viewer holds the handle, while it is held.
  #held = NaN;

  // `parts`: the elements {timeline, slider, marks, bubble, position, button, panel, list}.
  constructor(parts, on_seek) {
    this.#parts = parts;
    this.#on_seek = on_seek;
    const { slider, marks, button, panel } = parts;
    slider.addEventListener('input', () => this.#hold());
    slider.addEventListener('change', () => this.#release());
    marks.addEventListener('click', (event) => {
      const chapter = this.#chapters[event.target.closest('[data-chapter]')?.dataset.chapter];
      if (chapter) on_seek(chapter.start);
    });
    button.addEventListener('click', () => {
      panel.hidden = !panel.hidden;
      button.setAttribute('aria-expanded', String(!panel.hidden));
      if (!panel.hidden) panel.scrollIntoView({ block: 'nearest' });
    });
  }

  // `timeline`: see timeline.js, null where there is none; `chapters`: null where they are as before.
  draw(timeline, following, chapters) {
    const { timeline: row, slider, position, panel } = this.#parts;
    this.#timeline = timeline;
    row.hidden = !canRewind(timeline);
    if (row.hidden) {
      panel.hidden = true;
      this.#parts.button.setAttribute('aria-expanded', 'false');
      return;
    }
    if (Number.isNaN(this.#held)) this.#set_slider(following ? 1 : shareOf(timeline, timeline.position));
    slider.setAttribute('aria-valuetext', spokenPosition(timeline, following));
    position.textContent = shownPosition(timeline, following);
    if (chapters) this.#chapters = chaptersWithin(chapters, timeline);
    this.#draw_chapters(chapterAt(this.#chapters, timeline.position));
  }

  #set_slider(share) {
    const { slider } = this.#parts;
    slider.value = share;
    slider.style.setProperty('--share', `${share * 100}%`);
  }

  #place() {
    const { start, end } = this.#timeline;
    return start + this.#parts.slider.valueAsNumber * (end - start);
  }

  #hold() {
    const { slider, bubble } = this.#parts;
    if (!this.#timeline) return;
    this.#held = this.#place();
    const share = slider.valueAsNumber;
    slider.style.setProperty('--share', `${share * 100}%`);
    const time = (this.#timeline.live ? '−' : '') + clock(timeOf(this.#timeline, this.#held));
    const name = chapterAt(this.#chapters, this.#held)?.name;
    bubble.hidden = false;
    bubble.textContent = name ? `${time} · ${name}` : time;
    bubble.style.left = `${share * 100}%`;
  }

  #release() {
    const place = this.#timeline ? this.#place() : NaN;
    this.#held = NaN;
    this.#parts.bubble.hidden = true;
    if (Number.isFinite(place)) this.#on_seek(place);
  }

  #draw_chapters(current) {
    const { marks, list, button } = this.#parts;
    const timeline = this.#timeline;
    button.hidden = this.#chapters.length === 0;
    // Elements are made anew only where somebody else has begun to speak; a live timeline moves under them.
    const drawn = this.#chapters.map(({ date, name }) => `${+date} ${name}`).join('\n');
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      marks.replaceChildren(...this.#chapters.map(mark_of));
      const listed = this.#chapters.map((chapter, index) => [chapter, index]).slice(-kListed);
      list.replaceChildren(...listed.map(([chapter, index]) => item_of(chapter, index, () => this.#on_seek(this.#chapters[index].start))));
    }
    this.#chapters.forEach((chapter, index) => {
      const { style, classList } = marks.children[index];
      const [from, to] = [shareOf(timeline, chapter.start), shareOf(timeline, chapter.end)];
      style.left = `${from * 100}%`;
      style.width = `${(to - from) * 100}%`;
      classList.toggle('is-current', chapter === current);
    });
    for (const item of list.children) {
      const chapter = this.#chapters[item.dataset.chapter];
      const [time, duration] = item.querySelectorAll('time');
      time.textContent = timeline.live ? chapter.date.toLocaleTimeString() : clock(timeOf(timeline, chapter.start));
      duration.textContent = clock(chapter.end - chapter.start);
      duration.setAttribute('aria-label', `for ${spoken(chapter.end - chapter.start)}`);
      item.firstChild.setAttribute('aria-current', String(chapter === current));
    }
  }
}

function mark_of({ name }, index) {
  const mark = document.createElement('span');
  mark.dataset.chapter = index;
  mark.title = name;
  mark.textContent = name;
  mark.style.setProperty('--hue', hueOf(name));
  return mark;
}

function item_of({ name }, index, action) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const who = document.createElement('span');
  item.dataset.chapter = index;
  button.type = 'button';
  who.textContent = name;
  who.className = 'who';
  who.style.setProperty('--hue', hueOf(name));
  button.append(document.createElement('time'), who, document.createElement('time'));
  button.addEventListener('click', action);
  item.append(button);
  return item;
}
