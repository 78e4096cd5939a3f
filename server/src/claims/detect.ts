/**
 * In: the log of post changes. Out: claims 待核实说法: texts worth checking that several people repeat, with what doubts them and what officials say.
 * The machine groups and suggests; people decide the verdict. Called by: the scheduler (Steps).
 */
import { Injectable } from '@nestjs/common';
import { Alerts } from '../alerts/alerts.ts';
import { Enricher } from '../enrich/enricher.ts';
import { Clock } from '../platform/clock.ts';
import { Numbers, runEach, updateEach } from '../platform/database/bulk.ts';
import { Database, type Param, type Row, type Tx } from '../platform/database/database.ts';
import { ChangeReader, type ChangedPost } from '../posts/changed-posts.ts';
import { idRange } from '../posts/post-id.ts';
import { addVoice, ALIVE_MS, ClaimIndex, type ClaimState } from './claim-index.ts';
import { DebunkMatcher, RELATE_AT, SUGGEST_AT, type DebunkMatch } from './match.ts';
import { otherMatter, sameMatter } from './matters.ts';
import {
  answers,
  bestStatement,
  checkable,
  pairsOf,
  statementOf,
  stating,
  telling,
  withoutOldDenial,
  type Said,
} from './wording.ts';

const CONSUMER = 'claims';
const STEP = 1000;
const HOUR = 3_600_000;
/** Different voices that must repeat a text before it is listed. */
const VOICES = 4;
/** Voices that must pass on one wording before the wording itself is a reason. */
const COPIERS = 8;
const SHORTEST = 14;
/** Tellings read to find the best wording of a claim that is listed. */
const WORDINGS_READ = 50;
const DOUBT =
  /真的假的|真的吗|是真的么|是不是真的|是真是假|真的要.{1,16}吗|假的吧|谣言(?!跑断腿)|辟谣(?!了|得|及时|晚|就好)|求证|不信|别信|不实|有证据|官方怎么说|求官方|官方说句话|到底有没有|又在传|都要传|别传|没看到|没听说/u;
const DENIAL = /不实|谣言|辟谣|系误传|未发生|没有发生|不属实|失实|情况说明|通报|属实|核实|经查|公告|公示|听证/u;
const MATCHES = 3;
/** Salient words that an official post must share with a claim to speak of it. */
const OFFICIAL_SHARES = 2;

const RISKS = [
  { pattern: /死|伤亡|遇难|身亡|丧生/u, text: '涉及伤亡' },
  { pattern: /孩子|学生|小学|幼儿园|婴儿/u, text: '涉及未成年人' },
  { pattern: /决堤|溃坝|渗漏|渗水|又渗|渗了|大坝|爆炸|坍塌|泄漏|泄露/u, text: '涉及公共安全设施' },
  { pattern: /食物中毒|中毒|传染|疫情|感染/u, text: '涉及食品或公共卫生' },
  { pattern: /速转|扩散|赶紧|快跑|撤离|互相转告/u, text: '措辞急迫，鼓动转发' },
  { pattern: /听说|据说|群里|朋友说|内部/u, text: '转述他人，没有来源' },
] as const;

