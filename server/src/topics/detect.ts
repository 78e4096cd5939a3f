/**
 * In: the log of post changes. Out: topics: posts assigned, counted by the hour, copies grouped, heat and stage kept. One pass, resumable:
 * the position in the log is kept in the transaction that does the work. Called by: the scheduler (Steps), `ingest` afterwards, `eval topics`.
 *
 * How a post finds its topic. A post or message that stands by itself joins the living topic it shares enough weighted features with (hashtags,
 * places, words; rare ones weigh more, another place counts against), or begins one. A comment stays with the post it answers unless it clearly
 * speaks of another topic. A comment that many people copy begins a topic of its own when none fits. Topics that have grown together are merged.
 */
import { Injectable } from '@nestjs/common';
import { Alerts } from '../alerts/alerts.ts';
import { Enricher } from '../enrich/enricher.ts';
import { Clock, hourOf } from '../platform/clock.ts';
import { Numbers, runEach, updateEach } from '../platform/database/bulk.ts';
import { Database, type Param, type Row, type Tx } from '../platform/database/database.ts';
import { Live } from '../platform/live/live.ts';
import { ChangeReader, type ChangedPost } from '../posts/changed-posts.ts';
import { asCorrected } from '../posts/corrected.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { CopyCounter } from './copy-counter.ts';
import { busiestOf, heatAt, slowed, stageAt } from './heat.ts';
import { Frequencies, matterOf, matterOfComment, wordsOf, type Matter } from './matter.ts';
import { mergeTopics } from './merge.ts';
import { aliveFor, largest, LONGEST_ALIVE_MS, TopicIndex, type HourBucket, type TopicState } from './topic-index.ts';
import { bestTitle, titleOf } from './topic-title.ts';
import { WaitingComments } from './waiting-comments.ts';

const CONSUMER = 'topics';
const STEP = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Cosine from which a post belongs to a topic. */
const JOIN = 0.28;
/** A comment leaves the topic of the post it answers for another that fits this much better. */
const LEAVE = 0.3;
const LEAVE_MARGIN = 0.12;
/** A text copied this often begins a topic of its own. */
const COPIES_FOR_TOPIC = 30;
/** Comments teach a topic this much of what a post does, and all of them together never more than a few posts. */
const COMMENT_RATE = 0.05;
const COMMENTS_THAT_TEACH = 40;
/** Cosine from which two topics are one. */
const MERGE = 0.62;
const TITLES_KEPT = 8;
const FEATURES_STORED = 60;
const GROWN = [100, 1000, 10_000, 100_000];
const SURGE_POSTS = 40;
const PERSON = 9;

interface TopicEvent {
  topic: TopicState;
  at: number;
  kind: 'split' | 'grown';
  text: string;
  postId: number | null;
}

type Begun = [id: number, title: string, rank: string, at: number, postId: number];

const ADD_HOURS = `INSERT INTO topic_hours (topic_id, hour, posts, positive, neutral, negative, uncertain, official) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (topic_id, hour) DO UPDATE SET posts = topic_hours.posts + excluded.posts, positive = topic_hours.positive + excluded.positive,
    neutral = topic_hours.neutral + excluded.neutral, negative = topic_hours.negative + excluded.negative,
    uncertain = topic_hours.uncertain + excluded.uncertain, official = topic_hours.official + excluded.official`;

const ADD_EVENT = 'INSERT INTO topic_events (topic_id, at, kind, text, post_id) VALUES (?, ?, ?, ?, ?)';
const EVENT_TYPES = ['bigint', 'bigint', 'text', 'text', 'bigint'];

const SAVE_TOPIC = `UPDATE topics SET title = CASE WHEN title_by = 'person' THEN title ELSE ? END, title_by = CASE WHEN title_by = 'person' THEN title_by ELSE ? END,
  features = ?, places = ?, posts = ?, opinions = ?, own = ?, messages = ?, slow = ?, slow_at = ?, busiest = ?,
  first_seen = ?, last_seen = ?, engagement = ?, official_at = ?, peak_heat = ?, peak_at = ? WHERE id = ?`;
