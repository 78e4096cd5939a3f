/**
 * In: the log of post changes. Out: one case per message or question, grouped with the same question; the office's own replies
 * in the stream mark cases answered; texts that vanish at the source vanish here. Called by: pipeline.ts, after posts are stored.
 */
import { Injectable } from '@nestjs/common';
import { inLots } from '../platform/database/bulk.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { Live } from '../platform/live/live.ts';
import { Clock, dayText } from '../platform/clock.ts';
import { advance } from '../posts/changed-posts.ts';
import { addressesOffice } from './addressed.ts';
import { caseTitle, channelName, shorten } from './channel.ts';
import { dueOf, ruleFor, type RuleKey } from './due-rules.ts';
import { RuleEntity } from './inbox.entity.ts';
import { DepartmentRouter, Tokenizer, type SuggestedDepartment } from './ports.ts';
import { QuestionIndex, termsOf, type Question } from './same-question.ts';

const CONSUMER = 'inbox';
/** Same questions are looked for among cases of this long before. */
const GROUP_WINDOW_MS = 30 * 86_400_000;
/** Older texts that arrive by import are history, not business: nobody waits for their answer. */
const HISTORY_AGE_MS = 60 * 86_400_000;
/** The platform's clock and ours, and its times in whole minutes. */
const CLOCK_SLACK_MS = 120_000;
const GONE_TEXT = '（原文已在来源处删除）';

interface ChangedPost {
  id: number;
  platform: string;
  kind: string;
  native_id: string;
  parent_id: number | null;
  account_id: number | null;
  published_at: number;
  fetched_at: number;
  title: string | null;
  text: string;
  question: number;
  places: string | null;
  fingerprint: string | null;
  copy_key: string | null;
  state: string;
}

interface NewCase {
  post: ChangedPost;
  question: Question;
  rule: RuleEntity;
  suggested: SuggestedDepartment[];
}

@Injectable()
export class InboxIntake {
  private index: QuestionIndex | null = null;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly router: DepartmentRouter,
    private readonly tokenizer: Tokenizer,
    private readonly live: Live,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads up to `limit` changes and commits what follows from them together with the new position, so that a killed process
   * neither loses nor repeats a case. Calls wait for each other.
   * @returns how many changes were read; 0 = nothing left to do.
   */
  step(limit = 2000): Promise<number> {
    const run = this.running
      .then(() => this.take(limit))
      .catch((error: unknown) => {
        // Nothing was committed; the index may know questions that were not.
        this.index = null;
        throw error;
      });
    this.running = run.catch(() => undefined);
    return run;
  }

  private async take(limit: number): Promise<number> {
    const from = await this.position();
    const changes = await this.db.all<{ seq: number; post_id: number; change: string }>(
      `SELECT seq, post_id, change FROM post_changes WHERE seq > ? ORDER BY seq LIMIT ${Math.trunc(limit)}`,
      [from],
    );
    const last = changes.at(-1);
    if (last === undefined) return 0;
    const posts = await this.load([
      ...new Set(changes.filter((c) => c.change !== 'engagement').map((c) => Number(c.post_id))),
    ]);
    const index = (this.index ??= await this.rebuildIndex());
    const rules = new Map((await this.db.repo(RuleEntity).find()).map((r) => [r.key, r]));

    const fresh: NewCase[] = [];
    const replies: ChangedPost[] = [];
    const edited = new Map<number, ChangedPost>();
    const gone = new Set<number>();
    const seen = new Set<number>();
    for (const { post_id: id, change } of changes) {
      const postId = Number(id);
      if (change === 'engagement') continue;
      const post = posts.get(postId);
      if (post === undefined || post.state === 'deleted' || post.state === 'restricted' || change === 'gone') {
        gone.add(postId);
        continue;
      }
      if (change === 'edited') edited.set(postId, post);
      if (seen.has(postId)) continue;
      seen.add(postId);
      if (post.account_id !== null) {
        if (post.parent_id !== null) replies.push(post);
      } else if (asks(post)) fresh.push(await this.draft(post, rules, index));
    }

    const now = this.clock.now();
    const committed = await this.db.write(async (tx) => {
      if (!(await advance(tx, CONSUMER, from, last.seq))) return false;
      for (const c of fresh) await insertCase(tx, c);
      for (const reply of replies) {
        await markAnswered(tx, reply.parent_id ?? 0, reply);
        await markSeen(tx, reply);
      }
      for (const post of edited.values()) await refresh(tx, post);
      for (const id of gone) await forget(tx, id, now);
      return true;
    });
    // Another process was faster: its cases are ours too, but this index has not seen them.
    if (!committed) this.index = null;
    if (fresh.length + replies.length > 0) this.live.tell({ type: 'inbox', id: null });
    return changes.length;
  }

