/**
 * In: the log of post changes. Out: topics: posts assigned, counted by the hour, copies grouped, heat and stage kept. One pass, resumable:
 * the position in the log is kept in the transaction that does the work. Called by: the scheduler (Steps), `ingest` afterwards.
 *
 * How a post finds its topic. An official post joins the topic it shares enough weighted features with (hashtags, places, keywords; rare ones
 * weigh more), or begins one. A comment stays with the post it answers unless it clearly speaks of another topic. A text that many people copy
 * begins a topic of its own when it has none that fits.
 */
import { Injectable } from '@nestjs/common';
import { Clock, hourOf } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { Live } from '../platform/live/live.ts';
import { ChangeReader, type ChangedPost } from '../posts/changed-posts.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { Alerts } from '../alerts/alerts.ts';
import { heatAt, stageAt, type HourCount } from './heat.ts';
import { titleOf } from './topic-title.ts';

const CONSUMER = 'topics';
const STEP = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEIGHT = { tag: 3, place: 2, word: 1 };
const FEATURES_KEPT = 60;
/** Cosine from which an official post belongs to a topic. */
const JOIN = 0.34;
/** A comment leaves the topic of the post it answers for another that fits this much better. */
const LEAVE = 0.3;
const LEAVE_MARGIN = 0.12;
/** A text copied this often begins a topic of its own. */
const COPIES_FOR_TOPIC = 8;
/** Topics silent for longer are no longer joined. */
const ALIVE_MS = 4 * DAY;
const SURGE_POSTS = 40;

interface TopicState {
  id: number;
  title: string;
  titleRank: number;
  features: Map<string, number>;
  norm: number;
  posts: number;
  opinions: number;
  firstSeen: number;
  lastSeen: number;
  engagement: number;
  officialAt: number | null;
  peakHeat: number;
  peakAt: number;
  hours: Map<
    number,
    HourCount & { positive: number; neutral: number; uncertain: number; official: number; dirty: boolean }
  >;
}

