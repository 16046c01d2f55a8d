// The word in the corner of the own picture: how good the connection is.
import { explainLink, gradeLink, readStats } from './link_quality.js';

const kReadMs = 2000;

export class LinkBadge {
  #badge;
  #word;
  #report;
  #poor;

  // What was read last, for those who look closely; null without a connection.
  totals = null;
  grade = null;

  // report(): an RTCStatsReport or null, awaited; poor(): the connection has become so.
  constructor({ badge, word }, report, poor) {
    this.#badge = badge;
    this.#word = word;
    this.#report = report;
    this.#poor = poor;
    setInterval(() => this.#read(), kReadMs);
  }

  async #read() {
    const report = await this.#report();
    const totals = report && readStats(report);
    const before = this.grade;
    this.grade = totals && gradeLink(this.totals, totals);
    this.totals = totals;
    this.#badge.hidden = this.grade === null;
    if (!this.grade) return;
    this.#word.textContent = this.grade.word;
    this.#badge.dataset.bars = this.grade.bars;
    this.#badge.title = explainLink(this.grade);
    if (this.grade.bars === 1 && before?.bars !== 1) this.#poor();
  }
}