  private async position(): Promise<number> {
    const row = await this.db.one<{ seq: number }>('SELECT seq FROM post_consumers WHERE name = ?', [CONSUMER]);
    return Number(row?.seq ?? 0);
  }

  private async load(ids: readonly number[]): Promise<Map<number, ChangedPost>> {
    const posts = new Map<number, ChangedPost>();
    await inLots(ids, async (some, marks) => {
      const rows = await this.db.all<ChangedPost>(
        `SELECT id, platform, kind, native_id, parent_id, account_id, published_at, fetched_at, title, text, question, places, fingerprint, copy_key, state
         FROM posts WHERE id IN (${marks})`,
        some,
      );
      for (const row of rows) posts.set(Number(row.id), row);
    });
    return posts;
  }

  private async draft(
    post: ChangedPost,
    rules: ReadonlyMap<RuleKey, RuleEntity>,
    index: QuestionIndex,
  ): Promise<NewCase> {
    const rule = rules.get(ruleFor(rules, post));
    if (rule === undefined) throw new Error('inbox_rules lacks a rule');
    const question: Question = {
      groupId: post.id,
      copyKey: post.copy_key,
      fingerprint: post.fingerprint,
      terms: termsOf(this.tokenizer.tokens(`${post.title ?? ''} ${post.text}`)),
      places: post.places === null ? [] : (JSON.parse(post.places) as string[]),
    };
    const known = index.find(question);
    if (known === null) index.add(question);
    else question.groupId = known.groupId;
    return { post, question, rule, suggested: await this.router.suggest(`${post.title ?? ''} ${post.text}`) };
  }

  /** The first case of each recent group, from the database. */
  private async rebuildIndex(): Promise<QuestionIndex> {
    const index = new QuestionIndex();
    const [newest] = await this.db.all<{ at: number | null }>('SELECT max(received_at) AS at FROM inbox_cases');
    const rows = await this.db.all<{
      group_id: number;
      copy_key: string | null;
      fingerprint: string | null;
      terms: string;
      places: string;
    }>(
      'SELECT group_id, copy_key, fingerprint, terms, places FROM inbox_cases WHERE group_id = post_id AND received_at >= ? ORDER BY received_at DESC LIMIT 20000',
      [Number(newest?.at ?? 0) - GROUP_WINDOW_MS],
    );
    for (const r of rows.reverse()) {
      index.add({
        groupId: Number(r.group_id),
        copyKey: r.copy_key,
        fingerprint: r.fingerprint,
        terms: JSON.parse(r.terms) as string[],
        places: JSON.parse(r.places) as string[],
      });
    }
    return index;
  }
}

/** A message always waits for an answer; a comment does when it asks something. */
function asks(post: ChangedPost): boolean {
  if (post.fetched_at - post.published_at > HISTORY_AGE_MS) return false;
  return post.kind === 'message' || (post.kind === 'comment' && post.question === 1 && addressesOffice(post.text));
}

async function insertCase(tx: Tx, { post, question, rule, suggested }: NewCase): Promise<void> {
  const channel = channelName(post.platform, post.kind);
  const dueAt = dueOf(post.published_at, rule.workingDays, 0);
  const [row] = await tx.all<{ id: number }>(
    `INSERT INTO inbox_cases (post_id, parent_post_id, platform, kind, title, excerpt, received_at, state, rule_key, working_days,
       started_at, due_at, group_id, suggested, copy_key, fingerprint, terms, places)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'received', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (post_id) DO NOTHING RETURNING id`,
    [
      post.id,
      post.parent_id,
      post.platform,
      post.kind,
      caseTitle(post),
      shorten(post.text, 120),
      post.published_at,
      rule.key,
      rule.workingDays,
      post.published_at,
      dueAt,
      question.groupId,
      JSON.stringify(suggested),
      question.copyKey,
      question.fingerprint,
      JSON.stringify(question.terms),
      JSON.stringify(question.places),
    ],
  );
  if (row === undefined) return;
  const text = `来自${channel}，办理期限 ${dayText(dueAt)}（${rule.name} ${rule.workingDays} 个工作日）`;
  await addHistory(tx, { caseId: Number(row.id), at: post.published_at, username: null, action: '收到', text });
  const [reply] = await tx.all<ChangedPost>(
    `SELECT id, published_at, platform, kind FROM posts WHERE parent_id = ? AND account_id IS NOT NULL AND state IN ('live', 'edited') ORDER BY id LIMIT 1`,
    [post.id],
  );
  if (reply !== undefined) await markAnswered(tx, post.id, reply);
}