const SAVED_TYPES = [
  ...[
    'text',
    'text',
    'text',
    'text',
    'bigint',
    'bigint',
    'bigint',
    'bigint',
    'double precision',
    'bigint',
    'double precision',
  ],
  ...['bigint', 'bigint', 'bigint', 'bigint', 'double precision', 'bigint', 'bigint'],
];

@Injectable()
export class TopicDetector {
  readonly name = 'topics';
  private readonly index = new TopicIndex();
  private readonly ofPosts = new Frequencies();
  private readonly ofComments = new Frequencies();
  private readonly copies = new CopyCounter();
  private readonly waiting = new WaitingComments();
  private readonly numbers = new Numbers('topics');
  /** Topics of this step that wait to be written. */
  private begun: Begun[] = [];
  private loaded = false;
  private readonly log: ChangeReader;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly engine: SearchEngine,
    private readonly alerts: Alerts,
    private readonly enricher: Enricher,
  ) {
    this.log = new ChangeReader(db, CONSUMER);
  }

  async step(): Promise<number> {
    const { changes, stale } = await this.log.next(STEP);
    if (stale || !this.loaded) await this.load();
    const last = changes.at(-1);
    if (last === undefined) return 0;
    const touched = new Set<TopicState>();
    const events: TopicEvent[] = [];
    this.begun = [];
    try {
      const committed = await this.log.commit(last.seq, async (tx) => {
        const assigned = new Map<number, number>();
        const said = await this.copies.read(tx, changes);
        const placed: ChangedPost[] = [];
        const place = (post: ChangedPost, topic: TopicState, firstOfItsText: boolean) => {
          assigned.set(post.id, topic.id);
          this.count(topic, post, firstOfItsText, events);
          touched.add(topic);
          placed.push(post);
        };
        for (const post of await asCorrected(tx, changes)) {
          if (post.change !== 'stored') continue;
          this.index.seen(post.at);
          const copies = this.copies.count(post, said);
          const topic = await this.topicOf(tx, post, assigned, copies, events);
          if (topic === null) this.waiting.add(post, copies === 1);
          else place(post, topic, copies === 1);
        }
        // Comments that were read before what they answer; then what was said to them.
        while (placed.length > 0)
          for (const { comment, firstOfItsText } of await this.waiting.take(tx, placed.splice(0))) {
            const topic = await this.topicOfComment(tx, comment, assigned, 1, events);
            if (topic !== null) place(comment, topic, firstOfItsText);
          }
        await this.waiting.keep(tx);
        await this.copies.keep(tx, said);
        await this.write(tx, this.begun);
        await this.assign(tx, assigned);
        await this.save(tx, [...touched]);
        await runEach(
          tx,
          ADD_EVENT,
          EVENT_TYPES,
          events.map(({ topic, at, kind, text, postId }) => [topic.id, at, kind, text, postId]),
        );
        await this.mergeGrown(tx, touched);
      });
      if (!committed) this.forget();
    } catch (error) {
      this.forget();
      throw error;
    }
    this.index.tidy();
    if (touched.size > 0) this.live.tell({ type: 'topics' });
    return changes.length;
  }

  private async topicOf(
    tx: Tx,
    post: ChangedPost,
    assigned: ReadonlyMap<number, number>,
    copies: number,
    events: TopicEvent[],
  ): Promise<TopicState | null> {
    return post.kind === 'comment'
      ? this.topicOfComment(tx, post, assigned, copies, events)
      : this.topicOfOwn(tx, post);
  }

  private async topicOfOwn(tx: Tx, post: ChangedPost): Promise<TopicState | null> {
    const matter = matterOf(post, this.enricher);
    if (matter.features.size < (post.official ? 1 : 2)) return null;
    this.ofPosts.note(matter.features.keys());
    const vector = this.ofPosts.weigh(matter.features);
    const best = this.index.best(vector, matter.places, post.at);
    const topic = best !== null && best.score >= JOIN ? best.topic : await this.begin(tx, post);
    this.index.learn(topic, vector, matter, 1);
    topic.own++;
    this.consider(topic, post);
    return topic;
  }

  private async topicOfComment(
    tx: Tx,
    post: ChangedPost,
    assigned: ReadonlyMap<number, number>,
    copies: number,
    events: TopicEvent[],
  ): Promise<TopicState | null> {
    const matter = matterOfComment(post);
    this.ofComments.note(matter.features.keys());
    const parent = this.index.topics.get(
      (post.parentId === null ? undefined : assigned.get(post.parentId)) ?? post.parentTopicId ?? -1,
    );
    const vector = this.ofComments.weigh(matter.features);
    const own = parent === undefined ? 0 : this.index.similarity(vector, matter.places, parent);
    const named = matter.features.size >= 2 && (post.places.length > 0 || post.hashtags.length > 0);
    const copied = copies >= COPIES_FOR_TOPIC && post.text.length >= 15 && own < LEAVE && matter.features.size >= 2;
    if (named || copied) {
      const best = this.index.best(vector, matter.places, post.at, parent);
      if (best !== null && best.score >= LEAVE && best.score > own + LEAVE_MARGIN)
        return this.teach(best.topic, vector, matter);
      if (copied) return this.splitOff(tx, post, vector, matter, parent, events);
    }
    return parent === undefined ? null : own > 0 ? this.teach(parent, vector, matter) : parent;
  }

  private teach(topic: TopicState, vector: ReadonlyMap<string, number>, matter: Matter): TopicState {
    const comments = Math.max(1, topic.posts - topic.own);
    this.index.learn(topic, vector, matter, COMMENT_RATE * Math.min(1, COMMENTS_THAT_TEACH / comments));
    return topic;
  }

  /** What many people say under a post, and is not about the post, is a topic of its own. */
  private async splitOff(
    tx: Tx,
    post: ChangedPost,
    vector: ReadonlyMap<string, number>,
    matter: Matter,
    parent: TopicState | undefined,
    events: TopicEvent[],
  ): Promise<TopicState> {
    const topic = await this.begin(tx, post);
    this.index.learn(topic, vector, matter, 1);
    this.consider(topic, post);
    if (parent !== undefined) {
      const about = { at: post.at, kind: 'split' as const, postId: post.id };
      events.push(
        { ...about, topic, text: `从“${parent.title}”的评论中分出` },
        { ...about, topic: parent, text: `评论中分出“${topic.title}”` },
      );
    }
    return topic;
  }

  private async begin(tx: Tx, post: ChangedPost): Promise<TopicState> {
    const { title, rank } = titleOf(post);
    const topic: TopicState = {
      id: await this.numbers.next(tx),
      title,
      titleRank: rank,
      titles: [],
      features: new Map(),
      norm: 0,
      places: new Map(),
      own: 0,
      messages: 0,
      posts: 0,
      opinions: 0,
      firstSeen: post.at,
      lastSeen: post.at,
      engagement: 0,
      officialAt: null,
      peakHeat: 0,
      peakAt: 0,
      slow: 0,
      slowAt: post.at,
      hours: new Map(),
      pending: new Map(),
      busiest: 0,
    };
    this.index.remember(topic);
    this.begun.push([topic.id, title, String(rank), post.at, post.id]);
    return topic;
  }

  /** Topics that the step has begun, before what it says of them. */
  private async write(tx: Tx, begun: readonly Begun[]): Promise<void> {
    await runEach(
      tx,
      `INSERT INTO topics (id, title, title_by, features, own, first_seen, last_seen, stage) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ['bigint', 'text', 'text', 'text', 'bigint', 'bigint', 'bigint', 'text'],
      begun.map(([id, title, rank, at]) => [id, title, rank, '{}', 0, at, at, 'sprouting']),
    );
    await runEach(
      tx,
      ADD_EVENT,
      EVENT_TYPES,
      begun.map(([id, , , at, postId]) => [id, at, 'first-seen', '首次出现', postId]),
    );
  }

  /** A post's title becomes one to choose from. */
  private consider(topic: TopicState, post: ChangedPost): void {
    if (topic.titleRank === PERSON) return;
    const { title, rank } = titleOf(post);
    if (topic.titles.some((t) => t.title === title)) return;
    topic.titles.push({ title, rank, words: wordsOf(title, this.enricher) });
    if (topic.titles.length <= TITLES_KEPT) return;
    const best = bestTitle(topic.titles, topic.features, topic.places);
    // The best stays; of the others the oldest goes.
    topic.titles.splice(topic.titles[0] === best ? 1 : 0, 1);
  }

  private count(topic: TopicState, post: ChangedPost, firstOfItsText: boolean, events: TopicEvent[]): void {
    const hour = hourOf(post.at);
    const buckets = [topic.hours, topic.pending].map((hours) => bucketOf(hours, hour));
    for (const bucket of buckets) {
      bucket.posts++;
      if (post.official) bucket.official++;
      else if (post.sentiment === 1) bucket.positive++;
      else if (post.sentiment === 0) bucket.neutral++;
      else if (post.sentiment === -1) bucket.negative++;
      else bucket.uncertain++;
      if (!post.official && post.sentiment !== 9) bucket.decided++;
    }
    topic.posts++;
    if (firstOfItsText) topic.opinions++;
    topic.firstSeen = Math.min(topic.firstSeen, post.at);
    topic.lastSeen = Math.max(topic.lastSeen, post.at);
    topic.engagement += post.engagement;
    if (post.kind === 'message') {
      topic.messages++;
      topic.slow = slowed(topic.slow, topic.slowAt, topic.lastSeen) + 2 ** (-(topic.lastSeen - post.at) / (14 * DAY));
      topic.slowAt = topic.lastSeen;
    }
    if (post.official && (topic.officialAt === null || post.at < topic.officialAt)) topic.officialAt = post.at;
    if (GROWN.includes(topic.posts))
      events.push({
        topic,
        at: post.at,
        kind: 'grown',
        text: `累计达到 ${topic.posts} 条，${topic.opinions} 种说法`,
        postId: post.id,
      });
  }

  private async assign(tx: Tx, assigned: ReadonlyMap<number, number>): Promise<void> {
    await updateEach(
      tx,
      'UPDATE posts SET topic_id = ? WHERE id = ?',
      ['bigint', 'bigint'],
      [...assigned].map(([postId, topicId]) => [topicId, postId]),
    );
    await this.engine.retopic(tx, [...assigned.keys()]);
  }

  private async save(tx: Tx, topics: readonly TopicState[]): Promise<void> {
    await runEach(
      tx,
      ADD_HOURS,
      ['bigint', 'bigint', 'bigint', 'bigint', 'bigint', 'bigint', 'bigint', 'bigint'],
      topics.flatMap((topic) =>
        [...topic.pending.values()].map((b) => [
          topic.id,
          b.hour,
          b.posts,
          b.positive,
          b.neutral,
          b.negative,
          b.uncertain,
          b.official,
        ]),
      ),
    );
    const rows = topics.map((topic) => rowOf(topic));
    await updateEach(tx, SAVE_TOPIC, SAVED_TYPES, rows);
  }

  /** Two topics that have come to say the same of the same place are one; the larger keeps its number. */
  private async mergeGrown(tx: Tx, touched: ReadonlySet<TopicState>): Promise<void> {
    for (const topic of touched) {
      if (topic.own < 2 || !this.index.topics.has(topic.id)) continue;
      const unit = new Map([...topic.features].map(([name, weight]) => [name, weight / topic.norm]));
      const best = this.index.best(unit, [...topic.places.keys()], topic.lastSeen, topic);
      if (best === null || best.score < MERGE || best.topic.own < 2) continue;
      const [into, from] = topic.own >= best.topic.own ? [topic, best.topic] : [best.topic, topic];
      // What a person has named, a person merges.
      if (from.titleRank === PERSON || into.titleRank === PERSON) continue;
      await mergeTopics(tx, this.engine, {
        from: from.id,
        into: into.id,
        at: Math.max(from.lastSeen, into.lastSeen),
        text: `与“${from.title}”（${from.posts} 条）说的是同一件事，已自动合并`,
      });
      this.absorb(into, from);
      await this.save(tx, [into]);
    }
  }

  private absorb(into: TopicState, from: TopicState): void {
    this.index.release(from);
    for (const [hour, bucket] of from.hours) {
      const mine = bucketOf(into.hours, hour);
      for (const key of ['posts', 'positive', 'neutral', 'negative', 'uncertain', 'decided', 'official'] as const)
        mine[key] += bucket[key];
    }
    into.posts += from.posts;
    into.opinions += from.opinions;
    into.own += from.own;
    into.messages += from.messages;
    into.engagement += from.engagement;
    const slowAt = Math.max(into.slowAt, from.slowAt);
    into.slow = slowed(into.slow, into.slowAt, slowAt) + slowed(from.slow, from.slowAt, slowAt);
    into.slowAt = slowAt;
    into.firstSeen = Math.min(into.firstSeen, from.firstSeen);
    into.lastSeen = Math.max(into.lastSeen, from.lastSeen);
    if (from.officialAt !== null) into.officialAt = Math.min(into.officialAt ?? from.officialAt, from.officialAt);
    into.titles = [...into.titles, ...from.titles].slice(-TITLES_KEPT);
    this.index.learn(into, from.features, { features: from.features, places: [...from.places.keys()] }, 1);
  }

  /** Heat and stage move with time even when nothing arrives. */
  async refresh(): Promise<void> {
    const { stale } = await this.log.look();
    if (stale || !this.loaded) await this.load();
    const now = this.clock.now();
    const active = [...this.index.topics.values()].filter((t) => now - t.lastSeen < quietAfter(t));
    const surging: { topic: TopicState; posts: number }[] = [];
    await this.db.write(async (tx) => {
      await tx.run(
        `UPDATE topics SET heat = 0, stage = 'calm' WHERE (heat > 0 OR stage <> 'calm') AND ((messages = 0 AND last_seen < ?) OR last_seen < ?)`,
        [now - quietAfter({ messages: 0 }), now - quietAfter({ messages: 1 })],
      );
      await this.waiting.prune(tx, now - LONGEST_ALIVE_MS);
      const rows: Param[][] = [];
      for (const topic of active) {
        const hours = [...topic.hours.values()];
        const { heat } = heatAt({ ...topic, hours }, now);
        const dayAgo = heatAt({ ...topic, hours: hours.filter((h) => h.hour <= now - DAY) }, now - DAY).heat;
        rows.push([heat, dayAgo, stageAt(hours, topic.firstSeen, now, topic.busiest), topic.id]);
        const last3 = hours.filter((h) => now - h.hour < 3 * HOUR).reduce((s, h) => s + h.posts, 0);
        const before = hours
          .filter((h) => now - h.hour >= 3 * HOUR && now - h.hour < DAY)
          .reduce((s, h) => s + h.posts, 0);
        if (last3 >= SURGE_POSTS && last3 / 3 > 3 * (before / 21)) surging.push({ topic, posts: last3 });
      }
      await updateEach(
        tx,
        'UPDATE topics SET heat = ?, heat_day_ago = ?, stage = ? WHERE id = ?',
        ['double precision', 'double precision', 'text', 'bigint'],
        rows,
      );
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
  }

  /** What is in memory, for those who measure it. */
  remembered(): { topics: number; hours: number } {
    let hours = 0;
    for (const topic of this.index.topics.values()) hours += topic.hours.size;
    return { topics: this.index.size, hours };
  }

  forget(): void {
    this.index.clear();
    this.ofPosts.clear();
    this.ofComments.clear();
    this.copies.clear();
    this.waiting.clear();
    this.numbers.forget();
    this.loaded = false;
  }

  private async load(): Promise<void> {
    this.forget();
    const [position] = await this.db.all<{ seq: number }>('SELECT seq FROM post_consumers WHERE name = ?', [CONSUMER]);
    await this.copies.load(this.db, Number(position?.seq ?? 0));
    const [newest] = await this.db.all<{ at: number | null }>('SELECT max(last_seen) AS at FROM topics');
    const since = Number(newest?.at ?? 0) - LONGEST_ALIVE_MS;
    const rows = await this.db.all('SELECT * FROM topics WHERE merged_into IS NULL AND last_seen >= ? ORDER BY id', [
      since,
    ]);
    for (const row of rows) {
      const topic = this.stateOf(row);
      if (Number(newest?.at ?? 0) - topic.lastSeen > aliveFor(topic)) continue;
      this.index.remember(topic);
      this.index.seen(topic.lastSeen);
      this.ofPosts.note(topic.features.keys(), Math.max(1, topic.own));
      this.ofComments.note(topic.features.keys(), Math.max(1, (topic.posts - topic.own) / 4));
    }
    const hours = await this.db.all(
      'SELECT h.* FROM topic_hours h JOIN topics t ON t.id = h.topic_id WHERE t.merged_into IS NULL AND t.last_seen >= ? AND h.hour >= t.last_seen - ?',
      [since, 4 * DAY],
    );
    for (const row of hours)
      this.index.topics.get(Number(row['topic_id']))?.hours.set(Number(row['hour']), hourFrom(row));
    this.loaded = true;
  }

  private stateOf(row: Row): TopicState {
    const title = String(row['title']);
    const rank = row['title_by'] === 'person' ? PERSON : Number(row['title_by']);
    return {
      id: Number(row['id']),
      title,
      titleRank: rank,
      titles: rank === PERSON ? [] : [{ title, rank, words: wordsOf(title, this.enricher) }],
      features: new Map(Object.entries(JSON.parse(String(row['features'])) as Record<string, number>)),
      norm: 0,
      places: new Map(Object.entries(JSON.parse(String(row['places'])) as Record<string, number>)),
      own: Number(row['own']),
      messages: Number(row['messages']),
      posts: Number(row['posts']),
      opinions: Number(row['opinions']),
      firstSeen: Number(row['first_seen']),
      lastSeen: Number(row['last_seen']),
      engagement: Number(row['engagement']),
      officialAt: row['official_at'] === null ? null : Number(row['official_at']),
      peakHeat: Number(row['peak_heat']),
      peakAt: Number(row['peak_at']),
      slow: Number(row['slow']),
      slowAt: Number(row['slow_at']),
      hours: new Map(),
      pending: new Map(),
      busiest: Number(row['busiest']),
    };
  }
}

/** What is stored of a topic now; what waited to be added to its hours is taken as added. */
function rowOf(topic: TopicState): Param[] {
  topic.pending.clear();
  const hours = [...topic.hours.values()];
  topic.busiest = Math.max(topic.busiest, busiestOf(hours));
  const { heat } = heatAt({ ...topic, hours }, topic.lastSeen);
  if (heat > topic.peakHeat) [topic.peakHeat, topic.peakAt] = [heat, topic.lastSeen];
  if (topic.titleRank !== PERSON) {
    const best = bestTitle(topic.titles, topic.features, topic.places);
    if (best !== undefined) [topic.title, topic.titleRank] = [best.title, best.rank];
  }
  const features = Object.fromEntries(
    largest(topic.features, FEATURES_STORED).map(([name, weight]) => [name, Math.round(weight * 1e4) / 1e4]),
  );
  return [
    topic.title,
    String(topic.titleRank),
    JSON.stringify(features),
    JSON.stringify(Object.fromEntries(topic.places)),
    topic.posts,
    topic.opinions,
    topic.own,
    topic.messages,
    topic.slow,
    topic.slowAt,
    topic.busiest,
    topic.firstSeen,
    topic.lastSeen,
    topic.engagement,
    topic.officialAt,
    topic.peakHeat,
    topic.peakAt,
    topic.id,
  ];
}

/** Without a word for this long a topic is calm; a grievance waits for the next letter longer. */
function quietAfter(topic: Pick<TopicState, 'messages'>): number {
  return topic.messages > 0 ? 30 * DAY : 3 * DAY;
}

function bucketOf(hours: Map<number, HourBucket>, hour: number): HourBucket {
  let bucket = hours.get(hour);
  if (bucket === undefined)
    hours.set(
      hour,
      (bucket = { hour, posts: 0, positive: 0, neutral: 0, negative: 0, uncertain: 0, decided: 0, official: 0 }),
    );
  return bucket;
}

function hourFrom(row: Row): HourBucket {
  const [positive, neutral, negative] = [Number(row['positive']), Number(row['neutral']), Number(row['negative'])];
  return {
    hour: Number(row['hour']),
    posts: Number(row['posts']),
    positive,
    neutral,
    negative,
    uncertain: Number(row['uncertain']),
    decided: positive + neutral + negative,
    official: Number(row['official']),
  };
}
