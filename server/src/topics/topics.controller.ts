/**
 * In: what an officer opens or changes. Out: topics and their dossiers. Called by: the web's 热点话题.
 */
import {
  routes,
  type Opinion,
  type Post,
  type RouteAnswer,
  type RouteInput,
  type TopicDetail,
  type TopicRow,
} from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, toInstant } from '../platform/clock.ts';
import { Database, type Row } from '../platform/database/database.ts';
import { disturb } from '../posts/changed-posts.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { windowOf } from '../platform/time-window.ts';
import { PostViews } from '../posts/post-view.ts';
import { SmallCells } from '../posts/small-cells.ts';
import type { Split } from '../rollups/rollup-reader.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { TopicDetector } from './detect.ts';
import { heatAt } from './heat.ts';
import { mergeTopics } from './merge.ts';
import { TopicRowsReader } from './topic-rows.ts';

const HOUR = 3_600_000;
const MOST_BUCKETS = 400;

@Controller()
export class TopicsController {
  constructor(
    private readonly db: Database,
    private readonly rows: TopicRowsReader,
    private readonly views: PostViews,
    private readonly coverage: CoveragePort,
    private readonly detector: TopicDetector,
    private readonly clock: Clock,
    private readonly engine: SearchEngine,
    private readonly cells: SmallCells,
  ) {}

  @Endpoint(routes.topics.list)
  async list(
    @Input() { query }: RouteInput<typeof routes.topics.list>,
  ): Promise<RouteAnswer<typeof routes.topics.list>> {
    const window = windowOf(query, this.clock.now(), '3d');
    const { stage, sort, q, muted, limit } = query;
    return {
      items: await this.rows.list({ ...window, stage, sort, q, muted, limit }),
      coverage: await this.coverage.of(window),
    };
  }

  @Endpoint(routes.topics.detail)
  async detail(@Input() { params }: RouteInput<typeof routes.topics.detail>): Promise<TopicDetail> {
    const found = await this.rows.one(Number(params.id));
    if (found === undefined) throw notFound('个话题');
    const { row, raw } = found;
    const id = Number(row.id);
    const hours = await this.db.all('SELECT * FROM topic_hours WHERE topic_id = ? ORDER BY hour', [id]);
    const last = Number(raw['last_seen']);
    const now = this.clock.now();
    const asOf = now - last > 72 * HOUR ? Number(raw['peak_at']) : now;
    const heat = heatAt(
      {
        posts: row.posts,
        opinions: row.opinions,
        engagement: Number(raw['engagement']),
        slow: Number(raw['slow']),
        slowAt: Number(raw['slow_at']),
        hours: hours.map((h) => ({
          hour: Number(h['hour']),
          posts: Number(h['posts']),
          negative: Number(h['negative']),
          decided: Number(h['positive']) + Number(h['neutral']) + Number(h['negative']),
        })),
      },
      asOf,
    );
    const opinions = await this.opinions(id, row.posts);
    const official = await this.db.all<{ id: number }>(
      `SELECT id FROM posts WHERE topic_id = ? AND account_id IS NOT NULL AND state <> 'deleted' ORDER BY id DESC LIMIT 10`,
      [id],
    );
    const officialPosts = await this.views.load(official.map((r) => Number(r.id)));
    const events = await this.db.all('SELECT * FROM topic_events WHERE topic_id = ? ORDER BY at LIMIT 50', [id]);
    const busiest = hours.reduce<(typeof hours)[number] | null>(
      (a, h) => (a === null || Number(h['posts']) > Number(a['posts']) ? h : a),
      null,
    );
    const channels = await this.db.all<{ platform: string; kind: string; posts: number }>(
      'SELECT platform, kind, count(*) AS posts FROM posts WHERE topic_id = ? GROUP BY platform, kind ORDER BY posts DESC',
      [id],
    );
    return {
      topic: row,
      summary: summaryOf(
        row,
        busiest === null ? null : { at: Number(busiest['hour']), posts: Number(busiest['posts']) },
        opinions[0],
      ),
      curve: await this.curve(id, hours),
      marks: [
        ...events.map((e) => ({
          // Written when the topic began; an older post may have been read since.
          at: e['kind'] === 'first-seen' ? row.firstSeenAt : toInstant(Number(e['at'])),
          kind: String(e['kind']) as 'merged',
          text: String(e['text']),
          postId: e['post_id'] === null ? null : String(e['post_id']),
        })),
        ...(busiest === null
          ? []
          : [
              {
                at: toInstant(Number(busiest['hour'])),
                kind: 'peak' as const,
                text: `最多的一小时：${String(busiest['posts'])} 条`,
                postId: null,
              },
            ]),
        ...officialPosts
          .filter((p) => p.kind === 'post')
          .map((p) => ({
            at: p.publishedAt,
            kind: 'official' as const,
            text: `${p.accountName ?? '官方'}：${(p.title ?? p.text).slice(0, 30)}`,
            postId: p.id,
          })),
      ].sort((a, b) => a.at.localeCompare(b.at)),
      opinions,
      officialPosts,
      channels: channels.map((c) => ({ ...c, posts: Number(c.posts) })),
      heatParts: heat.parts,
      related: await this.related(row),
      coverage: await this.coverage.of({
        from: Number(raw['first_seen']),
        to: Math.max(last + 1000, Number(raw['first_seen']) + HOUR),
      }),
    };
  }