/** The office's own account answered below the citizen's text: the platform itself is the evidence. */
async function markAnswered(
  tx: Tx,
  postId: number,
  reply: Pick<ChangedPost, 'id' | 'published_at' | 'platform' | 'kind'>,
): Promise<void> {
  const [row] = await tx.all<{ id: number; due_at: number; started_at: number }>(
    `SELECT id, due_at, started_at FROM inbox_cases WHERE post_id = ? AND state IN ('received', 'assigned', 'review') AND started_at <= ?`,
    [postId, reply.published_at],
  );
  if (row === undefined) return;
  const missed = reply.published_at > Number(row.due_at) ? 1 : 0;
  await tx.run(
    `UPDATE inbox_cases SET state = 'answered', answered_at = COALESCE(answered_at, ?), settled_at = ?, missed = CASE WHEN missed = 1 THEN 1 ELSE ? END WHERE id = ?`,
    [reply.published_at, reply.published_at, missed, row.id],
  );
  await addHistory(tx, {
    caseId: Number(row.id),
    at: reply.published_at,
    username: null,
    action: '已答复',
    text: `本单位账号已在${channelName(reply.platform, reply.kind)}中回复（帖文 ${reply.id}）${missed === 1 ? '，已超过办理期限' : ''}`,
  });
}

/**
 * What we sent is seen on the platform: by the receipt's id, or, where the platform gave none, as the office's own text below the
 * citizen's since the attempt.
 */
async function markSeen(tx: Tx, post: ChangedPost): Promise<void> {
  const [row] = await tx.all<{ id: number; case_id: number }>(
    `SELECT r.id, r.case_id FROM inbox_replies r JOIN inbox_cases c ON c.id = r.case_id
     WHERE r.seen_post_id IS NULL AND c.platform = ? AND r.state IN ('sent', 'delayed', 'unsure') AND (r.platform_reply_id = ?
       OR (r.platform_reply_id IS NULL AND c.post_id = ? AND r.sending_at <= ?)) ORDER BY r.id DESC LIMIT 1`,
    [post.platform, post.native_id, post.parent_id ?? 0, post.published_at + CLOCK_SLACK_MS],
  );
  if (row === undefined) return;
  await tx.run(
    `UPDATE inbox_replies SET state = 'sent', seen_post_id = ?, sent_at = COALESCE(sent_at, ?), problem = NULL WHERE id = ?`,
    [post.id, post.published_at, row.id],
  );
  await addHistory(tx, {
    caseId: Number(row.case_id),
    at: post.fetched_at,
    username: null,
    action: '平台已显示',
    text: `采集时在平台上看到了发出的答复（帖文 ${post.id}）`,
  });
}

async function refresh(tx: Tx, post: ChangedPost): Promise<void> {
  const [row] = await tx.all<{ id: number }>('SELECT id FROM inbox_cases WHERE post_id = ?', [post.id]);
  if (row === undefined) return;
  await tx.run('UPDATE inbox_cases SET title = ?, excerpt = ? WHERE id = ?', [
    caseTitle(post),
    shorten(post.text, 120),
    row.id,
  ]);
  await addHistory(tx, {
    caseId: Number(row.id),
    at: post.fetched_at,
    username: null,
    action: '原文有改动',
    text: '来信人在来源处修改了原文，请按新内容办理',
  });
}

/** Deleted at the source: the case stays, what the citizen took back does not. */
async function forget(tx: Tx, postId: number, now: number): Promise<void> {
  const [row] = await tx.all<{ id: number; excerpt: string }>('SELECT id, excerpt FROM inbox_cases WHERE post_id = ?', [
    postId,
  ]);
  if (row === undefined || row.excerpt === GONE_TEXT) return;
  await tx.run(
    `UPDATE inbox_cases SET title = ?, excerpt = ?, terms = '[]', places = '[]', fingerprint = NULL, copy_key = NULL WHERE id = ?`,
    [GONE_TEXT, GONE_TEXT, row.id],
  );
  await tx.run('DELETE FROM reply_handles WHERE post_id = ?', [postId]);
  await addHistory(tx, {
    caseId: Number(row.id),
    at: now,
    username: null,
    action: '原文已删除',
    text: '来源处已不再显示原文，本系统不再保留；是否继续办理由承办人决定',
  });
}

export async function addHistory(
  tx: Tx,
  entry: { caseId: number; at: number; username: string | null; action: string; text: string },
): Promise<void> {
  await tx.run('INSERT INTO inbox_history (case_id, at, username, action, text) VALUES (?, ?, ?, ?, ?)', [
    entry.caseId,
    entry.at,
    entry.username,
    entry.action,
    entry.text,
  ]);
}
