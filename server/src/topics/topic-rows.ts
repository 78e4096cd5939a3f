/**
 * In: the topics' tables. Out: topics as lists and pages show them; cost depends on topics and hours, not on posts. Called by: topics.controller,
 * overview, briefings.
 */
import type { TopicRow, TopicStage } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Row } from '../platform/database/database.ts';
import { SmallCells } from '../posts/small-cells.ts';

const HOUR = 3_600_000;
/** Later than any post. */
const ALWAYS = Date.parse('2100-01-01T00:00:00+08:00');
/** Fewer posts are not yet a topic people talk of. */
const LISTED_FROM = 3;

export interface TopicFilter {
  from: number;
  to: number;
  stage?: TopicStage | undefined;
  sort: 'heat' | 'growth' | 'recent';
  q?: string | undefined;
  muted: 'hide' | 'show' | 'only';
  limit: number;
}

@Injectable()
export class TopicRowsReader {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly cells: SmallCells,
  ) {}

  async list(filter: TopicFilter): Promise<TopicRow[]> {
    const where = ['merged_into IS NULL', `posts >= ${LISTED_FROM}`, 'last_seen >= ?', 'first_seen < ?'];
    const params: (string | number)[] = [filter.from, filter.to];
    if (filter.stage !== undefined) {
      where.push('stage = ?');
      params.push(filter.stage);
    }
    if (filter.q !== undefined && filter.q !== '') {
      where.push('title LIKE ?');
      params.push(`%${filter.q}%`);
    }
    if (filter.muted !== 'show') {
      where.push('muted = ?');
      params.push(filter.muted === 'only' ? 1 : 0);
    }
    const order = {
      heat: 'heat DESC, peak_heat DESC, posts DESC',
      growth: 'heat - heat_day_ago DESC, heat DESC',
      recent: 'last_seen DESC',
    }[filter.sort];
    const rows = await this.db.all(`SELECT * FROM topics WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`, [
      ...params,
      filter.limit,
    ]);
    return this.views(rows, filter.to);
  }

  async hottest(limit: number): Promise<TopicRow[]> {
    const now = this.clock.now();
    return this.list({ from: now - 3 * 24 * HOUR, to: now + HOUR, sort: 'heat', muted: 'hide', limit });
  }

  /** @throws nothing; undefined when there is no such topic. A merged topic answers with the one it went into. */
  async one(id: number): Promise<{ row: TopicRow; raw: Row } | undefined> {
    const raw = await this.db.one('SELECT * FROM topics WHERE id = ?', [id]);
    if (raw === undefined) return undefined;
    if (raw['merged_into'] !== null) return this.one(Number(raw['merged_into']));
    const [row] = await this.views([raw], this.clock.now());
    return row === undefined ? undefined : { row, raw };
  }

  private async views(rows: readonly Row[], asOf: number): Promise<TopicRow[]> {
    if (rows.length === 0) return [];
    const ids = rows.map((r) => Number(r['id']));
    const marks = ids.map(() => '?').join(',');
    // A window in the past shows the 24 hours before its end; a topic that ended earlier shows its own last day.
    const ends = new Map(
      rows.map((r) => [
        Number(r['id']),
        Math.min(
          hourOf(asOf),
          asOf > this.clock.now() - HOUR && Number(r['last_seen']) > asOf - 24 * HOUR
            ? hourOf(asOf)
            : hourOf(Number(r['last_seen'])),
        ),
      ]),
    );
    const hours = await this.db.all(`SELECT * FROM topic_hours WHERE topic_id IN (${marks}) ORDER BY hour`, ids);
    const claims = await this.db.all<{ id: number; topic_id: number }>(
      `SELECT id, topic_id FROM claims WHERE listed = 1 AND topic_id IN (${marks})`,
      ids,
    );
    return Promise.all(
      rows.map(async (r) => {
        const id = Number(r['id']);
        const end = ends.get(id) ?? 0;
        const spark = new Array<number>(24).fill(0);
        const sentiment = { positive: 0, neutral: 0, negative: 0, uncertain: 0 };
        let posts24h = 0;
        for (const h of hours) {
          if (Number(h['topic_id']) !== id) continue;
          sentiment.positive += Number(h['positive']);
          sentiment.neutral += Number(h['neutral']);
          sentiment.negative += Number(h['negative']);
          sentiment.uncertain += Number(h['uncertain']);
          const slot = 23 - Math.round((end - Number(h['hour'])) / HOUR);
          if (slot >= 0 && slot < 24) {
            spark[slot] = Number(h['posts']);
            posts24h += Number(h['posts']);
          }
        }
        const features = Object.keys(JSON.parse(String(r['features'])) as Record<string, number>);
        const named = JSON.parse(String(r['places'])) as Record<string, number>;
        const heat = Number(r['heat']);
        return {
          id: String(id),
          title: String(r['title']),
          heat:
            heat > 0 ? heat : Number(r['last_seen']) < this.clock.now() - 3 * 24 * HOUR ? Number(r['peak_heat']) : heat,
          heatDelta: heat > 0 ? Math.round((heat - Number(r['heat_day_ago'])) * 10) / 10 : 0,
          stage: String(r['stage']) as TopicStage,
          posts: Number(r['posts']),
          posts24h,
          opinions: Number(r['opinions']),
          firstSeenAt: toInstant(Number(r['first_seen'])),
          lastSeenAt: toInstant(Number(r['last_seen'])),
          spark,
          sentiment: await this.cells.shown(sentiment, { from: 0, to: ALWAYS, topicId: id }),
          keywords: features.filter((f) => !/^[#@]/u.test(f)).slice(0, 8),
          places: placesOf(features, named),
          officialAnswer: r['official_at'] !== null,
          officialAnswerAt: toInstantOrNull(r['official_at'] === null ? null : Number(r['official_at'])),
          claimIds: claims.filter((c) => Number(c.topic_id) === id).map((c) => String(c.id)),
          muted: Number(r['muted']) === 1,
        };
      }),
    );
  }
}

/** Where it is about: the narrow places its posts name most, else the widest ones. */
function placesOf(features: readonly string[], named: Readonly<Record<string, number>>): string[] {
  const narrow = Object.entries(named).sort((a, b) => b[1] - a[1]);
  const most = narrow[0]?.[1] ?? 0;
  const often = narrow.filter(([, times]) => times * 3 >= most).map(([place]) => place);
  const wide = features.filter((f) => f.startsWith('@')).map((f) => f.slice(1));
  return [...new Set([...often, ...wide])].slice(0, 3);
}