@Injectable()
export class ClaimDetector {
  readonly name = 'claims';
  private readonly index = new ClaimIndex();
  private loaded = false;
  private readonly numbers = new Numbers('claims');
  /** Claims, and posts of claims, that wait to be written. */
  private begun: Param[][] = [];
  private links: Param[][] = [];
  private matcher: { of: string; matcher: DebunkMatcher } | null = null;
  /** Statement and library for which a claim was last matched. */
  private readonly matched = new Map<number, string>();
  private readonly log: ChangeReader;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly enricher: Enricher,
    private readonly alerts: Alerts,
  ) {
    this.log = new ChangeReader(db, CONSUMER);
  }

  async step(): Promise<number> {
    const { changes, stale } = await this.log.next(STEP);
    if (stale || !this.loaded) await this.load();
    const last = changes.at(-1);
    if (last === undefined) return 0;
    const touched = new Set<ClaimState>();
    this.begun = [];
    this.links = [];
    try {
      const committed = await this.log.commit(last.seq, async (tx) => {
        for (const post of changes) {
          if (post.change !== 'stored') continue;
          const found = post.official ? await this.official(tx, post) : await this.public(tx, post);
          if (found !== null) touched.add(found);
        }
        await this.flush(tx);
        // Told earlier than was known, or in more words: officials may have spoken of it already.
        for (const claim of touched) {
          const { from, words } = claim.lookedFor;
          if (claim.listed && (claim.firstSeen < from || claim.words.size > words))
            await this.answeredBefore(tx, claim);
        }
        const now = this.clock.now();
        await updateEach(
          tx,
          SAVE_CLAIM,
          SAVED_TYPES,
          [...touched].map((claim) => rowOf(claim, now)),
        );
      });
      if (!committed) this.forget();
    } catch (error) {
      this.loaded = false;
      throw error;
    }
    this.index.tidy();
    return changes.length;
  }

  private async public(tx: Tx, post: ChangedPost): Promise<ClaimState | null> {
    if (post.kind === 'message' || post.text.length < 4) return null;
    const doubts = DOUBT.test(withoutOldDenial(post.text));
    const worth = post.claimScore >= this.enricher.claims.alertAt && post.text.length >= SHORTEST;
    if (!doubts && post.text.length < SHORTEST) return null;
    const said = saidBy(post);
    const near = post.text.length >= SHORTEST ? this.index.nearest(said, post.at) : null;
    if (near !== null)
      return this.add(tx, near, post, doubts && post.text.length < near.text.length * 0.8 ? 'doubting' : 'spreading');
    if (doubts) {
      const about = this.about(post, 1);
      return about === null ? null : this.add(tx, about, post, 'doubting');
    }
    // A wish or a cheer is none, however many repeat it.
    const statement = statementOf(post.text);
    return worth && stating(statement) !== '' ? this.begin(tx, post, statement) : null;
  }

  /** An official post that speaks of a claim's matter in words of refuting or confirming. */
  private async official(tx: Tx, post: ChangedPost): Promise<ClaimState | null> {
    const text = `${post.title ?? ''} ${post.text}`;
    if (!DENIAL.test(text)) return null;
    const about = this.about(post, OFFICIAL_SHARES);
    if (about === null) return null;
    about.officialAnswer = true;
    return this.add(tx, about, post, 'official');
  }

  /** The listed claim that this post speaks of, within the same days: by a word of its statement that few claims have, by its matter, or as a comment in its topic. */
  private about(post: ChangedPost, least: number): ClaimState | null {
    const words = new Set([...post.keywords, ...post.places]);
    let best: ClaimState | null = null;
    let most = 0;
    for (const claim of this.index.listed()) {
      // Sources are read side by side: what answers a claim may arrive when the claim has long been seen again.
      if (Math.max(claim.firstSeen - post.at, post.at - claim.lastSeen) > 48 * HOUR) continue;
      let shared = 0;
      let telling = 0;
      for (const word of words) {
        if (!claim.words.has(word)) continue;
        shared++;
        // “群里”, “孩子” and “转告” stand in every other claim.
        if (claim.text.includes(word) && this.index.isTelling(word)) telling++;
      }
      const here =
        !post.official &&
        claim.topicId !== null &&
        claim.topicId === post.parentTopicId &&
        !otherMatter(claim.text, post.text);
      const same =
        (shared >= least && (telling > 0 || sameMatter(claim.text, post.text))) ||
        (post.official && answers(claim, `${post.title ?? ''} ${post.text}`));
      if (!same && !here) continue;
      const score = shared + telling + Number(here) * 0.5;
      if (score > most) [best, most] = [claim, score];
    }
    return best;
  }

  private async begin(tx: Tx, post: ChangedPost, statement: string): Promise<ClaimState> {
    const claim: ClaimState = {
      id: await this.numbers.next(tx),
      text: statement,
      pairs: pairsOf(statement),
      words: new Set([...post.keywords, ...post.places]),
      voices: new Set(),
      listed: false,
      posts: 0,
      doubts: 0,
      firstSeen: post.at,
      lastSeen: post.at,
      places: post.places,
      topicId: null,
      topics: new Map(),
      wordings: new Map(),
      hours: new Map(),
      officialAnswer: false,
      lookedFor: { from: post.at, words: 0 },
    };
    this.index.remember(claim);
    this.begun.push([claim.id, statement, '[]', post.at, post.at]);
    return this.add(tx, claim, post, 'spreading');
  }

  private async add(
    tx: Tx,
    claim: ClaimState,
    post: ChangedPost,
    stance: 'spreading' | 'doubting' | 'official',
  ): Promise<ClaimState> {
    this.links.push([claim.id, post.id, stance, post.author]);
    if (stance === 'official') return claim;
    if (stance === 'doubting') claim.doubts++;
    else {
      claim.posts++;
      addVoice(claim, post.author ?? String(post.id), post.copyOf ?? post.id);
      this.index.learn(claim, [...post.keywords, ...post.places]);
    }
    this.index.place(claim, post.parentTopicId);
    this.index.count(claim, post.at, stance === 'spreading');
    const due = !claim.listed && claim.voices.size >= VOICES && (checkable(claim.text) || passedOn(claim));
    return due ? this.list(tx, claim) : claim;
  }

  /** What was found of posts is written together; whoever reads it back within the step writes it first. */
  private async flush(tx: Tx): Promise<void> {
    await runEach(
      tx,
      'INSERT INTO claims (id, statement, features, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)',
      ['bigint', 'text', 'text', 'bigint', 'bigint'],
      this.begun,
    );
    this.begun = [];
    await runEach(
      tx,
      'INSERT INTO claim_posts (claim_id, post_id, stance, author) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ['bigint', 'bigint', 'text', 'text'],
      this.links,
    );
    this.links = [];
  }

  /** Lists a claim in its best wording, or tells it to the listed one that states the same. */
  private async list(tx: Tx, claim: ClaimState): Promise<ClaimState> {
    await this.flush(tx);
    const told = await tx.all<{ text: string; author: string | null; id: number }>(
      `SELECT p.text, l.author, p.id FROM claim_posts l JOIN posts p ON p.id = l.post_id
        WHERE l.claim_id = ? AND l.stance = 'spreading' ORDER BY p.id LIMIT ${WORDINGS_READ}`,
      [claim.id],
    );
    const wordings = told.map(({ text, author, id }) => ({ text: statementOf(text), voice: author ?? String(id) }));
    const twin = this.index.listedTwin(claim, new Set([claim.text, ...wordings.map(({ text }) => text)]));
    if (twin !== null) return this.absorb(tx, claim, twin);
    const statement = bestStatement(wordings, claim.places);
    if (statement !== null && statement !== claim.text) {
      this.index.release(claim);
      claim.text = statement;
      claim.pairs = pairsOf(statement);
      this.index.remember(claim);
      await tx.run('UPDATE claims SET statement = ? WHERE id = ?', [statement, claim.id]);
    }
    this.index.list(claim);
    await this.answeredBefore(tx, claim);
    return claim;
  }

  /** What officials had already said when the claim was listed: a platform is read account by account, not hour by hour. */
  private async answeredBefore(tx: Tx, claim: ClaimState): Promise<void> {
    claim.lookedFor = { from: claim.firstSeen, words: claim.words.size };
    const { min, end } = idRange(claim.firstSeen, claim.firstSeen + ALIVE_MS);
    const rows = await tx.all<{ id: number; title: string | null; text: string; author_key: string | null }>(
      `SELECT id, title, text, author_key FROM posts
        WHERE account_id IS NOT NULL AND id >= ? AND id < ? AND state IN ('live', 'edited') ORDER BY id`,
      [min, end],
    );
    for (const row of rows) {
      const text = `${row.title ?? ''} ${row.text}`;
      if (!DENIAL.test(text) || !answers(claim, text)) continue;
      claim.officialAnswer = true;
      await tx.run(
        `INSERT INTO claim_posts (claim_id, post_id, stance, author) VALUES (?, ?, 'official', ?) ON CONFLICT DO NOTHING`,
        [claim.id, Number(row.id), row.author_key],
      );
    }
  }

  private async absorb(tx: Tx, from: ClaimState, into: ClaimState): Promise<ClaimState> {
    await tx.run(
      `INSERT INTO claim_posts (claim_id, post_id, stance, author)
         SELECT ?, post_id, stance, author FROM claim_posts WHERE claim_id = ? ON CONFLICT DO NOTHING`,
      [into.id, from.id],
    );
    await tx.run('DELETE FROM claim_posts WHERE claim_id = ?', [from.id]);
    await tx.run('DELETE FROM claims WHERE id = ?', [from.id]);
    this.index.release(from);
    into.posts += from.posts;
    into.doubts += from.doubts;
    into.officialAnswer ||= from.officialAnswer;
    into.firstSeen = Math.min(into.firstSeen, from.firstSeen);
    into.lastSeen = Math.max(into.lastSeen, from.lastSeen);
    for (const [hour, n] of from.hours) into.hours.set(hour, (into.hours.get(hour) ?? 0) + n);
    this.index.learn(into, from.words);
    for (const [topic, n] of from.topics) this.index.place(into, topic, n);
    for (const voice of from.voices) into.voices.add(voice);
    return into;
  }

  /** Alerts for open claims that spread now, and suggestions from the debunk library. */
  async refresh(): Promise<void> {
    const { stale } = await this.log.look();
    if (stale || !this.loaded) await this.load();
    const now = this.clock.now();
    await this.match(now);
    // What nobody repeated within a week was no claim.
    await this.db.write(async (tx) => {
      await tx.run(
        'DELETE FROM claim_posts WHERE claim_id IN (SELECT id FROM claims WHERE listed = 0 AND last_seen < ?)',
        [now - ALIVE_MS],
      );
      await tx.run('DELETE FROM claims WHERE listed = 0 AND last_seen < ?', [now - ALIVE_MS]);
    });
    for (const claim of this.index.claims.values())
      if (!claim.listed && now - claim.lastSeen > ALIVE_MS) this.index.release(claim);
    await this.age(now);
    for (const claim of this.index.listed()) {
      if (now - claim.lastSeen > 24 * HOUR) continue;
      const [row] = await this.db.all('SELECT verdict, dismissed FROM claims WHERE id = ?', [claim.id]);
      if (row === undefined || row['verdict'] !== 'pending' || row['dismissed'] !== null) {
        await this.alerts.close(`claim:${claim.id}`);
        continue;
      }
      const { risk, reasons } = riskOf(claim, now);
      if (risk === 'low') continue;
      await this.alerts.raise({
        subject: `claim:${claim.id}`,
        kind: 'claim',
        level: risk,
        title: `待核实：${claim.text.slice(0, 40)}`,
        text: reasons.join('；'),
        href: `/claims/${claim.id}`,
      });
    }
  }

  /** What nobody repeats any more is no longer urgent, though nothing new is read of it. */
  private async age(now: number): Promise<void> {
    const rows = await this.db.all<{ id: number; reasons: string }>('SELECT id, reasons FROM claims WHERE listed = 1');
    const aged = rows.flatMap(({ id, reasons }) => {
      const claim = this.index.claims.get(Number(id));
      if (claim === undefined) return [];
      const row = rowOf(claim, now);
      return row.includes(reasons) ? [] : [row];
    });
    if (aged.length > 0) await this.db.write((tx) => updateEach(tx, SAVE_CLAIM, SAVED_TYPES, aged));
  }

  /** What the library answers, for claims or a library that are new; what people have decided stays. */
  private async match(now: number): Promise<void> {
    const [state] = await this.db.all<{ n: number; last: number | null; size: number | null }>(
      'SELECT count(*) AS n, max(id) AS last, sum(length(claim) + length(summary)) AS size FROM debunks',
    );
    if (state === undefined || Number(state.n) === 0) return;
    const of = `${state.n}:${String(state.last)}:${String(state.size)}`;
    if (this.matcher?.of !== of) {
      const library = await this.db.all<{ id: number; claim: string; summary: string }>(
        'SELECT id, claim, summary FROM debunks',
      );
      const places = (claim: string) => this.enricher.enrich(claim, { official: true, kind: 'post' }).places;
      this.matcher = {
        of,
        matcher: new DebunkMatcher(
          library.map((d) => ({ ...d, id: String(d.id) })),
          places,
        ),
      };
      this.matched.clear();
    }
    for (const claim of this.index.listed()) {
      if (now - claim.lastSeen > ALIVE_MS || this.matched.get(claim.id) === claim.text) continue;
      const found = this.matcher.matcher.match(claim.text, MATCHES).filter(({ score }) => score >= SUGGEST_AT);
      await this.db.write((tx) => this.keepMatches(tx, claim, found));
      this.matched.set(claim.id, claim.text);
    }
    for (const id of this.matched.keys()) if (!this.index.claims.has(id)) this.matched.delete(id);
  }

  private async keepMatches(tx: Tx, claim: ClaimState, found: readonly DebunkMatch[]): Promise<void> {
    for (const { id, score, sentence } of found) {
      await tx.run(
        `INSERT INTO claim_matches (claim_id, debunk_id, score, relation, sentence) VALUES (?, ?, ?, ?, ?) ON CONFLICT (claim_id, debunk_id) DO UPDATE
           SET score = excluded.score, sentence = excluded.sentence,
             relation = CASE WHEN claim_matches.relation IN ('suggested', 'related') THEN excluded.relation ELSE claim_matches.relation END`,
        [claim.id, Number(id), shownScore(score), score >= RELATE_AT ? 'related' : 'suggested', sentence],
      );
    }
  }

  /** How many claims are in memory, for those who measure it. */
  remembered(): number {
    return this.index.claims.size;
  }

  forget(): void {
    this.loaded = false;
  }

  private async load(): Promise<void> {
    this.index.clear();
    this.matched.clear();
    this.numbers.forget();
    const [newest] = await this.db.all<{ at: number | null }>('SELECT max(last_seen) AS at FROM claims');
    const since = Number(newest?.at ?? 0) - ALIVE_MS;
    for (const row of await this.db.all('SELECT * FROM claims WHERE last_seen >= ? ORDER BY id', [since]))
      this.index.remember(stateOf(row));
    const posts = await this.db.all<{
      claim_id: number;
      stance: string;
      author: string | null;
      id: number;
      wording: number;
      at: number;
    }>(
      `SELECT l.claim_id, l.stance, l.author, p.id, COALESCE(p.copy_of, p.id) AS wording, p.published_at AS at
         FROM claim_posts l JOIN claims c ON c.id = l.claim_id JOIN posts p ON p.id = l.post_id WHERE c.last_seen >= ?`,
      [since],
    );
    for (const { claim_id, stance, author, id, wording, at } of posts) {
      const claim = this.index.claims.get(Number(claim_id));
      if (claim === undefined) continue;
      if (stance === 'official') claim.officialAnswer = true;
      else this.index.count(claim, Number(at), stance === 'spreading');
      if (stance === 'spreading') addVoice(claim, author ?? String(id), Number(wording));
    }
    this.loaded = true;
  }
}