  private async curve(id: number, hours: readonly Row[]): Promise<TopicDetail['curve']> {
    const { width, buckets } = curveOf(hours);
    return Promise.all(
      buckets.map(async ({ at, split, ...counts }) => ({
        at: toInstant(at),
        ...counts,
        sentiment: await this.cells.shown(split, { from: at, to: at + width, topicId: id }),
      })),
    );
  }

  /** Distinct texts, the most copied and most liked first; a text that 300 people copied is one opinion said 300 times. */
  private async opinions(id: number, total: number): Promise<Opinion[]> {
    const best = await this.db.all<{ id: number; copies: number }>(
      `SELECT id, copies FROM posts WHERE topic_id = ? AND account_id IS NULL AND copy_of IS NULL AND state <> 'deleted' AND length(text) >= 6
       ORDER BY copies DESC, likes DESC, claim_score DESC, id DESC LIMIT 12`,
      [id],
    );
    const posts = await this.views.load(best.map((r) => Number(r.id)));
    return posts.map((post) => {
      const copies = Number(best.find((b) => String(b.id) === post.id)?.copies ?? 1);
      return { post: { ...post, copies }, copies, share: total === 0 ? 0 : Math.min(1, copies / total) };
    });
  }

  private async related(row: TopicRow): Promise<TopicDetail['related']> {
    const others = await this.rows.list({
      from: Date.parse(row.firstSeenAt) - 48 * HOUR,
      to: Date.parse(row.lastSeenAt) + 48 * HOUR,
      sort: 'heat',
      muted: 'hide',
      limit: 60,
    });
    const mine = new Set(row.keywords);
    return others
      .filter((o) => o.id !== row.id && o.keywords.filter((k) => mine.has(k)).length >= 2)
      .slice(0, 5)
      .map(({ id, title, heat }) => ({ id, title, heat }));
  }

  @Endpoint(routes.topics.posts)
  async posts(
    @Input() { params, query }: RouteInput<typeof routes.topics.posts>,
  ): Promise<{ items: Post[]; nextCursor: string | null }> {
    const ids = await this.db.all<{ id: number }>(
      'SELECT id FROM posts WHERE topic_id = ? AND id < ? ORDER BY id DESC LIMIT ?',
      [Number(params.id), Number(query.cursor ?? Number.MAX_SAFE_INTEGER), query.limit + 1],
    );
    const page = ids.slice(0, query.limit).map((r) => Number(r.id));
    return { items: await this.views.load(page), nextCursor: ids.length > query.limit ? String(page.at(-1)) : null };
  }

