/**
 * In: the log of post changes. Out: claims 待核实说法: texts worth checking that several people repeat, with what doubts them and what officials say.
 * The machine groups and suggests; people decide the verdict. Called by: the scheduler (Steps).
 */
import { Injectable } from '@nestjs/common';
import { Alerts } from '../alerts/alerts.ts';
import { Enricher } from '../enrich/enricher.ts';
import { polarityDiffers } from '../enrich/negation.ts';
import { fold } from '../enrich/normalise.ts';
import { Clock } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { ChangeReader, type ChangedPost } from '../posts/changed-posts.ts';
import { DebunkMatcher } from './match.ts';

const CONSUMER = 'claims';
const STEP = 1000;
const HOUR = 3_600_000;
const ALIVE_MS = 7 * 24 * HOUR;
/** Overlap of character pairs, relative to the shorter text, from which two texts say the same. */
const SAME = 0.55;
/** Different voices that must repeat a text before it is listed. */
const VOICES = 4;
/** Voices that must pass on the same wording before the wording itself is a reason. */
const COPIERS = 8;
const SHORTEST = 14;
const DOUBT = /真的假的|真的吗|是真的么|假的吧|谣言|辟谣|求证|不信|别信|不实|有证据|官方怎么说|求官方|别传/u;
const DENIAL = /不实|谣言|辟谣|系误传|未发生|没有发生|不属实|失实|情况说明|通报|属实|核实|经查/u;
const SUGGEST = 0.7;
const RELATED = 0.875;

interface ClaimState {
  id: number;
  statement: string;
  pairs: Set<string>;
  words: Set<string>;
  voices: Set<string>;
  listed: boolean;
  posts: number;
  doubts: number;
  firstSeen: number;
  lastSeen: number;
  /** Voices by exact wording: a text passed on word for word is a sign of its own. */
  wordings: Map<string, Set<string>>;
  places: string[];
  topicId: number | null;
  /** Posts by hour, for speed of spread. */
  hours: Map<number, number>;
  officialAnswer: boolean;
  reasons: string[];
}

/** Events and decisions that are so or are not so. */
const FACTUAL =
  /死亡|伤亡|遇难|身亡|决堤|溃坝|渗漏|渗水|大坝|爆炸|坍塌|泄漏|泄洪|撤离|撤人|中毒|上吐下泻|送到.{0,6}医院|传染|涨价|要涨|折扣取消|内部文件|内部消息|封路|停课|被抓|跳楼|拐卖/u;

/** Wishes, questions and thanks state nothing. */
const WISH = /[？?]|请问|能不能|希望|建议|凭什么|要什么条件|加油|谢谢|感谢|辛苦|致敬|祈祷|平安/u;

const RISKS = [
  { pattern: /死|伤亡|遇难|身亡|丧生/u, text: '涉及伤亡' },
  { pattern: /孩子|学生|小学|幼儿园|婴儿/u, text: '涉及未成年人' },
  { pattern: /决堤|溃坝|渗漏|大坝|爆炸|坍塌|泄漏|泄露/u, text: '涉及公共安全设施' },
  { pattern: /食物中毒|中毒|传染|疫情|感染/u, text: '涉及食品或公共卫生' },
  { pattern: /速转|扩散|赶紧|快跑|撤离|互相转告/u, text: '措辞急迫，鼓动转发' },
  { pattern: /听说|据说|群里|朋友说|内部/u, text: '转述他人，没有来源' },
] as const;