const SAVE_CLAIM = `UPDATE claims SET features = ?, listed = ?, posts = ?, doubts = ?, first_seen = ?, last_seen = ?, places = ?, topic_id = ?,
  risk = ?, risk_order = ?, reasons = ? WHERE id = ?`;
const SAVED_TYPES = [
  'text',
  'smallint',
  'bigint',
  'bigint',
  'bigint',
  'bigint',
  'text',
  'bigint',
  'text',
  'smallint',
  'text',
  'bigint',
];

function rowOf(claim: ClaimState, now: number): Param[] {
  const { risk, reasons } = riskOf(claim, Math.max(now, claim.lastSeen));
  return [
    JSON.stringify([...claim.words]),
    Number(claim.listed),
    claim.posts,
    claim.doubts,
    claim.firstSeen,
    claim.lastSeen,
    JSON.stringify(claim.places.slice(0, 5)),
    claim.topicId,
    risk,
    { low: 0, medium: 1, high: 2 }[risk],
    JSON.stringify(reasons),
    claim.id,
  ];
}

function stateOf(row: Row): ClaimState {
  const statement = String(row['statement']);
  return {
    id: Number(row['id']),
    text: statement,
    pairs: pairsOf(statement),
    words: new Set(JSON.parse(String(row['features'])) as string[]),
    voices: new Set(),
    listed: Number(row['listed']) === 1,
    posts: Number(row['posts']),
    doubts: Number(row['doubts']),
    firstSeen: Number(row['first_seen']),
    lastSeen: Number(row['last_seen']),
    places: JSON.parse(String(row['places'])) as string[],
    topicId: row['topic_id'] === null ? null : Number(row['topic_id']),
    topics: row['topic_id'] === null ? new Map() : new Map([[Number(row['topic_id']), Number(row['posts'])]]),
    wordings: new Map(),
    hours: new Map(),
    officialAnswer: false,
    // Looked again with the first telling after a restart: what was committed meanwhile may answer it.
    lookedFor: { from: Infinity, words: 0 },
  };
}

