/**
 * In: the newest posts. Out: words that the dictionary does not know, proposed to the administrator. Called by: the steps' upkeep once a day; the
 * dictionary page.
 */
import type { WordSuggestion } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Enricher } from '../enrich/enricher.ts';
import { findNewWords } from '../enrich/new-words.ts';
import { Clock, toInstant } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';

const DAY = 86_400_000;
/** Different texts read at a time, newest first: a few seconds of work. */
const SAMPLE = 20_000;
/** Fewer texts know no habits. */
const FEWEST = 1000;
const WINDOW_MS = 30 * DAY;

@Injectable()
export class WordSuggestions {
  private searching = false;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly enricher: Enricher,
  ) {}

  /** Once a day. Nothing is kept between two searches but their results, so a search that was cut off is simply made again. */
  async tick(): Promise<void> {
    if (this.searching) return;
    const now = this.clock.now();
    const [last] = await this.db.all<{ at: number | null }>('SELECT max(found_at) AS at FROM word_suggestions');
    if (now - Number(last?.at ?? 0) < DAY) return;
    this.searching = true;
    try {
      await this.search(now);
    } finally {
      this.searching = false;
    }
  }

  /** @returns how many words were found; the administrator's earlier decisions stay. */
  async search(now: number): Promise<number> {
    const rows = await this.db.all<{ title: string | null; text: string }>(
      `SELECT title, text FROM posts WHERE copy_of IS NULL AND published_at >= ? AND published_at <= ? AND state <> 'deleted' ORDER BY id DESC LIMIT ?`,
      [now - WINDOW_MS, now, SAMPLE],
    );
    if (rows.length < FEWEST) return 0;
    const texts = rows.map(({ title, text }) => (title === null ? text : `${title}\n${text}`));
    const words = await findNewWords(texts, this.enricher.segmenter);
    await this.db.write(async (tx) => {
      // The sentinel tells when the last search was, also when it found nothing.
      for (const { word, texts: count, kind } of [...words, { word: '', texts: 0, kind: 'term' as const }])
        await tx.run(
          `INSERT INTO word_suggestions (word, kind, posts, found_at, decision) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (word) DO UPDATE SET posts = excluded.posts, found_at = excluded.found_at`,
          [word, kind === 'term' ? 'word' : kind, count, now, word === '' ? 'ignored' : 'open'],
        );
    });
    return words.length;
  }

  async open(limit: number): Promise<WordSuggestion[]> {
    const rows = await this.db.all<{ word: string; kind: WordSuggestion['kind']; posts: number; found_at: number }>(
      `SELECT word, kind, posts, found_at FROM word_suggestions WHERE decision = 'open'
         AND word NOT IN (SELECT word FROM dictionary) ORDER BY posts DESC, word LIMIT ?`,
      [limit],
    );
    return rows.map((row) => ({
      word: row.word,
      kind: row.kind,
      posts: Number(row.posts),
      foundAt: toInstant(Number(row.found_at)),
    }));
  }

  async decide(word: string, decision: 'adopted' | 'ignored'): Promise<void> {
    await this.db.write((tx) => tx.run('UPDATE word_suggestions SET decision = ? WHERE word = ?', [decision, word]));
  }
}