@Injectable()
export class TopicDetector {
  readonly name = 'topics';
  private readonly topics = new Map<number, TopicState>();
  private readonly byFeature = new Map<string, Set<number>>();
  private readonly frequency = new Map<string, number>();
  private seen = 0;
  private loaded = false;
  private readonly log: ChangeReader;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly engine: SearchEngine,
    private readonly alerts: Alerts,
  ) {
    this.log = new ChangeReader(db, CONSUMER);
  }

  async step(): Promise<number> {
    const { changes, stale } = await this.log.next(STEP);
    if (stale || !this.loaded) await this.load();
    const last = changes.at(-1);
    if (last === undefined) return 0;
    const touched = new Set<TopicState>();
    try {
      const committed = await this.log.commit(last.seq, async (tx) => {
        const assigned = new Map<number, number>();
        for (const post of changes) {
          if (post.change !== 'stored') continue;
          const copies = await this.copies(tx, post);
          const topic = await this.topicOf(tx, post, assigned, copies);
          if (topic === null) continue;
          assigned.set(post.id, topic.id);
          this.count(topic, post, copies === 1);
          touched.add(topic);
        }
        await this.assign(tx, assigned);
        for (const topic of touched) await this.save(tx, topic);
      });
      if (!committed) this.forget();
    } catch (error) {
      this.forget();
      throw error;
    }
    if (touched.size > 0) this.live.tell({ type: 'topics' });
    return changes.length;
  }

  /** How many copies of this text there are now, this one included. */
  private async copies(tx: Tx, post: ChangedPost): Promise<number> {
    if (post.copyKey === null || post.text.length < 8) return 1;
    const [group] = await tx.all<{ first_id: number }>('SELECT first_id FROM copy_groups WHERE copy_key = ?', [
      post.copyKey,
    ]);
    if (group === undefined) {
      await tx.run('INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)', [post.copyKey, post.id]);
      return 1;
    }
    const first = Number(group.first_id);
    if (first === post.id) return 1;
    await tx.run('UPDATE posts SET copy_of = ? WHERE id = ?', [first, post.id]);
    await tx.run('UPDATE posts SET copies = copies + 1 WHERE id = ?', [first]);
    const [row] = await tx.all<{ copies: number }>('SELECT copies FROM posts WHERE id = ?', [first]);
    return Number(row?.copies ?? 2);
  }

  private features(post: ChangedPost): Map<string, number> {
    const found = new Map<string, number>();
    const add = (name: string, weight: number) => found.set(name, Math.max(found.get(name) ?? 0, weight));
    for (const tag of post.hashtags) add(`#${tag}`, WEIGHT.tag);
    for (const place of post.places) add(place, WEIGHT.place);
    for (const word of post.keywords) add(word, WEIGHT.word);
    this.seen++;
    for (const name of found.keys()) this.frequency.set(name, (this.frequency.get(name) ?? 0) + 1);
    for (const [name, weight] of found)
      found.set(name, weight * Math.log(1 + this.seen / (1 + (this.frequency.get(name) ?? 0))));
    return found;
  }

  /** Cosine of a post's features and a topic's. */
  private similarity(features: ReadonlyMap<string, number>, topic: TopicState): number {
    let dot = 0;
    let norm = 0;
    for (const [name, weight] of features) {
      dot += weight * (topic.features.get(name) ?? 0);
      norm += weight * weight;
    }
    return norm === 0 || topic.norm === 0 ? 0 : dot / Math.sqrt(norm * topic.norm);
  }

  private best(features: ReadonlyMap<string, number>, at: number): { topic: TopicState; score: number } | null {
    const candidates = new Set<number>();
    for (const name of features.keys()) {
      const ids = this.byFeature.get(name);
      if (ids !== undefined && ids.size <= 200) for (const id of ids) candidates.add(id);
    }
    let best: { topic: TopicState; score: number } | null = null;
    for (const id of candidates) {
      const topic = this.topics.get(id);
      if (topic === undefined || Math.abs(at - topic.lastSeen) > ALIVE_MS) continue;
      const score = this.similarity(features, topic);
      if (score > (best?.score ?? 0)) best = { topic, score };
    }
    return best;
  }

  private async topicOf(
    tx: Tx,
    post: ChangedPost,
    assigned: ReadonlyMap<number, number>,
    copies: number,
  ): Promise<TopicState | null> {
    const features = this.features(post);
    const parentTopic = this.topics.get(
      (post.parentId === null ? undefined : assigned.get(post.parentId)) ?? post.parentTopicId ?? -1,
    );
    const best = this.best(features, post.at);
    if (post.kind === 'post') {
      if (best !== null && best.score >= JOIN) return this.learn(best.topic, features, 1);
      return features.size === 0 ? null : this.begin(tx, post, features);
    }
    const own = parentTopic === undefined ? 0 : this.similarity(features, parentTopic);
    const strong =
      features.size >= 2 && (post.places.length > 0 || post.hashtags.length > 0 || post.kind === 'message');
    if (best !== null && strong && best.score >= LEAVE && best.score > own + LEAVE_MARGIN)
      return this.learn(best.topic, features, 0.2);
    if (copies >= COPIES_FOR_TOPIC && post.text.length >= 15 && own < LEAVE && features.size >= 2) {
      return best !== null && best.score >= LEAVE ? best.topic : this.begin(tx, post, features);
    }
    if (parentTopic !== undefined) return own > 0 ? this.learn(parentTopic, features, 0.05) : parentTopic;
    if (post.kind === 'message' && features.size >= 2)
      return best !== null && best.score >= JOIN
        ? this.learn(best.topic, features, 0.3)
        : this.begin(tx, post, features);
    return null;
  }

  private async begin(tx: Tx, post: ChangedPost, features: ReadonlyMap<string, number>): Promise<TopicState> {
    const { title, rank } = titleOf(post);
    const [row] = await tx.all<{ id: number }>(
      `INSERT INTO topics (title, title_by, features, first_seen, last_seen, stage) VALUES (?, ?, '{}', ?, ?, 'sprouting') RETURNING id`,
      [title, String(rank), post.at, post.at],
    );
    const topic: TopicState = {
      id: Number(row?.id),
      title,
      titleRank: rank,
      features: new Map(),
      norm: 0,
      posts: 0,
      opinions: 0,
      firstSeen: post.at,
      lastSeen: post.at,
      engagement: 0,
      officialAt: null,
      peakHeat: 0,
      peakAt: 0,
      hours: new Map(),
    };
    this.topics.set(topic.id, topic);
    await tx.run(
      `INSERT INTO topic_events (topic_id, at, kind, text, post_id) VALUES (?, ?, 'first-seen', '首次出现', ?)`,
      [topic.id, post.at, post.id],
    );
    return this.learn(topic, features, 1);
  }

  private learn(topic: TopicState, features: ReadonlyMap<string, number>, rate: number): TopicState {
    for (const [name, weight] of features) {
      topic.features.set(name, (topic.features.get(name) ?? 0) + rate * weight);
      let ids = this.byFeature.get(name);
      if (ids === undefined) this.byFeature.set(name, (ids = new Set()));
      ids.add(topic.id);
    }
    if (topic.features.size > 2 * FEATURES_KEPT) {
      const kept = [...topic.features].sort((a, b) => b[1] - a[1]).slice(0, FEATURES_KEPT);
      for (const name of topic.features.keys()) this.byFeature.get(name)?.delete(topic.id);
      topic.features = new Map(kept);
      for (const [name] of kept) this.byFeature.get(name)?.add(topic.id);
    }
    topic.norm = 0;
    for (const weight of topic.features.values()) topic.norm += weight * weight;
    return topic;
  }

  private count(topic: TopicState, post: ChangedPost, firstOfItsText: boolean): void {
    const hour = hourOf(post.at);
    let bucket = topic.hours.get(hour);
    if (bucket === undefined)
      topic.hours.set(
        hour,
        (bucket = {
          hour,
          posts: 0,
          positive: 0,
          neutral: 0,
          negative: 0,
          uncertain: 0,
          decided: 0,
          official: 0,
          dirty: true,
        }),
      );
    bucket.dirty = true;
    bucket.posts++;
    topic.posts++;
    if (firstOfItsText) topic.opinions++;
    topic.firstSeen = Math.min(topic.firstSeen, post.at);
    topic.lastSeen = Math.max(topic.lastSeen, post.at);
    topic.engagement += post.engagement;
    if (post.official) {
      bucket.official++;
      if (topic.officialAt === null || post.at < topic.officialAt) topic.officialAt = post.at;
      const { title, rank } = titleOf(post);
      if (rank > topic.titleRank) [topic.title, topic.titleRank] = [title, rank];
      return;
    }
    if (post.sentiment === 1) bucket.positive++;
    else if (post.sentiment === 0) bucket.neutral++;
    else if (post.sentiment === -1) bucket.negative++;
    else bucket.uncertain++;
    if (post.sentiment !== 9) bucket.decided++;
  }

  private async assign(tx: Tx, assigned: ReadonlyMap<number, number>): Promise<void> {
    const byTopic = new Map<number, number[]>();
    for (const [postId, topicId] of assigned) {
      await tx.run('UPDATE posts SET topic_id = ? WHERE id = ?', [topicId, postId]);
      const ids = byTopic.get(topicId);
      if (ids === undefined) byTopic.set(topicId, [postId]);
      else ids.push(postId);
    }
    for (const [topicId, ids] of byTopic) await this.engine.retopic(tx, ids, topicId);
  }

  private async save(tx: Tx, topic: TopicState): Promise<void> {
    for (const b of topic.hours.values()) {
      if (!b.dirty) continue;
      b.dirty = false;
      await tx.run(
        `INSERT INTO topic_hours (topic_id, hour, posts, positive, neutral, negative, uncertain, official) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (topic_id, hour) DO UPDATE SET posts = excluded.posts, positive = excluded.positive, neutral = excluded.neutral,
           negative = excluded.negative, uncertain = excluded.uncertain, official = excluded.official`,
        [topic.id, b.hour, b.posts, b.positive, b.neutral, b.negative, b.uncertain, b.official],
      );
    }
    const { heat } = heatAt({ ...topic, hours: [...topic.hours.values()] }, topic.lastSeen);
    if (heat > topic.peakHeat) [topic.peakHeat, topic.peakAt] = [heat, topic.lastSeen];
    const features = Object.fromEntries([...topic.features].sort((a, b) => b[1] - a[1]).slice(0, FEATURES_KEPT));
    await tx.run(
      `UPDATE topics SET title = CASE WHEN title_by = 'person' THEN title ELSE ? END, title_by = CASE WHEN title_by = 'person' THEN title_by ELSE ? END,
         features = ?, posts = ?, opinions = ?, first_seen = ?, last_seen = ?, engagement = ?, official_at = ?, peak_heat = ?, peak_at = ? WHERE id = ?`,
      [
        topic.title,
        String(topic.titleRank),
        JSON.stringify(features),
        topic.posts,
        topic.opinions,
        topic.firstSeen,
        topic.lastSeen,
        topic.engagement,
        topic.officialAt,
        topic.peakHeat,
        topic.peakAt,
        topic.id,
      ],
    );
  }

  /** Heat and stage move with time even when nothing arrives. */
  async refresh(): Promise<void> {
    if (!this.loaded) await this.load();
    const now = this.clock.now();
    const active = [...this.topics.values()].filter((t) => now - t.lastSeen < 3 * DAY);
    const surging: { topic: TopicState; posts: number }[] = [];
    await this.db.write(async (tx) => {
      await tx.run(`UPDATE topics SET heat = 0, stage = 'calm' WHERE last_seen < ? AND (heat > 0 OR stage <> 'calm')`, [
        now - 3 * DAY,
      ]);
      for (const topic of active) {
        const hours = [...topic.hours.values()];
        const { heat } = heatAt({ ...topic, hours }, now);
        const dayAgo = heatAt({ ...topic, hours: hours.filter((h) => h.hour <= now - DAY) }, now - DAY).heat;
        await tx.run('UPDATE topics SET heat = ?, heat_day_ago = ?, stage = ? WHERE id = ?', [
          heat,
          dayAgo,
          stageAt(hours, topic.firstSeen, now),
          topic.id,
        ]);
        const last3 = hours.filter((h) => now - h.hour < 3 * HOUR).reduce((s, h) => s + h.posts, 0);
        const before = hours
          .filter((h) => now - h.hour >= 3 * HOUR && now - h.hour < DAY)
          .reduce((s, h) => s + h.posts, 0);
        if (last3 >= SURGE_POSTS && last3 / 3 > 3 * (before / 21)) surging.push({ topic, posts: last3 });
      }
    }, 'once');
    for (const { topic, posts } of surging) {
      await this.alerts.raise({
        subject: `topic:${topic.id}`,
        kind: 'surge',
        level: posts >= 4 * SURGE_POSTS ? 'high' : 'medium',
        title: `“${topic.title}”讨论快速上升`,
        text: `最近 3 小时 ${posts} 条，明显高于此前水平。`,
        href: `/topics/${topic.id}`,
      });
    }
    this.drop(now);
  }

  /** Long-silent topics leave the memory; their rows stay. */
  private drop(now: number): void {
    if (this.topics.size < 5000) return;
    for (const topic of this.topics.values()) if (now - topic.lastSeen > 2 * ALIVE_MS) this.release(topic);
  }

  private release(topic: TopicState): void {
    for (const name of topic.features.keys()) this.byFeature.get(name)?.delete(topic.id);
    this.topics.delete(topic.id);
  }

  forget(): void {
    this.topics.clear();
    this.byFeature.clear();
    this.frequency.clear();
    this.seen = 0;
    this.loaded = false;
  }

  private async load(): Promise<void> {
    this.forget();
    const [newest] = await this.db.all<{ at: number | null }>('SELECT max(last_seen) AS at FROM topics');
    const since = Number(newest?.at ?? 0) - 2 * ALIVE_MS;
    const rows = await this.db.all('SELECT * FROM topics WHERE merged_into IS NULL AND last_seen >= ?', [since]);
    for (const r of rows) {
      const topic: TopicState = {
        id: Number(r['id']),
        title: String(r['title']),
        titleRank: r['title_by'] === 'person' ? 9 : Number(r['title_by']),
        features: new Map(),
        norm: 0,
        posts: Number(r['posts']),
        opinions: Number(r['opinions']),
        firstSeen: Number(r['first_seen']),
        lastSeen: Number(r['last_seen']),
        engagement: Number(r['engagement']),
        officialAt: r['official_at'] === null ? null : Number(r['official_at']),
        peakHeat: Number(r['peak_heat']),
        peakAt: Number(r['peak_at']),
        hours: new Map(),
      };
      this.topics.set(topic.id, topic);
      const features = JSON.parse(String(r['features'])) as Record<string, number>;
      this.learn(topic, new Map(Object.entries(features)), 1);
      for (const name of Object.keys(features))
        this.frequency.set(name, (this.frequency.get(name) ?? 0) + topic.posts / 4);
    }
    const hours = await this.db.all(
      'SELECT h.* FROM topic_hours h JOIN topics t ON t.id = h.topic_id WHERE t.merged_into IS NULL AND t.last_seen >= ?',
      [since],
    );
    for (const h of hours) {
      const [positive, neutral, negative] = [Number(h['positive']), Number(h['neutral']), Number(h['negative'])];
      this.topics.get(Number(h['topic_id']))?.hours.set(Number(h['hour']), {
        hour: Number(h['hour']),
        posts: Number(h['posts']),
        positive,
        neutral,
        negative,
        uncertain: Number(h['uncertain']),
        decided: positive + neutral + negative,
        official: Number(h['official']),
        dirty: false,
      });
    }
    const [count] = await this.db.all<{ n: number }>('SELECT COALESCE(SUM(posts), 0) AS n FROM topics');
    this.seen = Number(count?.n ?? 0);
    this.loaded = true;
  }
}