function saidBy(post: ChangedPost): Said {
  return {
    text: post.text,
    pairs: pairsOf(post.text),
    words: new Set([...post.keywords, ...post.places]),
    places: post.places,
  };
}

/** The matcher offers from .4 and relates from .6 on; the officer sees the scale of the trade, where the same pairs lie at .70 and .875. */
function shownScore(score: number): number {
  const shown =
    score <= RELATE_AT
      ? 0.7 + ((score - SUGGEST_AT) / (RELATE_AT - SUGGEST_AT)) * 0.175
      : 0.875 + ((score - RELATE_AT) / (1 - RELATE_AT)) * 0.125;
  return Math.min(1, Math.round(shown * 1e4) / 1e4);
}

/** One wording repeated by several people, that tells something. */
function passedOn(claim: Pick<ClaimState, 'wordings' | 'text'>): boolean {
  if (!telling(claim.text)) return false;
  for (const voices of claim.wordings.values()) if (voices.size >= COPIERS) return true;
  return false;
}

/** Points with their reasons: speed and size of the spread, doubt, matter, no official word. 5 and more is high, 3 and more medium. */
export function riskOf(
  claim: Pick<ClaimState, 'hours' | 'posts' | 'doubts' | 'text' | 'officialAnswer'>,
  now: number,
): { risk: 'low' | 'medium' | 'high'; reasons: string[] } {
  const hour = Math.floor(now / HOUR);
  let recent = 0;
  for (let i = 0; i < 3; i++) recent += claim.hours.get(hour - i) ?? 0;
  const reasons: string[] = [];
  let points = 0;
  if (recent >= 3) {
    points += recent >= 60 ? 3 : recent >= 15 ? 2 : 1;
    reasons.push(`最近 3 小时 ${recent} 条提及${claim.doubts > 0 ? '（含质疑）' : ''}`);
  }
  if (claim.posts >= 30) points += 1;
  reasons.push(`共 ${claim.posts} 条转述`);
  if (claim.doubts > 0) {
    points += claim.doubts >= 5 ? 1 : 0;
    reasons.push(`${claim.doubts} 条质疑`);
  }
  for (const { pattern, text } of RISKS) {
    if (pattern.test(claim.text)) {
      points += 1;
      reasons.push(text);
    }
  }
  if (!claim.officialAnswer) reasons.push('尚无官方回应');
  else points -= 1;
  return { risk: points >= 5 ? 'high' : points >= 3 ? 'medium' : 'low', reasons };
}