  @Endpoint(routes.topics.update)
  async update(@Input() { params, body }: RouteInput<typeof routes.topics.update>): Promise<TopicRow> {
    const id = Number(params.id);
    await this.db.write(async (tx) => {
      if (body.title !== undefined)
        await tx.run(`UPDATE topics SET title = ?, title_by = 'person' WHERE id = ?`, [body.title, id]);
      if (body.muted !== undefined) await tx.run('UPDATE topics SET muted = ? WHERE id = ?', [Number(body.muted), id]);
    });
    return this.row(id);
  }

  @Endpoint(routes.topics.merge)
  async merge(
    @Input() { params, body }: RouteInput<typeof routes.topics.merge>,
    @CallerParam() caller: Caller,
  ): Promise<TopicRow> {
    const from = await this.row(Number(params.id));
    const into = await this.row(Number(body.into));
    if (from.id === into.id) throw conflict('不能把话题并入它自己，没有改动。', '请选择另一个话题。');
    const [a, b] = [Number(from.id), Number(into.id)];
    await this.db.write(async (tx) => {
      await mergeTopics(tx, this.engine, {
        from: a,
        into: b,
        at: this.clock.now(),
        text: `${caller.displayName}并入“${from.title}”（${from.posts} 条）`,
      });
      await disturb(tx, 'topics');
    });
    this.detector.forget();
    return this.row(b);
  }

  private async row(id: number): Promise<TopicRow> {
    const found = await this.rows.one(id);
    if (found === undefined) throw notFound('个话题');
    return found.row;
  }
}

function summaryOf(row: TopicRow, busiest: { at: number; posts: number } | null, first: Opinion | undefined): string {
  const { positive, neutral, negative } = row.sentiment;
  const decided = positive + neutral + negative;
  const clock = (instant: string) =>
    `${Number(instant.slice(5, 7))} 月 ${Number(instant.slice(8, 10))} 日 ${instant.slice(11, 16)}`;
  return [
    `自 ${clock(row.firstSeenAt)} 起共 ${row.posts} 条、${row.opinions} 种说法，最近一条在 ${clock(row.lastSeenAt)}。`,
    busiest === null ? '' : `讨论最多的一小时是 ${clock(toInstant(busiest.at))}，${busiest.posts} 条。`,
    row.sentiment.withheld > 0
      ? '发言者不足 10 人，不作情感统计。'
      : decided >= 10
        ? `可判断情感的 ${decided} 条中，负面占 ${Math.round((100 * negative) / decided)}%（n=${decided}）。`
        : '可判断情感的不足 10 条，不作比例。',
    first !== undefined && first.copies > 1 ? `被转述最多的一种说法出现 ${first.copies} 次。` : '',
    row.officialAnswer ? `官方账号已于 ${clock(row.officialAnswerAt ?? row.firstSeenAt)} 发声。` : '尚无官方账号发声。',
  ].join('');
}

interface CurveBucket {
  at: number;
  total: number;
  official: number;
  split: Split;
}

/** Hourly, or wider where the topic lived for more than 400 hours. */
function curveOf(hours: readonly Row[]): { width: number; buckets: CurveBucket[] } {
  const first = Number(hours[0]?.['hour'] ?? 0);
  const last = Number(hours.at(-1)?.['hour'] ?? 0);
  const width = Math.max(1, Math.ceil((last - first) / HOUR / MOST_BUCKETS)) * HOUR;
  const buckets = new Map<number, CurveBucket>();
  for (let at = first; hours.length > 0 && at <= last; at += width) {
    buckets.set(at, { at, total: 0, official: 0, split: { positive: 0, neutral: 0, negative: 0, uncertain: 0 } });
  }
  for (const h of hours) {
    const bucket = buckets.get(first + Math.floor((Number(h['hour']) - first) / width) * width);
    if (bucket === undefined) continue;
    bucket.total += Number(h['posts']);
    bucket.official += Number(h['official']);
    bucket.split.positive += Number(h['positive']);
    bucket.split.neutral += Number(h['neutral']);
    bucket.split.negative += Number(h['negative']);
    bucket.split.uncertain += Number(h['uncertain']);
  }
  return { width, buckets: [...buckets.values()] };
}
