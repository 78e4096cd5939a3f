/**
 * In: dated posts or messages, with or without a label. Out: what the shipped detector makes of them: how its topics agree with the labels, and the
 * ten hottest. Called by: `eval topics`.
 */
import { readLabels, readNdjson, type GivenLabels } from '../enrich/datasets.ts';
import { readTime } from '../intake/time.ts';
import { UserError } from '../platform/errors.ts';
import { toInstant } from '../platform/clock.ts';
import { clusterFigures, foundAmong, rankCorrelation, type ClusterFigures } from '../topics/cluster-figures.ts';
import { SmallCells } from '../posts/small-cells.ts';
import { TopicRowsReader } from '../topics/topic-rows.ts';
import { inWorkshop, runToEnd } from './detector-bench.ts';

interface HotTopic {
  title: string;
  heat: number;
  posts: number;
  /** Different texts: edited copies count once. */
  opinions: number;
  places: string[];
  firstSeenAt: string;
  lastSeenAt: string;
  /** Likes less dislikes of its posts, where the file has them. */
  votes: number;
}

export interface TopicsReport extends Partial<ClusterFigures> {
  task: 'topics';
  rows: number;
  /** Rows with a label; figures are of these. */
  labelled: number;
  /** The same of the rows with `split: "test"`, which nothing was tuned on, and of the others; absent where no row has a split. */
  splits?: Record<'test' | 'tuned', ClusterFigures & { labelled: number }>;
  /**
   * Labels of three and more rows are known events; their size is their rows with the comments under them. Of the k largest, how many are the
   * k hottest topics? A file has events that nobody labelled: they take places too, so 1 is not to be had.
   */
  known?: { events: number; recallAt10: number; recallAt20: number; recallAt50: number };
  /** Topics of three and more posts: what a desk would list. */
  listedTopics: number;
  rejected: number;
  /** By the highest heat each topic ever had. */
  hottest: HotTopic[];
  /** Rank correlation of heat and votes over topics of three and more posts; absent where nobody votes. */
  heatAgainstVotes?: number;
  postsPerSecond: number;
}

interface TopicsOptions {
  file: string;
  /** Labels by id for rows that have none of their own, or another. */
  labels?: string;
  /** Receives labels whose posts lie in several topics, and topics that hold several labels; ids are the file's. */
  onError?: (row: { kind: 'divided' | 'mixed'; name: string; parts: Record<string, string[]> }) => void;
}

interface Read {
  at: number;
  id: string;
  label: string;
  test: boolean;
  votes: number;
  item: Record<string, unknown>;
}

const BATCH = 1000;
const HOTTEST = 10;
const LISTED_FROM = 3;
/** Rows of a label that make it an event one should find. */
const KNOWN_FROM = 3;
const text = (value: unknown) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');
const count = (value: unknown) => Math.max(0, Math.trunc(Number(value ?? 0)) || 0);

export async function evaluateTopics(options: TopicsOptions): Promise<TopicsReport> {
  const { rows, rejected } = await readRows(options.file, await readLabels(options.labels));
  if (rows.length === 0)
    throw new UserError('invalid-input', `${options.file} 中没有带 publishedAt 和 text 的行，没有测量。`);
  return inWorkshop(async ({ opened, topics }) => {
    const { db, pipeline, clock } = opened.core;
    let refused = rejected;
    for (let i = 0; i < rows.length; i += BATCH) {
      const arrivals = rows.slice(i, i + BATCH).map(({ item }) => ({ at: text(item['id']), item }));
      refused += (await pipeline.accept({ arrivals, sourceId: null })).rejected;
    }
    const { changes, seconds } = await runToEnd(topics);
    const found = new Map<string, string>();
    const votes = new Map<string, number>();
    for (const { native_id, topic_id } of await db.all<{ native_id: string; topic_id: number | null }>(
      'SELECT native_id, topic_id FROM posts',
    )) {
      const row = rows[Number(String(native_id).split('-')[1])];
      if (row === undefined) continue;
      // A post that joined nothing is a group of its own.
      const topic = topic_id === null ? `alone-${native_id}` : String(topic_id);
      found.set(String(native_id), topic);
      votes.set(topic, (votes.get(topic) ?? 0) + row.votes);
    }
    const labelled = rows.flatMap(({ label, test, id, item }) => {
      const group = found.get(text(item['id']));
      return label === '' || group === undefined ? [] : [{ truth: label, found: group, test, id }];
    });
    if (options.onError !== undefined) tellErrors(labelled, options.onError);
    const listed = await db.all<{ id: number; heat: number }>(
      `SELECT id, peak_heat AS heat FROM topics WHERE merged_into IS NULL AND posts >= ? ORDER BY peak_heat DESC, posts DESC`,
      [LISTED_FROM],
    );
    const reader = new TopicRowsReader(db, clock, new SmallCells(db));
    const hottest: HotTopic[] = [];
    for (const { id, heat } of listed.slice(0, HOTTEST)) {
      const one = await reader.one(Number(id));
      if (one === undefined) continue;
      const { title, posts, opinions, places, firstSeenAt, lastSeenAt } = one.row;
      hottest.push({
        title,
        heat: Number(heat),
        posts,
        opinions,
        places,
        firstSeenAt,
        lastSeenAt,
        votes: votes.get(String(id)) ?? 0,
      });
    }
    const voted = rows.some((row) => row.votes !== 0);
    return {
      task: 'topics',
      rows: rows.length,
      labelled: labelled.length,
      ...(labelled.length === 0 ? {} : clusterFigures(labelled)),
      ...splitsOf(labelled),
      ...knownOf(rows, found, listed),
      listedTopics: listed.length,
      rejected: refused,
      hottest,
      ...(voted
        ? {
            heatAgainstVotes: rankCorrelation(listed.map(({ id, heat }) => [Number(heat), votes.get(String(id)) ?? 0])),
          }
        : {}),
      postsPerSecond: Math.round(changes / Math.max(1e-6, seconds)),
    };
  });
}