@Injectable()
export class ClaimDetector {
  readonly name = 'claims';
  private readonly claims = new Map<number, ClaimState>();
  private readonly byPair = new Map<string, Set<number>>();
  private loaded = false;
  private matcher: { library: string; of: DebunkMatcher } | null = null;
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
    try {
      const committed = await this.log.commit(last.seq, async (tx) => {
        for (const post of changes) {
          if (post.change !== 'stored') continue;
          const found = post.official ? await this.official(tx, post) : await this.public(tx, post);
          if (found !== null) touched.add(found);
        }
        for (const claim of touched) await this.save(tx, claim);
      });
      if (!committed) this.forget();
    } catch (error) {
      this.loaded = false;
      throw error;
    }
    return changes.length;
  }

  private async public(tx: Tx, post: ChangedPost): Promise<ClaimState | null> {
    if (post.kind === 'message' || post.text.length < 4) return null;
    const doubts = DOUBT.test(post.text);
    const pairs = pairsOf(post.text);
    const near = post.text.length >= SHORTEST ? this.nearest(pairs, post) : null;
    if (near !== null)
      return this.add(
        tx,
        near,
        post,
        doubts && post.text.length < near.statement.length * 0.8 ? 'doubting' : 'spreading',
        pairs,
      );
    if (doubts) {
      const about = this.about(post, 1);
      return about === null ? null : this.add(tx, about, post, 'doubting', pairs);
    }
    if (post.claimScore < this.enricher.claims.alertAt || post.text.length < SHORTEST) return null;
    return this.begin(tx, post, pairs);
  }

  /** An official post that speaks of a claim's matter in words of refuting or confirming. */
  private async official(tx: Tx, post: ChangedPost): Promise<ClaimState | null> {
    const text = `${post.title ?? ''} ${post.text}`;
    if (!DENIAL.test(text)) return null;
    const about = this.about(post, 2);
    if (about === null || !about.listed) return null;
    about.officialAnswer = true;
    return this.add(tx, about, post, 'official', new Set());
  }

  private nearest(pairs: ReadonlySet<string>, post: ChangedPost): ClaimState | null {
    const shared = new Map<number, number>();
    for (const pair of pairs) for (const id of this.byPair.get(pair) ?? []) shared.set(id, (shared.get(id) ?? 0) + 1);
    let best: ClaimState | null = null;
    let bestScore = SAME;
    for (const [id, n] of shared) {
      const claim = this.claims.get(id);
      if (claim === undefined || Math.abs(post.at - claim.lastSeen) > ALIVE_MS) continue;
      const score = n / Math.max(8, Math.min(pairs.size, claim.pairs.size));
      if (score >= bestScore && !polarityDiffers(post.text, claim.statement)) [best, bestScore] = [claim, score];
    }
    return best;
  }

  /** The listed claim whose salient words this post shares, within the same days. */
  private about(post: ChangedPost, least: number): ClaimState | null {
    const words = new Set([...post.keywords, ...post.places]);
    let best: ClaimState | null = null;
    let most = least - 1;
    for (const claim of this.claims.values()) {
      if (!claim.listed || Math.abs(post.at - claim.lastSeen) > 2 * 24 * HOUR) continue;
      let shared = 0;
      for (const word of words) if (claim.words.has(word)) shared++;
      if (claim.topicId !== null && claim.topicId === post.parentTopicId && !post.official) shared += 0.5;
      if (shared > most) [best, most] = [claim, shared];
    }
    return best;
  }

  private async begin(tx: Tx, post: ChangedPost, pairs: Set<string>): Promise<ClaimState> {
    const [row] = await tx.all<{ id: number }>(
      `INSERT INTO claims (statement, features, first_seen, last_seen) VALUES (?, '[]', ?, ?) RETURNING id`,
      [statementOf(post.text), post.at, post.at],
    );
    const claim: ClaimState = {
      id: Number(row?.id),
      statement: statementOf(post.text),
      pairs,
      words: new Set([...post.keywords, ...post.places]),
      voices: new Set(),
      listed: false,
      posts: 0,
      doubts: 0,
      firstSeen: post.at,
      lastSeen: post.at,
      places: post.places,
      topicId: post.parentTopicId,
      wordings: new Map(),
      hours: new Map(),
      officialAnswer: false,
      reasons: [],
    };
    this.remember(claim);
    return this.add(tx, claim, post, 'spreading', pairs);
  }

  private remember(claim: ClaimState): void {
    this.claims.set(claim.id, claim);
    for (const pair of claim.pairs) {
      let ids = this.byPair.get(pair);
      if (ids === undefined) this.byPair.set(pair, (ids = new Set()));
      ids.add(claim.id);
    }
  }

  private async add(
    tx: Tx,
    claim: ClaimState,
    post: ChangedPost,
    stance: 'spreading' | 'doubting' | 'official',
    pairs: ReadonlySet<string>,
  ): Promise<ClaimState> {
    await tx.run(
      'INSERT INTO claim_posts (claim_id, post_id, stance, author) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [claim.id, post.id, stance, post.author],
    );
    if (stance === 'official') return claim;
    if (stance === 'doubting') claim.doubts++;
    else {
      claim.posts++;
      claim.voices.add(post.author ?? String(post.id));
      if (post.copyKey !== null && claim.wordings.size < 50) {
        const voices = claim.wordings.get(post.copyKey) ?? new Set();
        claim.wordings.set(post.copyKey, voices.add(post.author ?? String(post.id)));
      }
      if (pairs.size > claim.pairs.size && claim.posts <= 3) claim.statement = statementOf(post.text);
      for (const word of [...post.keywords, ...post.places]) if (claim.words.size < 24) claim.words.add(word);
    }
    claim.topicId ??= post.parentTopicId;
    claim.firstSeen = Math.min(claim.firstSeen, post.at);
    claim.lastSeen = Math.max(claim.lastSeen, post.at);
    const hour = Math.floor(post.at / HOUR);
    claim.hours.set(hour, (claim.hours.get(hour) ?? 0) + 1);
    if (claim.voices.size >= VOICES && (checkable(claim.statement) || passedOn(claim))) claim.listed = true;
    return claim;
  }

  private async save(tx: Tx, claim: ClaimState): Promise<void> {
    const { risk, reasons } = riskOf(claim, claim.lastSeen);
    claim.reasons = reasons;
    await tx.run(
      `UPDATE claims SET statement = ?, features = ?, listed = ?, posts = ?, doubts = ?, first_seen = ?, last_seen = ?, places = ?, topic_id = ?,
         risk = ?, risk_order = ?, reasons = ? WHERE id = ?`,
      [
        claim.statement,
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
      ],
    );
  }

  /** Alerts for open claims that spread now, and suggestions from the debunk library. */
  async refresh(): Promise<void> {
    if (!this.loaded) await this.load();
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
    for (const [id, claim] of this.claims)
      if (!claim.listed && now - claim.lastSeen > ALIVE_MS) this.release(id, claim);
    for (const claim of this.claims.values()) {
      if (!claim.listed || now - claim.lastSeen > 24 * HOUR) continue;
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
        title: `待核实：${claim.statement.slice(0, 40)}`,
        text: reasons.join('；'),
        href: `/claims/${claim.id}`,
      });
    }
  }

  private release(id: number, claim: ClaimState): void {
    for (const pair of claim.pairs) this.byPair.get(pair)?.delete(id);
    this.claims.delete(id);
  }

  private async match(now: number): Promise<void> {
    const library = await this.db.all<{ id: number; claim: string; summary: string }>(
      'SELECT id, claim, summary FROM debunks',
    );
    if (library.length === 0) return;
    // Entries are added and removed, never rewritten; whichever process did it, the ids tell.
    const ids = library.map((d) => String(d.id)).join(' ');
    if (this.matcher?.library !== ids)
      this.matcher = { library: ids, of: new DebunkMatcher(library.map((d) => ({ ...d, id: String(d.id) }))) };
    const matcher = this.matcher.of;
    for (const claim of this.claims.values()) {
      if (!claim.listed || now - claim.lastSeen > ALIVE_MS) continue;
      for (const found of matcher.match(claim.statement, 3)) {
        // The matcher relates from .6 on; the officer sees the scale of the trade, where the same pairs lie at .875.
        const score = Math.min(
          1,
          found.score <= 0.4
            ? found.score * 1.75
            : found.score <= 0.6
              ? 0.7 + (found.score - 0.4) * 0.875
              : 0.875 + (found.score - 0.6) * 0.3125,
        );
        if (score < SUGGEST) continue;
        await this.db.write((tx) =>
          tx.run(
            `INSERT INTO claim_matches (claim_id, debunk_id, score, relation, sentence) VALUES (?, ?, ?, ?, ?) ON CONFLICT (claim_id, debunk_id) DO UPDATE SET score = excluded.score`,
            [claim.id, Number(found.id), score, score >= RELATED ? 'related' : 'suggested', claim.statement],
          ),
        );
      }
    }
  }

  forget(): void {
    this.loaded = false;
  }

  private async load(): Promise<void> {
    this.claims.clear();
    this.byPair.clear();
    const [newest] = await this.db.all<{ at: number | null }>('SELECT max(last_seen) AS at FROM claims');
    const rows = await this.db.all('SELECT * FROM claims WHERE last_seen >= ?', [Number(newest?.at ?? 0) - ALIVE_MS]);
    for (const r of rows) {
      const id = Number(r['id']);
      const posts = await this.db.all<{ post_id: number; stance: string; author: string | null }>(
        'SELECT post_id, stance, author FROM claim_posts WHERE claim_id = ?',
        [id],
      );
      const claim: ClaimState = {
        id,
        statement: String(r['statement']),
        pairs: pairsOf(String(r['statement'])),
        words: new Set(JSON.parse(String(r['features'])) as string[]),
        voices: new Set(posts.filter((p) => p.stance === 'spreading').map((p) => p.author ?? String(p.post_id))),
        listed: Number(r['listed']) === 1,
        posts: Number(r['posts']),
        doubts: Number(r['doubts']),
        firstSeen: Number(r['first_seen']),
        lastSeen: Number(r['last_seen']),
        places: JSON.parse(String(r['places'])) as string[],
        topicId: r['topic_id'] === null ? null : Number(r['topic_id']),
        wordings: new Map(),
        hours: new Map(),
        officialAnswer: posts.some((p) => p.stance === 'official'),
        reasons: JSON.parse(String(r['reasons'])) as string[],
      };
      for (const p of posts) {
        const hour = Math.floor(Number(p.post_id) / 1_000_000 / 3600);
        if (p.stance !== 'official') claim.hours.set(hour, (claim.hours.get(hour) ?? 0) + 1);
      }
      this.remember(claim);
    }
    this.loaded = true;
  }
}

