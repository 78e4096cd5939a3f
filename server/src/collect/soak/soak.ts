/**
 * In: a size. Out: whether anything is lost, doubled or missing unsaid when the crawling process is killed again and again amid faults.
 * Called by: `bench soak`. Every figure is compared by id: what the platforms hold against what lies in the database.
 */
import BetterSqlite3 from 'better-sqlite3';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from '../../open.ts';
import { readConfig } from '../../platform/config.ts';
import { SourceBook } from '../../sources/source-book.ts';
import { markOf, startPlatforms, type Platforms, type SoakPlan } from './platforms.ts';

export const SOAK: SoakPlan & { kills: number; late: number; patienceMs: number; steadyMs: number } = {
  hosts: 8,
  sources: 200,
  items: 100_000,
  faultShare: 0.05,
  pollSeconds: 5,
  liveShare: 0.1,
  liveMs: 90_000,
  outages: 10,
  seed: 7,
  kills: 10,
  late: 200,
  patienceMs: 15 * 60_000,
  steadyMs: 120_000,
};
export const SMALL_SOAK: typeof SOAK = {
  ...SOAK,
  hosts: 2,
  sources: 20,
  items: 4000,
  liveMs: 20_000,
  outages: 4,
  kills: 10,
  late: 60,
  patienceMs: 4 * 60_000,
  steadyMs: 20_000,
};

/** Memory at one end of the steady part is the middle of so many samples, a second apart: a heap is swept now and then. */
const SAMPLES = 20;

