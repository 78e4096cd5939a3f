/**
 * In: a test database. Out: stored posts, and the ports the desks need, simple and honest. Used by: tests of inbox and briefings.
 */
import { Jieba } from '@node-rs/jieba';
import { dict } from '@node-rs/jieba/dict.js';
import type { Coverage, OfficeSettings } from '@minsheng/contracts';
import { Clock, toInstant } from '../src/platform/clock.ts';
import { Audit } from '../src/platform/audit/audit.service.ts';
import type { Caller } from '../src/platform/auth/caller.ts';
import { People } from '../src/platform/auth/people.ts';
import type { Database } from '../src/platform/database/database.ts';
import { Live } from '../src/platform/live/live.ts';
import { createLog } from '../src/platform/logging.ts';
import { Office } from '../src/platform/office.ts';
import { CoveragePort } from '../src/rollups/coverage.ts';
import { wishedId } from '../src/posts/post-id.ts';
import { PostViews, StoredNames } from '../src/posts/post-view.ts';
import { fingerprint } from '../src/enrich/fingerprint.ts';
import { AnswerBank } from '../src/inbox/answer-bank.ts';
import { Cases } from '../src/inbox/cases.ts';
import { CaseViews } from '../src/inbox/case-views.ts';
import { LetterRouter } from '../src/inbox/department-router.ts';
import { Deliveries } from '../src/inbox/deliveries.ts';
import { Departments } from '../src/inbox/departments.ts';
import { InboxIntake } from '../src/inbox/intake.ts';
import { OverdueWatch } from '../src/inbox/overdue.ts';
import { AlertsPort, ReplySender, RoutingModel, Staff, Tokenizer, Vault } from '../src/inbox/ports.ts';
import { Viewers } from '../src/inbox/viewers.ts';

const jieba = Jieba.withDict(dict);

export class JiebaTokenizer extends Tokenizer {
  tokens(text: string): string[] {
    return jieba.cut(text, true);
  }
}

export class TestClock extends Clock {
  constructor(public at: number) {
    super();
  }
  override now(): number {
    return this.at;
  }
}

export class TestOffice extends Office {
  needsApproval = true;
  office(): Promise<OfficeSettings> {
    return Promise.resolve({ office: '云河市新闻办', retentionDays: 180, replyNeedsApproval: this.needsApproval });
  }
}

/** Reversible, and visibly not the text itself. */
export class TestVault extends Vault {
  seal(plain: string): string {
    return `sealed:${Buffer.from(plain).toString('base64')}`;
  }
  open(sealed: string): string {
    return Buffer.from(sealed.slice(7), 'base64').toString();
  }
}

export class TestAlerts extends AlertsPort {
  readonly open = new Map<string, string>();
  raised = 0;
  raise(alert: { subject: string; text: string }): Promise<void> {
    this.raised++;
    this.open.set(alert.subject, alert.text);
    return Promise.resolve();
  }
  close(subject: string): Promise<void> {
    this.open.delete(subject);
    return Promise.resolve();
  }
}

const NAMES: Record<number, string> = { 1: '周敏', 2: '林海', 3: '方晴' };

class TestPeople extends People {
  userName(id: number | null): Promise<string | null> {
    return Promise.resolve(id === null ? null : (NAMES[id] ?? null));
  }
}

class TestStaff extends Staff {
  staff() {
    return Promise.resolve(
      Object.entries(NAMES).map(([id, displayName]) => ({ id: Number(id), displayName, departmentId: null })),
    );
  }
}

export class TestCoverage extends CoveragePort {
  gaps: Coverage['gaps'] = [];
  of({ from, to }: { from: number; to: number }): Promise<Coverage> {
    return Promise.resolve({
      from: toInstant(from),
      to: toInstant(to),
      sources: 3,
      healthySources: 3 - this.gaps.length,
      posts: 0,
      lastFetchedAt: null,
      gaps: this.gaps,
    });
  }
}

/** No account can answer from here. */
class ByHand extends ReplySender {
  channelOf() {
    return Promise.resolve(null);
  }
  send(): never {
    throw new Error('nothing can be sent');
  }
}

export function caller(userId: number): Caller {
  const displayName = NAMES[userId] ?? `用户${userId}`;
  return { userId, username: `u${userId}`, displayName, roles: ['officer'], departmentId: null, sessionId: userId };
}

/** Without a model: duty words alone. */
class NoModel extends RoutingModel {
  private readonly none: string[] = [];
  labels() {
    return this.none;
  }
  read() {
    return [];
  }
}

export function inboxOn(db: Database, now: number, sender: ReplySender = new ByHand(), vault: Vault = new TestVault()) {
  const clock = new TestClock(now);
  const office = new TestOffice();
  const alerts = new TestAlerts();
  const coverage = new TestCoverage();
  const tokenizer = new JiebaTokenizer();
  const live = new Live();
  const router = new LetterRouter(db, new NoModel());
  const answers = new AnswerBank(db, clock, tokenizer);
  const departments = new Departments(db, router);
  const intake = () => new InboxIntake(db, router, tokenizer, live, clock);
  const posts = new PostViews(db, new StoredNames(db));
  const deliveries = new Deliveries(db, clock, live, vault, sender, new Audit(db, clock), createLog('silent'));
  const viewers = new Viewers(clock, live);
  const views = new CaseViews(db, clock, new TestPeople(), posts, coverage, answers, router, viewers, deliveries);
  const cases = new Cases(db, clock, live, office, new TestStaff(), vault);
  const overdue = new OverdueWatch(db, clock, alerts);
  return {
    clock,
    office,
    vault,
    alerts,
    coverage,
    live,
    answers,
    departments,
    deliveries,
    intake,
    views,
    cases,
    overdue,
    posts,
  };
}

let serial = 0;

export interface GivenPost {
  text: string;
  kind?: 'post' | 'comment' | 'message';
  platform?: string;
  at: number;
  question?: boolean;
  official?: boolean;
  parentId?: number;
  places?: string[];
  fetchedAt?: number;
  handle?: string;
}

/** Stores posts as the writer does: the row and its line in the change log together. */
export async function store(db: Database, given: readonly GivenPost[]): Promise<number[]> {
  return db.write(async (tx) => {
    const ids: number[] = [];
    for (const g of given) {
      const native = `t${++serial}`;
      const id = wishedId(g.at, native);
      const marks = fingerprint(g.text);
      await tx.run(
        `INSERT INTO posts (id, platform, kind, native_id, parent_id, account_id, published_at, fetched_at, text, question, places, fingerprint, copy_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          id,
          g.platform ?? 'weibo',
          g.kind ?? 'comment',
          native,
          g.parentId ?? null,
          g.official === true ? 7 : null,
          g.at,
          g.fetchedAt ?? g.at,
          g.text,
          g.question === false ? 0 : 1,
          JSON.stringify(g.places ?? []),
          marks.fingerprint === '' ? null : marks.fingerprint,
          marks.copyKey,
        ],
      );
      if (g.handle !== undefined)
        await tx.run('INSERT INTO reply_handles (post_id, sealed) VALUES (?, ?)', [id, g.handle]);
      await tx.run(`INSERT INTO post_changes (post_id, change) VALUES (?, 'stored')`, [id]);
      ids.push(id);
    }
    return ids;
  });
}