/** Character pairs of the folded text without marks: two texts that share half of them say the same in other words. */
function pairsOf(text: string): Set<string> {
  const letters = fold(text)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 160);
  const pairs = new Set<string>();
  for (let i = 0; i + 1 < letters.length; i++) pairs.add(letters.slice(i, i + 2));
  return pairs;
}

/** The first sentences, at most 80 characters: what is said, without marks of passing on. */
function statementOf(text: string): string {
  const clean = text
    .replace(/\[[^\]]{1,8}\]|^(?:转：|【转发】|群里看到的：|刚收到，|扩散！)/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (clean.length <= 80) return clean;
  const end = Math.max(...['。', '！', '？', '，', '；'].map((m) => clean.slice(0, 80).lastIndexOf(m)));
  return end >= 20 ? clean.slice(0, end) : `${clean.slice(0, 79)}…`;
}

/** Copied word for word by several people, and long enough not to be a slogan. */
function passedOn(claim: Pick<ClaimState, 'wordings' | 'statement'>): boolean {
  if (claim.statement.length < 24 || WISH.test(claim.statement)) return false;
  for (const voices of claim.wordings.values()) if (voices.size >= COPIERS) return true;
  return false;
}

/** States something that harms if true or false, rather than a complaint or a wish: only such texts ask to be checked. */
function checkable(statement: string): boolean {
  return FACTUAL.test(statement) && !WISH.test(statement);
}