export interface SoakResult {
  served: number;
  stored: number;
  duplicates: number;
  lost: number;
  /** Stored, though no platform holds it. */
  invented: number;
  /** Held by platforms that broke for good or kept it back: never shown, and to be reported as a gap of their source. */
  withheld: number;
  gapsMade: number;
  gapsReported: number;
  /** Runs that failed, of sources that have no outage on record. */
  failuresUnreported: number;
  restarts: number;
  itemsPerSecond: number;
  memoryGrowthMB: number;
  requestsPerItem: Record<string, number>;
  faultsInjected: number;
  /** From publication to committed and searchable, faults off, polled every `pollSeconds`. */
  visibleSecondsP95: number | null;
  pollSeconds: number;
  seconds: number;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function soak(plan: typeof SOAK, say: (line: string) => void): Promise<SoakResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-soak-'));
  const platforms = await startPlatforms(plan);
  try {
    await addSources(dataDir, platforms);
    say(`· ${platforms.sources.length} 个源，${platforms.held.size} 条，每次请求 ${plan.faultShare * 100}% 出错`);
    return await drive(plan, dataDir, platforms, say);
  } finally {
    await platforms.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function addSources(dataDir: string, platforms: Platforms): Promise<void> {
  const opened = await open({ ...readConfig({}), dataDir, demo: false, logLevel: 'silent' });
  const { db, secrets, clock, demo } = opened.core;
  const book = new SourceBook(db, secrets, clock, demo);
  for (const source of platforms.sources) await book.add(source);
  await opened.close();
}

/** The crawling process, its memory second by second. */
class Worker {
  readonly rss: number[] = [];
  private readonly child: ChildProcess;
  /** It has opened its data and begins to crawl. */
  readonly ready: Promise<void>;
  readonly ended: Promise<NodeJS.Signals | null>;

  constructor(dataDir: string) {
    const file = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
    this.child = fork(fileURLToPath(file), [dataDir], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let ready: () => void;
    this.ready = new Promise((resolve) => (ready = resolve));
    this.child.on('message', (m: { rss?: number }) => {
      ready();
      if (m.rss !== undefined) this.rss.push(m.rss);
    });
    this.ended = new Promise((resolve) => this.child.once('exit', (_, signal) => resolve(signal)));
  }

  async kill(): Promise<NodeJS.Signals | null> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

async function drive(
  plan: typeof SOAK,
  dataDir: string,
  platforms: Platforms,
  say: (line: string) => void,
): Promise<SoakResult> {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  let worker = new Worker(dataDir);
  let restarts = 0;
  // At any moment of a page, and never before something was stored since the last time: a process that did nothing proves nothing.
  for (let k = 0; k < plan.kills; k++) {
    await worker.ready;
    const share = (k * 0.618 + 0.2) % 1;
    const goal = count(dataDir) + 1 + Math.floor((share * plan.items) / (plan.kills + 2));
    for (const end = Date.now() + 20_000; count(dataDir) < goal && Date.now() < end;) await pause(20);
    await pause(400 * share);
    if ((await worker.kill()) === 'SIGKILL') restarts++;
    say(`· 第 ${restarts} 次杀死采集进程，已入库 ${count(dataDir)} 条`);
    worker = new Worker(dataDir);
  }
  const broken = new Set(platforms.outages.filter((o) => !o.ends).map((o) => o.account));
  const wanted = () => {
    const hidden = new Set([...platforms.withheld().values()].flat());
    return [...platforms.held]
      .filter(([key, v]) => !hidden.has(key) && (v.account === null || !broken.has(v.account)))
      .map(([key]) => key);
  };
  let stored = 0;
  let expected = 0;
  let caughtUpAt = 0;
  while (elapsed() < plan.patienceMs) {
    await pause(1000);
    const now = wanted();
    expected = now.length;
    stored = intersect(now, keysOf(dataDir, platforms.marks));
    if (stored === expected && elapsed() > plan.liveMs) {
      caughtUpAt = elapsed();
      break;
    }
  }
  const seconds = (caughtUpAt === 0 ? elapsed() : caughtUpAt) / 1000;
  say(`· ${Math.round(seconds)} 秒后入库 ${stored} / ${expected} 条`);

  platforms.calm();
  // Everything is in: from here on the sources are only asked for news, and memory has no reason to grow.
  const warm = worker.rss.length;
  await pause(plan.steadyMs);
  const latencies = await watchLate(plan, dataDir, platforms);
  // Outages that end have had their requests; wait for the success that closes them.
  const settle = elapsed() + 60_000;
  while (elapsed() < settle && openOutages(dataDir, platforms, true) > 0) await pause(1000);
  const { rss } = worker;
  await worker.kill();

  const keys = keysOf(dataDir, platforms.marks);
  const all = new Set(platforms.held.keys());
  const served = wanted();
  const hidden = platforms.withheld();
  const withheld =
    [...all].filter((k) => !keys.has(k) && broken.has(platforms.held.get(k)?.account ?? '')).length +
    [...hidden.values()].flat().length;
  const kept = intersect(served, keys);
  const texts = read(
    dataDir,
    (db) => db.prepare('SELECT count(*) AS n, count(DISTINCT text) AS d FROM posts').get() as { n: number; d: number },
  );
  const foreign = [...keys].filter((k) => !all.has(k));
  const missing = served.filter((k) => !keys.has(k));
  for (const line of failing(dataDir)) say(`· 尚未恢复：${line}`);
  if (missing.length > 0) say(`· 没有入库的，例如：${missing.slice(0, 5).join('；')}`);
  if (foreign.length > 0) say(`· 平台上没有却入库的，例如：${foreign.slice(0, 5).join('；')}`);
  const lateSeen = latencies.sort((a, b) => a - b);
  return {
    served: served.length,
    stored: kept,
    duplicates: texts.n - texts.d,
    lost: missing.length,
    invented: foreign.length,
    withheld,
    gapsMade: platforms.outages.length + hidden.size,
    gapsReported: reported(dataDir, platforms) + reportedComments(dataDir, hidden),
    failuresUnreported: unreported(dataDir),
    restarts,
    itemsPerSecond: Math.round(stored / seconds),
    memoryGrowthMB: growth(rss.slice(warm)),
    requestsPerItem: requestsPerItem(dataDir),
    faultsInjected: platforms.servers.reduce((sum, s) => sum + s.faults.made.length, 0),
    visibleSecondsP95:
      lateSeen.length < plan.late
        ? null
        : Number(((lateSeen[Math.ceil(lateSeen.length * 0.95) - 1] ?? 0) / 1000).toFixed(1)),
    pollSeconds: plan.pollSeconds,
    seconds: Math.round(seconds),
  };
}

/** Publishes items one by one and looks every quarter of a second which of them are committed. */
async function watchLate(plan: typeof SOAK, dataDir: string, platforms: Platforms): Promise<number[]> {
  const waiting = new Map<string, number>();
  const latencies: number[] = [];
  const perStep = Math.ceil(plan.late / 80);
  let left = plan.late;
  const until = Date.now() + 60_000;
  while ((left > 0 || waiting.size > 0) && Date.now() < until) {
    if (left > 0)
      for (const key of platforms.publish(Math.min(perStep, left))) {
        waiting.set(key, Date.now());
        left--;
      }
    await pause(250);
    const seen = read(dataDir, (db) => {
      const one = db.prepare(`SELECT 1 FROM posts WHERE platform = 'site' AND kind = 'post' AND native_id = ?`);
      return [...waiting.keys()].filter((key) => one.get(key.slice('site post '.length)) !== undefined);
    });
    for (const key of seen) {
      latencies.push(Date.now() - (waiting.get(key) ?? 0));
      waiting.delete(key);
    }
  }
  return latencies;
}

function read<T>(dataDir: string, ask: (db: BetterSqlite3.Database) => T): T {
  const db = new BetterSqlite3(join(dataDir, 'minsheng.sqlite'), { readonly: true });
  try {
    db.pragma('busy_timeout = 5000');
    return ask(db);
  } finally {
    db.close();
  }
}

const count = (dataDir: string) =>
  read(dataDir, (db) => (db.prepare('SELECT count(*) AS n FROM posts').get() as { n: number }).n);

/** What lies in the database, by the keys of `held`; a row that no platform wrote keeps a key of its own. */
function keysOf(dataDir: string, marks: ReadonlyMap<string, string>): Set<string> {
  const rows = read(
    dataDir,
    (db) =>
      db
        .prepare(
          `SELECT platform || ' ' || kind || ' ' || native_id AS k, CASE platform WHEN 'wechat' THEN text END AS text FROM posts`,
        )
        .all() as { k: string; text: string | null }[],
  );
  return new Set(rows.map((r) => (r.text === null ? r.k : (marks.get(markOf(r.text) ?? '') ?? r.k))));
}

function intersect(keys: readonly string[], among: ReadonlySet<string>): number {
  return keys.reduce((n, key) => n + (among.has(key) ? 1 : 0), 0);
}

interface GapRow {
  name: string;
  closed_at: number | null;
}

/** Outages on record of a planned one's source. */
function outageRows(dataDir: string, source: string): GapRow[] {
  return read(
    dataDir,
    (db) =>
      db
        .prepare(
          `SELECT g.name, g.closed_at FROM source_gaps g JOIN sources s ON s.id = g.source_id WHERE s.name = ? AND g.cause = 'outage'`,
        )
        .all(source) as GapRow[],
  );
}

function openOutages(dataDir: string, platforms: Platforms, ending: boolean): number {
  return platforms.outages.filter(
    (o) => o.ends === ending && outageRows(dataDir, o.source).some((g) => g.closed_at === null),
  ).length;
}

/** A planned outage counts as reported when it is on record, and open exactly if it never ended. */
function reported(dataDir: string, platforms: Platforms): number {
  return platforms.outages.filter(({ source, ends }) => {
    const rows = outageRows(dataDir, source);
    return rows.length > 0 && rows.some((g) => g.closed_at === null) === !ends;
  }).length;
}

/** Comments kept back for good count as reported when their source has an open gap of at least that size, other than an outage. */
function reportedComments(dataDir: string, hidden: ReadonlyMap<string, readonly string[]>): number {
  return [...hidden].filter(([source, keys]) => {
    const row = read(
      dataDir,
      (db) =>
        db
          .prepare(
            `SELECT sum(size) AS n FROM source_gaps g JOIN sources s ON s.id = g.source_id WHERE s.name = ? AND g.closed_at IS NULL AND g.cause <> 'outage'`,
          )
          .get(source) as { n: number | null },
    );
    return (row.n ?? 0) >= keys.length;
  }).length;
}

function unreported(dataDir: string): number {
  return read(
    dataDir,
    (db) =>
      (
        db
          .prepare(
            `SELECT count(*) AS n FROM source_runs r WHERE outcome = 'failed' AND purpose = 'regular'
               AND NOT EXISTS (SELECT 1 FROM source_gaps g WHERE g.source_id = r.source_id AND g.cause = 'outage')`,
          )
          .get() as { n: number }
      ).n,
  );
}

function failing(dataDir: string): string[] {
  const rows = read(
    dataDir,
    (db) =>
      db
        .prepare('SELECT name, failures, message FROM sources WHERE failures > 0 OR hold_until > ? LIMIT 20')
        .all(Date.now()) as { name: string; failures: number; message: string }[],
  );
  return rows.map((r) => `${r.name}（${r.failures} 次）${r.message}`);
}

function requestsPerItem(dataDir: string): Record<string, number> {
  const rows = read(
    dataDir,
    (db) =>
      db
        .prepare(
          `SELECT s.kind, sum(r.requests) AS requests, sum(r.stored) AS stored FROM source_runs r JOIN sources s ON s.id = r.source_id GROUP BY s.kind`,
        )
        .all() as { kind: string; requests: number; stored: number }[],
  );
  return Object.fromEntries(rows.map((r) => [r.kind, Number((r.requests / Math.max(1, r.stored)).toFixed(3))]));
}

/** Of the last process, once all was caught up: its memory at the end against that at the beginning, in MB. */
function growth(rss: readonly number[]): number {
  const middle = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
  return Math.round((middle(rss.slice(-SAMPLES)) - middle(rss.slice(0, SAMPLES))) / 1024 / 1024);
}