/** In order of time, as a stream brings them. Without a kind, what has an account is a post and all else a message. */
async function readRows(file: string, labels: GivenLabels): Promise<{ rows: Read[]; rejected: number }> {
  const rows: Read[] = [];
  let rejected = 0;
  for await (const found of readNdjson(file)) {
    const raw = { ...found, ...labels.get(text(found['id'])) };
    const at = momentOf(raw['publishedAt']);
    const body = text(raw['text']);
    if (at === null || (body === '' && text(raw['title']) === '')) {
      rejected++;
      continue;
    }
    const account = text(raw['account']);
    const kind = text(raw['kind']) || (account === '' ? 'message' : 'post');
    rows.push({
      at,
      id: text(raw['id']),
      label: text(raw['label']),
      test: raw['split'] === 'test',
      votes: Number(raw['likes'] ?? 0) - Number(raw['dislikes'] ?? 0),
      item: {
        platform: 'other',
        kind,
        nativeId: text(raw['id']),
        parentId: text(raw['parentId']),
        ...(account === '' ? {} : { account }),
        author: text(raw['author']) || undefined,
        publishedAt: toInstant(at),
        title: text(raw['title']) || undefined,
        text: body || text(raw['title']),
        likes: Math.max(0, count(raw['likes']) - count(raw['dislikes'])),
        comments: count(raw['comments']),
        reposts: count(raw['reposts']),
      },
    });
  }
  rows.sort((a, b) => a.at - b.at);
  // Ids of the file may repeat or be missing; the place in time stands for them, parents included.
  const places = new Map(
    rows.flatMap(({ item }, i) => (item['nativeId'] === '' ? [] : [[item['nativeId'], i] as const])),
  );
  rows.forEach(({ item }, i) => {
    const parent = places.get(item['parentId']);
    item['id'] = `row-${i}`;
    item['parentId'] = parent === undefined ? undefined : `row-${parent}`;
    delete item['nativeId'];
  });
  return { rows, rejected };
}

/** A date in words, or unix seconds or milliseconds. */
function momentOf(value: unknown): number | null {
  const n = Number(value);
  if (Number.isFinite(n) && n > 1e8) return n < 1e11 ? n * 1000 : n;
  const read = readTime(text(value), Date.now());
  return 'ms' in read ? read.ms : null;
}

interface Labelled {
  truth: string;
  found: string;
  test: boolean;
  id: string;
}

function splitsOf(labelled: readonly Labelled[]): Pick<TopicsReport, 'splits'> {
  const part = (test: boolean) => {
    const rows = labelled.filter((row) => row.test === test);
    return { labelled: rows.length, ...clusterFigures(rows) };
  };
  return labelled.some((row) => row.test) ? { splits: { test: part(true), tuned: part(false) } } : {};
}

function knownOf(
  rows: readonly Read[],
  found: ReadonlyMap<string, string>,
  listed: readonly { id: number }[],
): Pick<TopicsReport, 'known'> {
  const labels = new Map(rows.map(({ label, item }) => [text(item['id']), label]));
  const sizes = new Map<string, number>();
  const own = new Map<string, number>();
  const within = new Map<string, Map<string, number>>();
  for (const { label, item } of rows) {
    const event = label === '' ? (labels.get(text(item['parentId'])) ?? '') : label;
    if (event === '') continue;
    sizes.set(event, (sizes.get(event) ?? 0) + 1);
    const topic = found.get(text(item['id']));
    if (label === '' || topic === undefined) continue;
    own.set(event, (own.get(event) ?? 0) + 1);
    const topics = within.get(event) ?? new Map<string, number>();
    within.set(event, topics.set(topic, (topics.get(topic) ?? 0) + 1));
  }
  const known = [...sizes].filter(([event]) => (own.get(event) ?? 0) >= KNOWN_FROM).sort((a, b) => b[1] - a[1]);
  if (known.length === 0) return {};
  const hottest = listed.map(({ id }) => String(id));
  const recall = (most: number) =>
    foundAmong(
      known.slice(0, most).map(([event]) => event),
      within,
      hottest.slice(0, most),
    );
  return { known: { events: known.length, recallAt10: recall(10), recallAt20: recall(20), recallAt50: recall(50) } };
}

function tellErrors(pairs: readonly Labelled[], tell: NonNullable<TopicsOptions['onError']>): void {
  const group = (kind: 'divided' | 'mixed', by: 'truth' | 'found', into: 'truth' | 'found') => {
    const parts = new Map<string, Record<string, string[]>>();
    for (const pair of pairs) {
      const ids = parts.get(pair[by]) ?? {};
      (ids[pair[into]] ??= []).push(pair.id);
      parts.set(pair[by], ids);
    }
    for (const [name, ids] of parts) if (Object.keys(ids).length > 1) tell({ kind, name, parts: ids });
  };
  group('divided', 'truth', 'found');
  group('mixed', 'found', 'truth');
}