/** Points with their reasons: speed and size of the spread, doubt, matter, no official word. 5 and more is high, 3 and more medium. */
export function riskOf(
  claim: Pick<ClaimState, 'hours' | 'posts' | 'doubts' | 'statement' | 'officialAnswer'>,
  now: number,
): { risk: 'low' | 'medium' | 'high'; reasons: string[] } {
  const hour = Math.floor(now / HOUR);
  let recent = 0;
  for (let i = 0; i < 3; i++) recent += claim.hours.get(hour - i) ?? 0;
  const reasons: string[] = [];
  let points = 0;
  if (recent >= 3) {
    points += recent >= 60 ? 3 : recent >= 15 ? 2 : 1;
    reasons.push(`最近 3 小时 ${recent} 条提及`);
  }
  if (claim.posts >= 30) points += 1;
  reasons.push(`共 ${claim.posts} 条转述`);
  if (claim.doubts > 0) {
    points += claim.doubts >= 5 ? 1 : 0;
    reasons.push(`${claim.doubts} 条质疑`);
  }
  for (const { pattern, text } of RISKS) {
    if (pattern.test(claim.statement)) {
      points += 1;
      reasons.push(text);
    }
  }
  if (!claim.officialAnswer) reasons.push('尚无官方回应');
  else points -= 1;
  return { risk: points >= 5 ? 'high' : points >= 3 ? 'medium' : 'low', reasons };
}
