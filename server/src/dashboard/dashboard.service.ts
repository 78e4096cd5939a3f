/**
 * In: a window. Out: the charts, from counters alone: volume, channels, words. Called by: dashboard.controller.ts, overview.service.ts.
 */
import type { Channels, TimeWindow, VolumeSeries, Words } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, dayOf, startOfDay, toInstant } from '../platform/clock.ts';
import { DAY, HOUR, windowOf, type Window } from '../platform/time-window.ts';
import { SourceNames } from '../posts/post-view.ts';
import { SmallCells } from '../posts/small-cells.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { grainOf, RollupReader, type Bucket } from '../rollups/rollup-reader.ts';
import { platformLabel } from '../search/labels.ts';
import { OfficialMarks } from './ports.ts';

/** Words of the cloud. */
const WORDS = 60;
/** Hourly word counts exist for the last days only; longer or older windows are read by the day. */
const HOURLY_WORDS_WINDOW = 3 * DAY;

@Injectable()
export class DashboardService {
  constructor(
    private readonly rollups: RollupReader,
    private readonly coverage: CoveragePort,
    private readonly names: SourceNames,
    private readonly cells: SmallCells,
    private readonly marks: OfficialMarks,
    private readonly clock: Clock,
  ) {}

  /**
   * The window that the counters can answer: a preset begins with its first whole hour (or day), so that the page's figures,
   * charts and coverage all count the same posts.
   */
  window(given: TimeWindow): Window {
    const window = windowOf(given, this.clock.now());
    if (window.from === 0 || given.from !== undefined || given.to !== undefined) return window;
    const { from, seconds } = grainOf(window);
    const begun = from < window.from && given.range !== '1h';
    return { from: begun ? from + seconds * 1000 : from, to: window.to };
  }

  async volume(window: Window): Promise<VolumeSeries> {
    const { seconds, from } = grainOf(window);
    const [buckets, marks, coverage] = await Promise.all([
      this.rollups.series(window),
      this.marks.between(window),
      this.coverage.of(window),
    ]);
    const first = window.from === 0 ? (buckets[0]?.at ?? window.to) : from;
    return {
      bucketSeconds: seconds,
      buckets: await Promise.all(
        filled(buckets, first, window.to, seconds * 1000).map(async ({ at, official, ...split }) => ({
          at: toInstant(at),
          ...(await this.cells.shown(split, { from: at, to: at + seconds * 1000 })),
          official,
        })),
      ),
      marks: marks.map((m) => ({ at: toInstant(m.at), text: m.text, href: m.href })),
      coverage,
    };
  }

  async channels(window: Window): Promise<Channels> {
    const [counts, accounts, coverage] = await Promise.all([
      this.rollups.channels(window),
      this.names.accounts(),
      this.coverage.of(window),
    ]);
    return {
      items: counts.map((c) => ({
        platform: c.platform,
        accountId: c.accountId === 0 ? null : String(c.accountId),
        name:
          c.accountId === 0
            ? `${platformLabel(c.platform)}群众`
            : (accounts.get(c.accountId) ?? `账号 ${String(c.accountId)}`),
        official: c.official,
        public: c.public,
      })),
      coverage,
    };
  }

  /** The change is against the mean of the seven days before, scaled to the window's length; null for a word that was not there. */
  async words(window: Window): Promise<Words> {
    const now = this.clock.now();
    const hourly = window.to - window.from <= HOURLY_WORDS_WINDOW && window.from >= now - HOURLY_WORDS_WINDOW - HOUR;
    const [counts, coverage] = await Promise.all([this.rollups.words(window, hourly, WORDS), this.coverage.of(window)]);
    const baselineEnd = startOfDay(dayOf(window.from));
    const baseline = await this.rollups.wordTotals(
      { from: Math.max(0, baselineEnd - 7 * DAY), to: baselineEnd },
      window.from === 0 ? [] : counts.map((c) => c.word),
    );
    const days = (window.to - window.from) / DAY;
    return {
      items: counts.map(({ word, posts }) => {
        const usual = ((baseline.get(word) ?? 0) / 7) * days;
        return { word, posts, change: usual <= 0 ? null : round((posts - usual) / usual) };
      }),
      coverage,
    };
  }
}

/** Buckets without posts are zeros: whether nothing was said or nothing was collected is for coverage to say. */
function filled(buckets: readonly Bucket[], from: number, to: number, step: number): Bucket[] {
  const known = new Map(buckets.map((b) => [b.at, b]));
  const all: Bucket[] = [];
  for (let at = from; at < to; at += step) {
    all.push(known.get(at) ?? { at, positive: 0, neutral: 0, negative: 0, uncertain: 0, official: 0 });
  }
  return all;
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}
